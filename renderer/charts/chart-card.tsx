import { ChartLine, Table2 } from 'lucide-react';
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import type { Chart, Timeframe } from '#shared/contract/charts';
import { IconButton } from '../ui/button';
import styles from './chart.module.css';
import { ChartTable } from './chart-table';
import { type ChartUnit, formatValue } from './format';
import { useStaggered } from './stagger';
import { Swatch } from './swatch';
import { type ChartView, chartView, type SeriesView } from './view';

const TimeChart = lazy(() =>
  import('./time-chart').then((module) => ({ default: module.TimeChart })),
);

const SOURCE_NOTE: Record<Chart['source'], string | null> = {
  server: null,
  local: "from this desk's own history",
  both: "partly from this desk's own history",
  none: null,
};

interface ChartCardProps {
  title: string;
  /** undefined while it is being asked for */
  chart: Chart | undefined;
  timeframe: Timeframe;
  /** lowest top of an axis by unit */
  floors?: Partial<Record<ChartUnit, number>>;
}

/** One chart with its title, its present values, where they come from, and its numbers as a table. */
export function ChartCard({ title, chart, timeframe, floors }: ChartCardProps) {
  const headingId = useId();
  const [asTable, setAsTable] = useState(false);
  const shown = useStaggered(chart);
  const view = useMemo(
    () => (shown === undefined ? null : chartView(shown, timeframe, floors)),
    [shown, timeframe, floors],
  );
  const note = shown === undefined ? null : SOURCE_NOTE[shown.source];
  return (
    <section className={styles.card} aria-labelledby={headingId} aria-busy={view === null}>
      <header className={styles.head}>
        <h3 id={headingId} className={styles.title}>
          {title}
        </h3>
        {note !== null && <span className={styles.note}>{note}</span>}
        {view !== null && !view.empty && <Legend series={view.series} />}
        <IconButton
          icon={asTable ? ChartLine : Table2}
          label={asTable ? `${title} as a chart` : `${title} as a table`}
          size={14}
          className={styles.toggle}
          onClick={() => setAsTable(!asTable)}
          disabled={view === null || view.empty}
        />
      </header>
      <div className={styles.body}>
        <Body {...{ title, view, timeframe, asTable }} />
      </div>
    </section>
  );
}

function Body(props: {
  title: string;
  view: ChartView | null;
  timeframe: Timeframe;
  asTable: boolean;
}) {
  const { title, view, timeframe, asTable } = props;
  if (view === null) return <div className={styles.waiting} />;
  if (view.empty) return <p className={styles.empty}>Nothing was measured in this time.</p>;
  if (asTable) return <ChartTable {...{ title, view, timeframe }} />;
  return (
    <Suspense fallback={<div className={styles.waiting} />}>
      <TimeChart {...{ title, view, timeframe }} />
    </Suspense>
  );
}

function Legend({ series }: { series: readonly SeriesView[] }) {
  return (
    <ul className={styles.legend} aria-label="Present values">
      {series.map((one) => (
        <li key={one.key} className={styles.entry}>
          <Swatch series={one} />
          <span className={styles.label}>{one.label}</span>
          <b className={styles.value}>{formatValue(one.unit, one.current)}</b>
        </li>
      ))}
    </ul>
  );
}
