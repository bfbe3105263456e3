import { LockKeyhole } from 'lucide-react';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/feedback';
import { useLive } from '../context';
import { useDialogs } from '../dialogs';
import styles from './banners.module.css';

/** What concerns the whole program, above every page. */
export function Banners() {
  const vault = useLive((state) => state.vault);
  const dialogs = useDialogs();
  if (vault === null || vault.state === 'unlocked') return null;
  return (
    <div className={styles.banners}>
      <Notice
        tone="warning"
        icon={LockKeyhole}
        title={vault.state === 'locked' ? 'The vault is locked.' : 'The vault cannot be opened.'}
        action={
          <Button small onClick={() => dialogs.open({ type: 'unlock' })}>
            Unlock
          </Button>
        }
      >
        {vault.message ?? 'Clusters are not watched until their secrets can be read.'}
      </Notice>
    </div>
  );
}
