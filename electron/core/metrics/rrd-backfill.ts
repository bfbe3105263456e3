import { bucketMeans, type TimeAxis } from '#shared/domain/downsample';
import type { Backfill } from './backfill';
import { type RrdRow, rrdSeries } from './rrd';
import { type SeriesKey, seriesKey } from './samples';

type Values = readonly (number | null)[];

export interface MeasuredNode {
  /** as `node/pve1` */
  id: string;
  maxCpu: number | null;
  rows: readonly RrdRow[];
}

export interface MeasuredStorage {
  /** under which it is recorded */
  entity: string;
  rows: readonly RrdRow[];
}

/**
 * The servers' own last hour under the names this desk records by, nodes and storages, and the whole
 * cluster as their sum: CPU by cores, memory and storage in bytes. A step in which one of them is
 * silent counts those that are not.
 */
export function rrdBackfill(
  nodes: readonly MeasuredNode[],
  storages: readonly MeasuredStorage[],
  axis: TimeAxis,
): Backfill {
  const series = new Map<SeriesKey, Values>();
  const take = (entity: string, metric: string, rows: readonly RrdRow[], key: string): Values => {
    const values = bucketMeans(rrdSeries(rows, key), axis);
    series.set(seriesKey(entity, metric), values);
    return values;
  };
  const cores: [Values, number][] = [];
  const memory: [Values, Values][] = [];
  for (const { id, maxCpu, rows } of nodes) {
    const cpu = take(id, 'cpu', rows, 'cpu');
    if (maxCpu !== null) cores.push([cpu, maxCpu]);
    memory.push([take(id, 'mem', rows, 'memused'), take(id, 'memTotal', rows, 'memtotal')]);
    take(id, 'disk', rows, 'rootused');
  }
  const space = storages.map(({ entity, rows }): [Values, Values] => [
    take(entity, 'used', rows, 'used'),
    take(entity, 'total', rows, 'total'),
  ]);
  series.set(seriesKey('', 'cpu'), meanOf(cores, axis.buckets));
  for (const [pairs, used, total] of [
    [memory, 'mem', 'memTotal'],
    [space, 'storage', 'storageTotal'],
  ] as const) {
    series.set(seriesKey('', used), sumOf(pairs, 0, axis.buckets));
    series.set(seriesKey('', total), sumOf(pairs, 1, axis.buckets));
  }
  return { fromMs: axis.fromMs + axis.stepMs, stepMs: axis.stepMs, series };
}

/** The mean of fractions, weighted. */
function meanOf(weighted: readonly [Values, number][], length: number): Values {
  return Array.from({ length }, (_, index) => {
    let sum = 0;
    let weights = 0;
    for (const [values, weight] of weighted) {
      const value = values[index] ?? null;
      if (value === null) continue;
      sum += value * weight;
      weights += weight;
    }
    return weights === 0 ? null : sum / weights;
  });
}

/** The sum of one side of pairs of which both sides are known. */
function sumOf(pairs: readonly [Values, Values][], side: 0 | 1, length: number): Values {
  return Array.from({ length }, (_, index) => {
    let sum: number | null = null;
    for (const pair of pairs) {
      const both = [pair[0][index] ?? null, pair[1][index] ?? null];
      if (both[0] === null || both[1] === null) continue;
      sum = (sum ?? 0) + (both[side] ?? 0);
    }
    return sum;
  });
}
