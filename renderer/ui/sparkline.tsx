import { cx } from './cx';
import { sparkPaths } from './spark-paths';
import styles from './sparkline.module.css';

interface SparklineProps {
  /** fractions 0..1, oldest first; null is a gap */
  values: readonly (number | null)[];
  /** how many places the whole span has; fewer values stand at the right */
  span?: number;
  tone?: 'plain' | 'warning' | 'bad';
  stale?: boolean;
}

const WIDTH = 100;
const HEIGHT = 30;

/**
 * An hour as a line on its own scale (at least 14 points of range, so that noise does not look like
 * drama). Decoration for the number beside it, hidden from screen readers. Stale: dotted, no colour.
 */
export function Sparkline({ values, span = 60, tone = 'plain', stale = false }: SparklineProps) {
  const { line, area, dots } = sparkPaths(values, { width: WIDTH, height: HEIGHT, span });
  return (
    <svg
      className={cx(styles.spark, styles[stale ? 'stale' : tone])}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      <path className={styles.area} d={area} />
      <path className={styles.line} d={line} vectorEffect="non-scaling-stroke" />
      <path className={styles.dots} d={dots} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
