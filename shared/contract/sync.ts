import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, nothing, timestampMs, uuid } from './base';
import { failureView } from './errors';

/** A field's value as shown to people; null is "not set". Secrets are never among them. */
const shown = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const mergedField = z.object({
  /** the remote's own key, as `allow_vm_deployment`; unknown keys are kept and merged too */
  field: z.string(),
  base: shown,
  mine: shown,
  theirs: shown,
  /** `same`: both sides agree; `mine`: goes up; `theirs`: comes down; `conflict`: somebody must choose */
  outcome: z.enum(['same', 'mine', 'theirs', 'conflict']),
  /** an honest word where a value cannot be known: the portal never returns iso_storage */
  note: z.string().nullable(),
});
export type MergedField = z.infer<typeof mergedField>;

export const syncVerdict = z.enum([
  'same',
  'push',
  'pull',
  'both',
  'conflict',
  'createThere',
  'createHere',
  'deleteThere',
  'deleteHere',
  /** deleted on one side, changed on the other */
  'deleteConflict',
  'invalid',
]);
export type SyncVerdict = z.infer<typeof syncVerdict>;

export const syncEntry = z.object({
  clusterId: z.string(),
  name: z.string(),
  uuid: uuid.nullable(),
  /** the remote's own number (db_id) */
  remoteNumber: z.number().int().nullable(),
  verdict: syncVerdict,
  fields: z.array(mergedField),
  /** sentences: why it is invalid, what a side effect was, what cannot be done */
  reasons: z.array(z.string()),
  /** whether creating it there needs the password, which goes up only when the user says so */
  needsSecret: z.boolean(),
});
export type SyncEntry = z.infer<typeof syncEntry>;

export const syncPlan = z.object({
  remoteUuid: uuid,
  takenAt: timestampMs,
  entries: z.array(syncEntry),
});
export type SyncPlan = z.infer<typeof syncPlan>;

/**
 * A choice for one field, or with `field: '*'` for every field of an entry (also those that only one
 * side changed) and for a delete conflict. The fields `id` and `is_default` go their own way.
 */
export const resolution = z.strictObject({
  clusterId: z.string(),
  field: z.string(),
  take: z.enum(['mine', 'theirs']),
});
export type Resolution = z.infer<typeof resolution>;

export const syncReport = z.object({
  remoteUuid: uuid,
  dryRun: z.boolean(),
  ok: z.boolean(),
  message: z.string(),
  requests: z.number().int(),
  entries: z.array(
    syncEntry.extend({
      /** what happened: `done`, `planned` in a dry run, `waits` for a choice or a secret, `failed` */
      result: z.enum(['same', 'done', 'planned', 'waits', 'failed', 'skipped']),
      failure: failureView.nullable(),
    }),
  ),
});
export type SyncReport = z.infer<typeof syncReport>;

export const outboxEntry = z.object({
  id: z.number().int(),
  remoteUuid: uuid,
  clusterId: z.string(),
  /** what it will do there, in a sentence */
  summary: z.string(),
  fields: z.array(mergedField),
  since: timestampMs,
  attempts: z.number().int(),
  lastFailure: failureView.nullable(),
  /** a request was sent and its end is not known yet: the next sync asks the remote before anything else */
  uncertain: z.boolean(),
});
export type OutboxEntry = z.infer<typeof outboxEntry>;

export const sync = {
  /** reads the remote once and says what a sync would do; changes nothing */
  preview: base.input(z.strictObject({ remoteUuid: uuid })).output(syncPlan),
  run: base
    .input(
      z.strictObject({
        remoteUuid: uuid,
        dryRun: z.boolean().default(false),
        resolutions: z.array(resolution).max(100_000).default([]),
        /** for everything else that conflicts; without it those entries wait */
        resolveAll: z.enum(['mine', 'theirs']).optional(),
        /** the plan the choices were made on; a remote record changed since then waits and is asked about again */
        planTakenAt: timestampMs.optional(),
        /** cluster_ids whose stored password may be sent to this remote in this run */
        sendSecrets: z.array(z.string()).max(10_000).default([]),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          z.object({
            type: z.literal('progress'),
            done: z.number(),
            total: z.number(),
            clusterId: z.string(),
          }),
          z.object({ type: z.literal('done'), report: syncReport }),
        ]),
      ),
    ),
  outbox: base.output(z.array(outboxEntry)),
  /** forgets the local change: the cluster takes the base's values again for these fields */
  drop: base.input(z.strictObject({ id: z.number().int() })).output(nothing),
};
