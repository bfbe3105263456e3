import type { Chart } from '#shared/contract/charts';
import {
  bucketMeans,
  type Measurement,
  pickPoints,
  type TimeAxis,
} from '#shared/domain/downsample';
import { type RrdRow, rrdValue } from './rrd';
import { type SeriesKey, seriesKey } from './samples';
import { MAX_POINTS, sourceOf, timesOf } from './timeframes';

interface SeriesPlan {
  key: string;
  label: string;
  /** key in rrddata */
  rrd: string;
  /** metric of this desk's own history, where it measures the same thing */
  local?: string;
}

interface ChartPlan {
  id: Chart['id'];
  unit: Chart['unit'];
  series: SeriesPlan[];
}

const CPU: SeriesPlan = { key: 'cpu', label: 'CPU', rrd: 'cpu', local: 'cpu' };
const NETWORK: ChartPlan = {
  id: 'network',
  unit: 'bytesPerSecond',
  series: [
    { key: 'in', label: 'In', rrd: 'netin' },
    { key: 'out', label: 'Out', rrd: 'netout' },
  ],
};

/** What is drawn of a node, guest or storage, and where its numbers stand. */
export const PLANS: Record<'node' | 'guest' | 'storage', ChartPlan[]> = {
  node: [
    {
      id: 'cpu',
      unit: 'fraction',
      series: [CPU, { key: 'iowait', label: 'IO wait', rrd: 'iowait' }],
    },
    {
      id: 'memory',
      unit: 'bytes',
      series: [
        { key: 'used', label: 'Used', rrd: 'memused', local: 'mem' },
        { key: 'total', label: 'Total', rrd: 'memtotal', local: 'memTotal' },
      ],
    },
    NETWORK,
    { id: 'load', unit: 'load', series: [{ key: 'load', label: 'Load', rrd: 'loadavg' }] },
    {
      id: 'disk',
      unit: 'bytes',
      series: [
        { key: 'used', label: 'Used', rrd: 'rootused', local: 'disk' },
        { key: 'total', label: 'Total', rrd: 'roottotal' },
      ],
    },
  ],
  guest: [
    { id: 'cpu', unit: 'fraction', series: [{ key: 'cpu', label: 'CPU', rrd: 'cpu' }] },
    {
      id: 'memory',
      unit: 'bytes',
      series: [
        { key: 'used', label: 'Used', rrd: 'mem' },
        { key: 'total', label: 'Total', rrd: 'maxmem' },
      ],
    },
    NETWORK,
    {
      id: 'disk',
      unit: 'bytesPerSecond',
      series: [
        { key: 'read', label: 'Read', rrd: 'diskread' },
        { key: 'write', label: 'Write', rrd: 'diskwrite' },
      ],
    },
  ],
  storage: [
    {
      id: 'storage',
      unit: 'bytes',
      series: [
        { key: 'used', label: 'Used', rrd: 'used', local: 'used' },
        { key: 'total', label: 'Total', rrd: 'total', local: 'total' },
      ],
    },
  ],
};

/** The series of this desk's history that the plans can use. */
export function localKeys(plans: readonly ChartPlan[], entity: string): SeriesKey[] {
  return plans.flatMap((plan) =>
    plan.series.flatMap(({ local }) => (local === undefined ? [] : [seriesKey(entity, local)])),
  );
}

/**
 * Charts of one entity. All its series come with the same times, so points are picked where there
 * are too many: peaks keep their height. Where the server has a gap, this desk's own values fill it.
 */
export function entityCharts(
  plans: readonly ChartPlan[],
  entity: string,
  sources: {
    rows: readonly RrdRow[];
    local: ReadonlyMap<SeriesKey, readonly Measurement[]>;
    axis: TimeAxis;
  },
): Chart[] {
  return plans
    .map((plan) => entityChart(plan, entity, sources))
    .filter((chart) => chart.series.some(({ values }) => values.some((value) => value !== null)));
}

function entityChart(
  plan: ChartPlan,
  entity: string,
  { rows, local, axis }: Parameters<typeof entityCharts>[2],
): Chart {
  const used = { server: false, local: 0 };
  const own = ({ local: metric }: SeriesPlan): readonly Measurement[] =>
    metric === undefined ? [] : (local.get(seriesKey(entity, metric)) ?? []);
  const times = rows.length > 0 ? rows.map((row) => row.timeMs) : timesOf(axis);
  const values = plan.series.map((series) => {
    const points = own(series);
    if (rows.length === 0) {
      const means = bucketMeans(points, axis);
      used.local = Math.max(used.local, means.filter((value) => value !== null).length);
      return means;
    }
    let filled = 0;
    const line = rows.map((row) => {
      const value = rrdValue(row, series.rrd);
      if (value !== null) {
        used.server = true;
        return value;
      }
      const instead = meanWithin(points, row.timeMs - row.stepMs, row.timeMs);
      if (instead !== null) filled += 1;
      return instead;
    });
    used.local = Math.max(used.local, filled);
    return line;
  });
  const kept = pickPoints(times, values, MAX_POINTS);
  return {
    id: plan.id,
    unit: plan.unit,
    times: kept.map((index) => times[index] ?? 0),
    series: plan.series.map(({ key, label }, index) => ({
      key,
      label,
      values: kept.map((point) => values[index]?.[point] ?? null),
    })),
    source: sourceOf(used.server, used.local),
  };
}

function meanWithin(points: readonly Measurement[], fromMs: number, toMs: number): number | null {
  if (points.length === 0) return null;
  return bucketMeans(points, { fromMs, stepMs: toMs - fromMs, buckets: 1 })[0] ?? null;
}
