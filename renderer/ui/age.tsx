import { age, plain } from '#shared/domain/units';
import styles from './age.module.css';
import { cx } from './cx';
import { useNow } from './now';

interface AgeProps {
  /** ms since 1970; null: never */
  at: number | null;
  stale?: boolean;
}

/** How old what is shown is: `4 s` while live, `2 h 10 min ago` once stale. */
export function Age({ at, stale = false }: AgeProps) {
  const now = useNow();
  if (at === null) return <span className={styles.age}>no data</span>;
  const span = plain(age(now - at));
  return (
    <time
      className={cx(styles.age, stale && styles.stale)}
      dateTime={new Date(at).toISOString()}
      title={new Date(at).toLocaleString()}
    >
      {stale ? `${span} ago` : span}
    </time>
  );
}
