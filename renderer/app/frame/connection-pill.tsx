import type { ConnectionStatus } from '../../transport/connection';
import { StateDot, type Tone } from '../../ui/state';
import { useConnectionStatus } from '../context';
import styles from './connection-pill.module.css';

const WORDS: Record<ConnectionStatus['phase'], { tone: Tone; words: string } | null> = {
  connected: null,
  connecting: null,
  error: null,
  degraded: { tone: 'warning', words: 'Clusterdeck is slow to answer' },
  reconnecting: { tone: 'idle', words: 'Connecting again' },
};

/** Quiet while all is well; otherwise says in a few words how this window hears of its core. */
export function ConnectionPill() {
  const shown = WORDS[useConnectionStatus().phase];
  return (
    <span role="status" className={styles.place}>
      {shown && (
        <span className={styles.pill}>
          <StateDot tone={shown.tone} word={shown.words} showWord />
        </span>
      )}
    </span>
  );
}
