import { z } from 'zod';
import { base, timestampMs } from './base';

export const auditEntry = z.object({
  seq: z.number().int(),
  at: timestampMs,
  /** OS user and host, `ada@desk-3` */
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  /** uuid of what it was done to, where that has one */
  target: z.string().nullable(),
  /** masked JSON of what was and what is; null where there is nothing to compare */
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  result: z.string(),
  hash: z.string(),
  /** whether this edit can be taken back now */
  undoable: z.boolean(),
  /** why it cannot, for edits that in principle can be; null for the others */
  undoNote: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditFilter = z.strictObject({
  text: z.string().max(200).default(''),
  actions: z.array(z.string()).max(100).default([]),
  /** a cluster_id (with what was done to its guests), a group's name, ... */
  subject: z.string().max(100).optional(),
  /** both inclusive */
  from: timestampMs.optional(),
  to: timestampMs.optional(),
});
export type AuditFilter = z.input<typeof auditFilter>;

export const auditCheck = z.object({
  ok: z.boolean(),
  checked: z.number().int(),
  /** first entry whose hash does not follow from the one before */
  brokenAt: z.number().int().nullable(),
  /** the newest entry that was removed for its age; 0: none was */
  prunedThrough: z.number().int(),
  message: z.string(),
});
export type AuditCheck = z.infer<typeof auditCheck>;

export const audit = {
  list: base
    .input(
      z.strictObject({
        filter: auditFilter.prefault({}),
        /** entries with a smaller seq, newest first */
        before: z.number().int().optional(),
        limit: z.number().int().min(1).max(500).default(100),
      }),
    )
    .output(
      z.object({
        entries: z.array(auditEntry),
        /** how many fit the filter in all */
        total: z.number().int(),
        /** every action there is, for choosing */
        actions: z.array(z.string()),
      }),
    ),
  verify: base.output(auditCheck),
  export: base
    .input(z.strictObject({ filter: auditFilter.prefault({}), format: z.enum(['jsonl', 'csv']) }))
    .output(z.object({ fileName: z.string(), text: z.string() })),
  /** takes one configuration edit back by a new edit */
  undo: base.input(z.strictObject({ seq: z.number().int() })).output(auditEntry),
};
