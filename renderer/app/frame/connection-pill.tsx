import type { ConnectionStatus } from '../../transport/connection';
import { StateDot, type Tone } from '../../ui/state';
import { useConnectionStatus } from '../context';
import { useOnline } from '../online';
import styles from './connection-pill.module.css';

const WORDS: Record<ConnectionStatus['phase'], { tone: Tone; words: string } | null> = {
  connected: null,
  connecting: null,
  error: null,
  degraded: { tone: 'warning', words: 'Clusterdeck is slow to answer' },
  reconnecting: { tone: 'idle', words: 'Connecting again' },
};

const OFFLINE = { tone: 'idle' as const, words: 'No network' };

/**
 * Quiet while all is well; otherwise says in a few words how this window hears of its core, and
 * whether the machine hears of anybody.
 */
export function ConnectionPill() {
  const online = useOnline();
  const shown = WORDS[useConnectionStatus().phase] ?? (online ? null : OFFLINE);
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
