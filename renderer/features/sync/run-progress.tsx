import { Card } from '../../ui/card';
import { Meter } from '../../ui/meter';
import styles from './sync.module.css';
import type { SyncRun } from './sync-desk';

/** How far a running sync is. */
export function RunProgress(props: { progress: SyncRun['progress']; remoteName: string }) {
  const { progress, remoteName } = props;
  const known = progress !== null && progress.total > 0;
  const words = known
    ? `${progress.done} of ${progress.total}`
    : `${remoteName} is being read once more.`;
  return (
    <Card className={styles.progress}>
      <p role="status">{words}</p>
      <Meter label="Sync" fraction={known ? progress.done / progress.total : null} text={words} />
      <p className={styles.quiet}>{progress?.clusterId ?? ''}</p>
    </Card>
  );
}
