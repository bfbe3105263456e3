import { z } from 'zod';
import { roleName } from '#shared/contract/agent/dashboard';

/** The merge of two clusters, as the API tells of it. Times are unix ms. */
const timeMs = z.number().int().nonnegative();
/** SHA-256 of a certificate, `AA:BB:...` */
const fingerprint = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

export const clusterName = z.object({ uuid: z.uuid(), name: z.string().min(1).max(64) });
export type ClusterName = z.infer<typeof clusterName>;

/** One node of a cluster as the other one must know it, to call it and to know it again. */
export const mergeNode = z.object({
  id: z.uuid(),
  name: z.string().min(1).max(64),
  address: z.string().min(1).max(64),
  api_port: z.int().min(1).max(65_535),
  fingerprint,
  roles: z.array(roleName),
  alive: z.boolean(),
  /** since when it answers without a break; null where it does not */
  stable_since: timeMs.nullable(),
});
export type MergeNode = z.infer<typeof mergeNode>;

/**
 * `GET /api/v1/merge/card` (admin): what one cluster shows of itself to an admin of both. There is no
 * secret in it.
 */
export const mergeCard = z.object({
  cluster: clusterName,
  /** tells two foundings from one enrolment file apart */
  founding: z.uuid(),
  /** as persisted at the founding */
  created_at: timeMs,
  /** whether the configuration of this node allows a merge */
  enabled: z.boolean(),
  /** authenticated members, by name */
  nodes: z.array(mergeNode).max(2000),
  made_at: timeMs,
});
export type MergeCard = z.infer<typeof mergeCard>;

/** Which of the two stays, and why. Both sides come to the same. */
export const mergeDecision = z.object({
  gaining: clusterName,
  losing: clusterName,
  by: z.enum(['nodes', 'age', 'uuid', 'admin']),
  /** in a sentence */
  reason: z.string(),
});
export type MergeDecision = z.infer<typeof mergeDecision>;

/**
 * `POST /api/v1/merge/pact` (admin), on one node of each cluster, with the card of the other: from
 * then on nodes of both may call each other for a merge, and for nothing else.
 */
export const pactRequest = z.strictObject({ card: mergeCard });
export const pactAnswer = z.object({
  pact: z.object({ other: clusterName, until: timeMs }),
  decision: mergeDecision,
});
export type PactAnswer = z.infer<typeof pactAnswer>;

/** `DELETE /api/v1/merge/pact/{uuid}` (admin): while no merge is under way. */
export const pactGone = z.object({ ok: z.literal(true), message: z.string() });

/**
 * `POST /api/v1/merge/let-go` (admin): frees this cluster where it is held for a merge and the one that
 * carries it out is gone for good.
 */
export const letGoRequest = z.strictObject({
  /** name of this cluster, typed by a person */
  confirm: z.string().max(64).default(''),
});
export const letGoAnswer = z.object({
  ok: z.literal(true),
  message: z.string(),
  operation: z.string(),
  /** who carried it out; null where the cluster was let go before, and only a rest of it was left */
  by: z.object({ uuid: z.string(), name: z.string() }).nullable(),
  /** nodes that are no members any more, by name: they stay with the other cluster */
  crossed: z.array(z.string()),
  /** in sentences */
  done: z.array(z.string()),
  /** what stays as it is, and what can be done about that */
  left: z.array(z.string()),
});
export type LetGoAnswer = z.infer<typeof letGoAnswer>;

/**
 * `partition`: the same cluster, which found itself twice or lost sight of a part; it heals, and is
 * never merged. `foreign`: another cluster. `impostor`: it says it is this cluster and cannot prove it.
 */
export const sighting = z.object({
  kind: z.enum(['partition', 'foreign', 'impostor']),
  cluster: clusterName,
  /** `host:port` of nodes that were heard */
  addresses: z.array(z.string()).max(50),
  /** names of the members of this cluster that hear them */
  seen_by: z.array(z.string()),
  /** how they are reached, as `seed`, `tailnet` */
  via: z.array(z.enum(['seed', 'tailnet', 'gossip', 'pact'])),
  first_seen: timeMs,
  last_seen: timeMs,
  /** whether an admin of both has let them call each other */
  pact: z.boolean(),
  /** what a person can do, in a sentence */
  remedy: z.string(),
});
export type Sighting = z.infer<typeof sighting>;

/** `GET /api/v1/split`: other clusters and other parts of this one, as far as members see them. */
export const splitAnswer = z.object({ sightings: z.array(sighting) });
export type SplitAnswer = z.infer<typeof splitAnswer>;

/** What can be read from the params of a merge that runs or has run: who is merged, in which order. */
export const mergeParties = z.object({
  gaining: clusterName,
  losing: clusterName,
  /** of the losing cluster, in the order in which they cross; the anchor last */
  nodes: z
    .array(
      mergeNode.pick({ id: true, name: true, address: true, api_port: true, fingerprint: true }),
    )
    .min(1),
  anchor: z.string(),
});
export type MergeParties = z.infer<typeof mergeParties>;

/** What can be read from the notes of a merge while it runs and afterwards. */
export const mergeNotes = z.object({
  /** pending jobs that were carried over: their number in the losing and in the gaining cluster; at most 500 */
  carried: z.array(z.object({ id: z.string(), to: z.string() })).default([]),
});

/** Params of `POST /api/v1/operations/plan` for the kind `merge`; asked of the cluster that stays. */
export const mergeWish = z.strictObject({
  /** uuid of the cluster that is to be taken up; there must be a pact with it */
  losing: z.uuid(),
  /** pending jobs that cannot be carried over: wait until they have ended, or cancel them */
  left_jobs: z.enum(['wait', 'cancel']).default('wait'),
});
