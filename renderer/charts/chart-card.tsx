import { ChartLine, History, Table2 } from 'lucide-react';
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import type { Chart, Timeframe } from '#shared/contract/charts';
import { IconButton } from '../ui/button';
import { cx } from '../ui/cx';
import { Tooltip } from '../ui/tooltip';
import styles from './chart.module.css';
import { ChartTable } from './chart-table';
import { type ChartUnit, formatValue } from './format';
import { useStaggered } from './stagger';
import { Swatch } from './swatch';
import { type ChartView, chartView, type SeriesView } from './view';

const TimeChart = lazy(() =>
  import('./time-chart').then((module) => ({ default: module.TimeChart })),
);

/** As many series as have place beside the title; the names of more stand below it. */
const BESIDE_TITLE = 4;

interface ChartCardProps {
  title: string;
  /** undefined while it is being asked for */
  chart: Chart | undefined;
  timeframe: Timeframe;
  /** the level its title has on the page */
  heading?: 'h2' | 'h3' | 'h4' | undefined;
  /** lowest top of an axis by unit */
  floors?: Partial<Record<ChartUnit, number>>;
}

/** One chart with its title, its present values, where they come from, and its numbers as a table. */
export function ChartCard(props: ChartCardProps) {
  const { title, chart, timeframe, heading: Heading = 'h2', floors } = props;
  const headingId = useId();
  const [asTable, setAsTable] = useState(false);
  const shown = useStaggered(chart);
  const view = useMemo(
    () => (shown === undefined ? null : chartView(shown, timeframe, floors)),
    [shown, timeframe, floors],
  );
  return (
    <section className={styles.card} aria-labelledby={headingId} aria-busy={view === null}>
      <header className={cx(styles.head, (view?.series.length ?? 0) > BESIDE_TITLE && styles.many)}>
        <Heading id={headingId} className={styles.title}>
          {title}
        </Heading>
        <Source source={shown?.source} />
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

/** Says where the numbers come from when it is not the server alone. */
function Source({ source }: { source: Chart['source'] | undefined }) {
  if (source === 'local') return <span className={styles.note}>from this desk’s own history</span>;
  if (source !== 'both') return null;
  const words = 'Where the server has nothing, from this desk’s own history';
  return (
    <Tooltip content={words}>
      <span className={styles.source}>
        <History size={13} strokeWidth={1.75} aria-label={words} role="img" />
      </span>
    </Tooltip>
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
