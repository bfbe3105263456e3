import { z } from 'zod';
import { jobAction, nodeAction } from './agent/actions';
import { base, timestampMs, uuid } from './base';
import { failureView } from './errors';
import { guestKind } from './inventory';

export const itemState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled', 'unknown']);
export const operationItem = z.object({
  key: z.string(),
  clusterUuid: uuid,
  /** what it is done to: `qemu/100`, or of ClusterOS `node/a1` or `job/1042` */
  guestId: z.string(),
  label: z.string(),
  state: itemState,
  upid: z.string().nullable(),
  /** `OK`, a warning count, or the task's error text */
  message: z.string(),
  failure: failureView.nullable(),
  startedAt: timestampMs.nullable(),
  endedAt: timestampMs.nullable(),
});
export type OperationItem = z.infer<typeof operationItem>;

export const guestAction = z.enum([
  'start',
  'shutdown',
  'stop',
  'reboot',
  'reset',
  'suspend',
  'resume',
]);
export type GuestAction = z.infer<typeof guestAction>;

/** What can be done on a ClusterOS cluster. */
export const slurmAction = z.enum([...nodeAction.options, ...jobAction.options]);
export type SlurmAction = z.infer<typeof slurmAction>;
export const operationKind = z.enum(['guestAction', 'slurmAction']);

/** Long work with a persisted record; a screen only observes it. */
export const operation = z.object({
  id: uuid,
  kind: operationKind,
  title: z.string(),
  /** of guests or of SLURM, as `kind` says */
  action: z.enum([...new Set([...guestAction.options, ...slurmAction.options])]),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  items: z.array(operationItem),
  createdAt: timestampMs,
  endedAt: timestampMs.nullable(),
});
export type Operation = z.infer<typeof operation>;

export const operations = {
  list: base
    .input(z.strictObject({ limit: z.number().int().min(1).max(200).default(50) }))
    .output(z.array(operation)),
  get: base.input(z.strictObject({ id: uuid })).output(operation),
  /** items not sent yet are cancelled; what the cluster runs already goes on */
  cancel: base.input(z.strictObject({ id: uuid })).output(operation),
};

export const guests = {
  /** sends the action to each guest once; the operation tells each item's task and its end */
  act: base
    .input(
      z.strictObject({
        action: guestAction,
        items: z
          .array(z.strictObject({ uuid, guestId: z.string().regex(/^(qemu|lxc)\/\d{1,9}$/) }))
          .min(1)
          .max(500),
        /** needed where the action can lose work on a protected cluster: its cluster_id */
        confirm: z.string().optional(),
      }),
    )
    .output(operation),
  /** a guest's configuration and present state, read now */
  show: base
    .input(z.strictObject({ uuid, guestId: z.string().regex(/^(qemu|lxc)\/\d{1,9}$/) }))
    .output(
      z.object({
        kind: guestKind,
        config: z.record(z.string(), z.string()),
        status: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
        addresses: z.array(z.object({ interface: z.string(), address: z.string() })),
        /** why there are no addresses, in a sentence */
        addressesNote: z.string().nullable(),
      }),
    ),
};
