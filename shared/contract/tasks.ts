import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, nothing, timestampMs, uuid } from './base';

export const UPID = z
  .string()
  .max(300)
  .regex(/^UPID:[^:]+:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:]+:[^:]*:[^:]+:$/);

export const taskRow = z.object({
  upid: z.string(),
  node: z.string(),
  /** `qmstart`, `vzdump`, ... */
  type: z.string(),
  /** vmid or name the task is about; '' where there is none */
  subject: z.string(),
  user: z.string(),
  startedAt: timestampMs,
  endedAt: timestampMs.nullable(),
  state: z.enum(['running', 'ok', 'warnings', 'failed', 'unknown']),
  /** `OK`, `WARNINGS: 1` or the error text */
  exitStatus: z.string().nullable(),
});
export type TaskRow = z.infer<typeof taskRow>;

export const taskLogEvent = z.object({
  /** true on the first item: lines from the start */
  snapshot: z.boolean(),
  lines: z.array(z.object({ n: z.number().int(), text: z.string() })),
  state: taskRow.shape.state,
  exitStatus: z.string().nullable(),
});
export type TaskLogEvent = z.infer<typeof taskLogEvent>;

export const tasks = {
  list: base
    .input(z.strictObject({ uuid, limit: z.number().int().min(1).max(500).default(100) }))
    .output(z.array(taskRow)),
  /** the log so far, then new lines until the task ends */
  follow: base.input(z.strictObject({ uuid, upid: UPID })).output(eventIterator(taskLogEvent)),
  stop: base.input(z.strictObject({ uuid, upid: UPID })).output(nothing),
};
