import type { Operation } from '#shared/contract/operations';
import { cx } from '../../ui/cx';
import styles from './operations.module.css';
import { countItems, type ItemState } from './summary';

const LOOK: Record<ItemState, string | undefined> = {
  done: styles.done,
  failed: styles.failed,
  unknown: styles.unknown,
  running: styles.running,
  waiting: styles.waiting,
  cancelled: styles.waiting,
};
/** From left to right: what is over, then what is to come. */
const DRAWN: readonly ItemState[] = [
  'done',
  'failed',
  'unknown',
  'cancelled',
  'running',
  'waiting',
];

/** How far an operation is, item by item. Decoration for the sentence beside it. */
export function OperationBar({ operation }: { operation: Operation }) {
  const counts = countItems(operation.items);
  return (
    <div aria-hidden className={styles.bar}>
      {DRAWN.filter((state) => counts[state] > 0).map((state) => (
        <span
          key={state}
          className={cx(styles.part, LOOK[state])}
          style={{ flexGrow: counts[state] }}
        />
      ))}
    </div>
  );
}
