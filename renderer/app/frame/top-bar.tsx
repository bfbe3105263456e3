import { useMutation, useQuery } from '@tanstack/react-query';
import { Moon, Search, Sun, SunMoon } from 'lucide-react';
import type { Settings } from '#shared/contract/settings';
import { LockButton, ViewerMark } from '../../features/access/marks';
import { WaitingChip } from '../../features/sync/waiting-chip';
import { IconButton } from '../../ui/button';
import { Kbd } from '../../ui/code';
import { Badge } from '../../ui/state';
import { useClient, useLive, useOrpc } from '../context';
import { useDialogs } from '../dialogs';
import { ConnectionPill } from './connection-pill';
import styles from './top-bar.module.css';

type Theme = Settings['theme'];

const NEXT: Record<Theme, { theme: Theme; label: string; icon: typeof Sun }> = {
  system: { theme: 'light', label: 'Theme: as the system. Switch to light', icon: SunMoon },
  light: { theme: 'dark', label: 'Theme: light. Switch to dark', icon: Sun },
  dark: { theme: 'system', label: 'Theme: dark. Switch to the system’s', icon: Moon },
};

export function TopBar() {
  const dialogs = useDialogs();
  const theme = useLive((state) => state.settings?.theme ?? 'system');
  const client = useClient();
  const change = useMutation({
    mutationFn: (next: Theme) => client.settings.update({ theme: next }),
  });
  return (
    <header className={styles.bar}>
      <button
        type="button"
        className={styles.search}
        onClick={() => dialogs.open({ type: 'palette' })}
      >
        <Search size={15} strokeWidth={1.75} aria-hidden />
        <span className={styles.searchWords}>Search clusters, guests, jobs, actions</span>
        <Kbd>{isMac() ? '⌘ K' : 'Ctrl K'}</Kbd>
      </button>
      <div className={styles.right}>
        <WaitingChip />
        <ConnectionPill />
        <ViewerMark />
        <DemoPill />
        <LockButton />
        <IconButton
          icon={NEXT[theme].icon}
          label={NEXT[theme].label}
          onClick={() => change.mutate(NEXT[theme].theme)}
        />
      </div>
    </header>
  );
}

/** Says that what is seen is simulated. */
function DemoPill() {
  const info = useQuery(useOrpc().app.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  if (info.data?.demo !== true) return null;
  return <Badge tone="information">Demo lab, simulated clusters</Badge>;
}

function isMac(): boolean {
  return navigator.userAgent.includes('Mac');
}
