import type { BarPart } from './bar-part';
import { cx } from './cx';
import styles from './segmented-bar.module.css';

/** Parts of a whole, drawn in proportion; the sentence beside it carries the numbers. */
export function SegmentedBar(props: { label: string; parts: BarPart[]; stale?: boolean }) {
  const parts = props.parts.filter((part) => part.count > 0);
  return (
    <div
      role="img"
      aria-label={`${props.label}: ${parts.map((part) => `${part.count} ${part.name}`).join(', ')}`}
      className={styles.bar}
    >
      {parts.length === 0 && <span className={cx(styles.part, styles.nothing)} />}
      {parts.map((part) => (
        <span
          key={part.name}
          className={cx(styles.part, styles[props.stale ? 'unknown' : part.look])}
          style={{ flexGrow: part.count }}
        />
      ))}
    </div>
  );
}
