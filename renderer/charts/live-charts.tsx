import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Chart, ChartTarget, Timeframe } from '#shared/contract/charts';
import { useOrpc } from '../app/context';
import { problemOf } from '../transport/failure';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/feedback';
import { ChartCard } from './chart-card';
import type { ChartUnit } from './format';
import styles from './live-charts.module.css';
import { ChartFrames } from './stagger';

interface ShownChart {
  id: Chart['id'];
  title: string;
  floors?: Partial<Record<ChartUnit, number>>;
}

interface LiveChartsProps {
  uuid: string;
  target: ChartTarget;
  timeframe: Timeframe;
  /** at most four: more that redraw at once would hold the window up */
  shown: readonly [ShownChart, ...ShownChart[]];
  /** the level the charts' titles have on the page */
  heading?: 'h2' | 'h3' | 'h4';
}

/** How often new points can have come, in ms; the year's points are hours apart. */
const REFETCH_MS: Record<Timeframe, number> = {
  hour: 20_000,
  day: 60_000,
  week: 300_000,
  month: 900_000,
  year: 3_600_000,
};

/** Charts of a cluster, node, guest or storage, asked for again as time goes on. */
export function LiveCharts({ uuid, target, timeframe, shown, heading }: LiveChartsProps) {
  const orpc = useOrpc();
  const answer = useQuery(
    orpc.charts.get.queryOptions({
      input: { uuid, target, timeframe },
      refetchInterval: REFETCH_MS[timeframe],
    }),
  );
  const charts = answer.data?.charts;
  useEffect(() => {
    // fetched while the numbers are still on their way; a failure shows when it is drawn
    import('./time-chart').catch(() => undefined);
  }, []);
  if (answer.isError && charts === undefined) {
    return (
      <ErrorNotice
        problem={problemOf(answer.error)}
        action={
          <Button small busy={answer.isFetching} onClick={() => void answer.refetch()}>
            Try again
          </Button>
        }
      />
    );
  }
  return (
    <ChartFrames>
      <div className={styles.charts}>
        <div className={styles.grid}>
          {shown.map(({ id, title, floors }) => (
            <ChartCard
              key={id}
              title={title}
              chart={charts === undefined ? undefined : chartOf(charts, id)}
              timeframe={timeframe}
              heading={heading}
              {...(floors && { floors })}
            />
          ))}
        </div>
        {answer.data?.note && <p className={styles.note}>{answer.data.note}</p>}
      </div>
    </ChartFrames>
  );
}

/** The chart of an answer; an empty one where the answer has none of it. */
function chartOf(charts: readonly Chart[], id: Chart['id']): Chart {
  return (
    charts.find((chart) => chart.id === id) ?? {
      id,
      unit: 'fraction',
      times: [],
      series: [],
      source: 'none',
    }
  );
}
