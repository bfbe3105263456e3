import {
  LayoutGrid,
  type LucideIcon,
  Monitor,
  RefreshCw,
  ScrollText,
  Settings2,
  Workflow,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useRoute } from 'wouter';
import { isOpen } from '#shared/contract/cluster-operations';
import { GroupLinks } from '../../features/groups/group-links';
import { onceEach } from '../../features/operations/once-each';
import { VaultPlate } from '../../features/vault/vault-plate';
import { cx } from '../../ui/cx';
import mark from '../../ui/mark.svg';
import { useLive } from '../context';
import type { LiveState } from '../live-store';
import styles from './sidebar.module.css';

/** Guests of all clusters; templates are counted apart and not here. */
function guestCount(state: LiveState): number {
  let count = 0;
  for (const { totals } of state.live.values()) {
    if (totals === null) continue;
    const { running, stopped, other, unknown } = totals.guests;
    count += running + stopped + other + unknown;
  }
  return count;
}

function runningOperations(state: LiveState): number {
  let count = 0;
  for (const operation of state.operations.values()) if (operation.state === 'running') count += 1;
  for (const operation of onceEach(state.clusterOperations.values())) {
    if (isOpen(operation)) count += 1;
  }
  return count;
}

export function Sidebar() {
  const guests = useLive(guestCount);
  const running = useLive(runningOperations);
  const waiting = useLive((state) => state.outbox.length);
  return (
    <aside className={styles.sidebar} aria-label="Navigation">
      <Link href="/" className={styles.brand}>
        <img src={mark} alt="" width={24} height={24} />
        <span className={styles.label}>Clusterdeck</span>
      </Link>
      <nav aria-label="Pages" className={styles.pages}>
        <PageLink href="/" icon={LayoutGrid} label="Deck" />
        <PageLink href="/guests" icon={Monitor} label="Guests" count={guests} />
        <PageLink
          href="/operations"
          icon={Workflow}
          label="Operations"
          count={running}
          countName="running"
        />
        <PageLink
          href="/sync"
          also="/import/*?"
          icon={RefreshCw}
          label="Sync & bundles"
          count={waiting}
          countName="waiting"
        />
        <PageLink href="/audit" icon={ScrollText} label="Audit" />
      </nav>
      <GroupLinks />
      <div className={styles.foot}>
        <VaultPlate />
        <nav aria-label="Program">
          <PageLink href="/settings" icon={Settings2} label="Settings" />
        </nav>
      </div>
    </aside>
  );
}

interface PageLinkProps {
  href: string;
  /** further pages that belong to it */
  also?: string;
  icon: LucideIcon;
  label: ReactNode;
  count?: number;
  countName?: string;
}

function PageLink({ href, also, icon: Icon, label, count = 0, countName }: PageLinkProps) {
  const pattern = href === '/' ? '/' : `${href}/*?`;
  const [itself] = useRoute(pattern);
  const [related] = useRoute(also ?? pattern);
  const here = itself || related;
  return (
    <Link
      href={href}
      className={cx(styles.link, here && styles.here)}
      aria-current={here ? 'page' : undefined}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <span className={styles.label}>{label}</span>
      {count > 0 && (
        <span className={styles.count}>
          {count}
          {countName !== undefined && <span className="visually-hidden"> {countName}</span>}
        </span>
      )}
    </Link>
  );
}
