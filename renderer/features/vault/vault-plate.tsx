import { LockKeyhole, ShieldCheck, ShieldOff } from 'lucide-react';
import { Link } from 'wouter';
import { useLive } from '../../app/context';
import { cx } from '../../ui/cx';
import type { Tone } from '../../ui/state';
import { vaultHeadline } from './protection-words';
import styles from './vault-plate.module.css';

/** The sidebar's word on what protects the secrets; leads to the settings. */
export function VaultPlate() {
  const vault = useLive((state) => state.vault);
  if (vault === null) return null;
  const { title, detail, tone } = vaultHeadline(vault);
  return (
    <Link href="/settings" className={styles.plate}>
      <PlateIcon tone={tone} locked={vault.state === 'locked'} />
      <span className={styles.words}>
        <strong>{title}</strong>
        <span className={styles.label}>{detail}</span>
      </span>
    </Link>
  );
}

function PlateIcon({ tone, locked }: { tone: Tone; locked: boolean }) {
  const look = {
    size: 15,
    strokeWidth: 1.75,
    'aria-hidden': true,
    className: cx(styles.icon, styles[tone]),
  };
  if (locked) return <LockKeyhole {...look} />;
  return tone === 'ok' ? <ShieldCheck {...look} /> : <ShieldOff {...look} />;
}
