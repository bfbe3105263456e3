import { cx } from './cx';
import styles from './meter.module.css';

interface MeterProps {
  label: string;
  /** 0..1; null where nothing is known */
  fraction: number | null;
  /** how screen readers hear it, as `43.5 of 128 cores` */
  text: string;
  tone?: 'plain' | 'warning' | 'bad';
  stale?: boolean;
}

/** A share of a whole as a thin bar; the number stands beside it. */
export function Meter({ label, fraction, text, tone = 'plain', stale = false }: MeterProps) {
  const percent = fraction === null ? 0 : Math.min(Math.max(fraction, 0), 1) * 100;
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
      aria-valuetext={text}
      className={cx(styles.meter, styles[tone], (stale || fraction === null) && styles.stale)}
    >
      <span className={styles.fill} style={{ width: `${percent}%` }} />
    </span>
  );
}
