import { Unplug } from 'lucide-react';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/feedback';
import mark from '../../ui/mark.svg';
import { useConnectionStatus } from '../context';
import styles from './opening.module.css';

/** Before the first snapshot, or where the host refuses this window. */
export function Opening() {
  const status = useConnectionStatus();
  if (status.phase === 'error') {
    return (
      <main className={styles.opening}>
        <EmptyState
          icon={Unplug}
          title={status.title}
          actions={<Button onClick={() => location.reload()}>Try again</Button>}
        >
          {status.remedy}
        </EmptyState>
      </main>
    );
  }
  return (
    <main className={styles.opening} aria-busy>
      <img src={mark} alt="" width={44} height={44} />
      <h1 className="visually-hidden">Clusterdeck</h1>
      <p className={styles.words} role="status">
        {status.phase === 'reconnecting'
          ? 'Clusterdeck does not answer yet. It is tried again.'
          : 'Opening the deck.'}
      </p>
    </main>
  );
}
