import { z } from 'zod';
import { base, timestampMs, uuid } from './base';

export const timeframe = z.enum(['hour', 'day', 'week', 'month', 'year']);
export type Timeframe = z.infer<typeof timeframe>;

export const chartSeries = z.object({
  key: z.string(),
  label: z.string(),
  /** one value per entry of the chart's `times`; null is a gap */
  values: z.array(z.number().nullable()),
});
export const chart = z.object({
  id: z.enum(['cpu', 'memory', 'network', 'load', 'disk', 'storage', 'jobs']),
  unit: z.enum(['fraction', 'bytes', 'bytesPerSecond', 'load', 'count']),
  /** ms since 1970, ascending, at most 120 */
  times: z.array(timestampMs),
  series: z.array(chartSeries),
  /** whether the server's rrddata, this desk's own history, or both were used */
  source: z.enum(['server', 'local', 'both', 'none']),
});
export type Chart = z.infer<typeof chart>;

export const chartTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cluster') }),
  z.strictObject({ kind: z.literal('node'), node: z.string().max(64) }),
  z.strictObject({ kind: z.literal('guest'), guestId: z.string().regex(/^(qemu|lxc)\/\d{1,9}$/) }),
  z.strictObject({
    kind: z.literal('storage'),
    node: z.string().max(64),
    storage: z.string().max(100),
  }),
]);
export type ChartTarget = z.infer<typeof chartTarget>;

export const charts = {
  get: base.input(z.strictObject({ uuid, target: chartTarget, timeframe })).output(
    z.object({
      charts: z.array(chart),
      /** why some of it is missing or local, in a sentence */
      note: z.string().nullable(),
      asOf: timestampMs,
    }),
  ),
};
