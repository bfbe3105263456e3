import styles from './chart.module.css';
import type { SeriesView } from './view';

export const colourOf = (series: SeriesView) => `var(--series-${series.colour})`;

/** A short piece of the line, so that colour and dash lead from a name to its line. */
export function Swatch({ series }: { series: SeriesView }) {
  return (
    <svg className={styles.swatch} width={12} height={4} aria-hidden>
      <line
        x1={1}
        x2={11}
        y1={2}
        y2={2}
        stroke={colourOf(series)}
        strokeWidth={2.5}
        strokeLinecap={series.dash === 'solid' ? 'round' : 'butt'}
        strokeDasharray={series.dash === 'solid' ? undefined : '4 2'}
      />
    </svg>
  );
}
