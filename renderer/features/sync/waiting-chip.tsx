import { CloudUpload } from 'lucide-react';
import { Link } from 'wouter';
import { useLive } from '../../app/context';
import { waitingFor } from './sync-view';
import styles from './waiting-chip.module.css';

/** Says in the top bar what waits for which remote; absent while nothing does. */
export function WaitingChip() {
  const outbox = useLive((state) => state.outbox);
  const remotes = useLive((state) => state.remotes);
  const waiting = waitingFor(outbox, new Map(remotes.map(({ uuid, name }) => [uuid, name])));
  if (waiting === null) return null;
  return (
    <Link href="/sync" className={styles.chip}>
      <CloudUpload size={15} strokeWidth={1.75} aria-hidden />
      <span>
        {waiting.words} <strong>{waiting.name}</strong>
      </span>
    </Link>
  );
}
