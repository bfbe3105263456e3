import { z } from 'zod';
import { type SamplesAnswer, samplesAnswer } from '#shared/contract/agent/dashboard';
import type { ClusterTotals, InventoryRows } from '#shared/contract/inventory';
import type { Backfill } from '../metrics/backfill';
import { type SeriesKey, seriesKey } from '../metrics/samples';
import { badAnswer } from './answer';

const MAX_POINTS = 1_500;
const bounded = samplesAnswer.extend({
  series: z.record(z.string(), z.array(z.number().nullable()).max(MAX_POINTS)),
});

/** Reads `GET /api/v1/samples`. @throws Failure BAD_RESPONSE */
export function readSamples(data: unknown, endpoint: string): SamplesAnswer {
  const parsed = bounded.safeParse(data);
  if (parsed.success) return parsed.data;
  throw badAnswer('Its samples make no sense.', endpoint);
}

/**
 * The agent's series under the names this desk records its own by. The agent tells used parts, this
 * desk bytes: they are made of the capacity that is known now.
 */
export function asBackfill(
  samples: SamplesAnswer,
  rows: InventoryRows,
  totals: ClusterTotals | null,
): Backfill {
  const { from, step_s: stepS, series } = samples;
  const found = new Map<SeriesKey, readonly (number | null)[]>();
  const put = (name: string, key: SeriesKey, whole: number | null) => {
    const values = series[name];
    if (values === undefined || whole === null) return;
    found.set(
      key,
      values.map((value) => (value === null ? null : value * whole)),
    );
  };
  const putUsed = (
    name: string,
    entity: string,
    used: string,
    of: string,
    whole: number | null,
  ) => {
    put(name, seriesKey(entity, used), whole);
    const values = series[name];
    if (values === undefined || whole === null) return;
    found.set(
      seriesKey(entity, of),
      values.map((value) => (value === null ? null : whole)),
    );
  };
  put('cluster/cpu', seriesKey('', 'cpu'), 1);
  putUsed('cluster/memory', '', 'mem', 'memTotal', totals?.memory.total ?? null);
  putUsed('cluster/disk', '', 'storage', 'storageTotal', totals?.storage.total ?? null);
  put('cluster/jobs/running', seriesKey('', 'jobsRunning'), 1);
  put('cluster/jobs/pending', seriesKey('', 'jobsWaiting'), 1);
  for (const { id, maxMem, maxDisk } of rows.nodes) {
    put(`${id}/cpu`, seriesKey(id, 'cpu'), 1);
    putUsed(`${id}/memory`, id, 'mem', 'memTotal', maxMem);
    put(`${id}/disk`, seriesKey(id, 'disk'), maxDisk);
  }
  return { fromMs: from * 1000, stepMs: stepS * 1000, series: found };
}
