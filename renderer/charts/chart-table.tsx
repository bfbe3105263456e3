import type { Timeframe } from '#shared/contract/charts';
import styles from './chart.module.css';
import { formatValue } from './format';
import { momentFormatter } from './scale';
import type { ChartView } from './view';

interface ChartTableProps {
  title: string;
  view: ChartView;
  timeframe: Timeframe;
}

/** A chart's numbers, newest first: for screen readers, and for whoever wants the exact value. */
export function ChartTable({ title, view, timeframe }: ChartTableProps) {
  const moment = momentFormatter(timeframe);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
    <section className={styles.scroller} tabIndex={0} aria-label={`${title}, numbers`}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {view.series.map((series) => (
              <th key={series.key} scope="col" className={styles.number}>
                {series.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {view.points.toReversed().map((point) => (
            <tr key={point.at}>
              <th scope="row">{moment(point.at)}</th>
              {view.series.map((series, index) => (
                <td key={series.key} className={styles.number}>
                  {formatValue(series.unit, point.values[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
