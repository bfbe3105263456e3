import { cx } from './cx';
import styles from './value.module.css';

interface ValueProps {
  /** already rounded; null shows a dash */
  value: string | null;
  unit?: string;
  size?: 'text' | 'large';
  stale?: boolean;
}

/** A number with its unit smaller and fainter, in figures of equal width. */
export function Value({ value, unit, size = 'text', stale = false }: ValueProps) {
  return (
    <span className={cx(styles.value, styles[size], stale && styles.stale)}>
      {value ?? <span aria-label="not known">–</span>}
      {value !== null && unit !== undefined && <span className={styles.unit}>{unit}</span>}
    </span>
  );
}
