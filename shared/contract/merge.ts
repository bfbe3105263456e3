import { z } from 'zod';
import { mergeCard, mergeDecision, pactAnswer, sighting } from './agent/merge';
import { operationPlan } from './agent/operations';
import { base, timestampMs, uuid } from './base';
import { clusterOperation } from './cluster-operations';
import { failureView } from './errors';

/** Two clusters of this desk, in no order. */
const two = z
  .strictObject({ clusters: z.tuple([uuid, uuid]) })
  .refine(({ clusters: [a, b] }) => a !== b, {
    message: 'Choose two clusters.',
    path: ['clusters'],
  });

/** One of the two, as its agents show it to an admin now. */
export const mergeSide = z.object({
  /** of the cluster on this desk */
  uuid,
  /** null: it could not be asked, or its token is no admin's */
  card: mergeCard.nullable(),
  failure: failureView.nullable(),
});
export type MergeSide = z.infer<typeof mergeSide>;

export const mergeLook = z.object({
  /** as they were asked for */
  sides: z.tuple([mergeSide, mergeSide]),
  /** null while one of the cards is missing, or where both are of one cluster */
  decision: mergeDecision.nullable(),
  /** uuid on this desk of the one that stays by the decision; null as above */
  gaining: uuid.nullable(),
  /** why these two are never merged, in a sentence; null where they are two clusters */
  same: z.string().nullable(),
});
export type MergeLook = z.infer<typeof mergeLook>;

/** What the agents of one cluster say of other clusters, and of lost parts of their own. */
export const clusterSightings = z.object({
  uuid,
  sightings: z.array(sighting),
  heardAt: timestampMs,
});
export type ClusterSightings = z.infer<typeof clusterSightings>;

/** Another card of this desk that seems to be the same cluster. */
export const duplicate = z.object({
  uuid,
  /** what speaks for it, in sentences */
  evidence: z.array(z.string()).min(1),
  /** `host:port` of endpoints that the first card lacks */
  endpoints: z.array(z.string()),
});
export type Duplicate = z.infer<typeof duplicate>;

/** Two clusters become one. What then runs is watched and asked for as every operation of a cluster. */
export const merge = {
  /** asks both for their card, which needs tokens with the role admin; changes nothing */
  look: base.input(two).output(mergeLook),
  /**
   * Shows each the other's card: from then on their nodes may call each other for a merge, for a day.
   * @returns what each answered, in the order asked for
   */
  permit: base
    .input(two)
    .output(z.object({ answers: z.tuple([pactAnswer, pactAnswer]), until: timestampMs })),
  /** takes that back on both; refused while a merge is under way */
  forbid: base.input(two).output(z.object({ message: z.string() })),
  /**
   * Begins what `clusterOperations.plan` planned at the one that stays, once; refused as
   * `clusterOperations.start` refuses.
   */
  start: base
    .input(
      z.strictObject({
        gaining: uuid,
        losing: uuid,
        planHash: operationPlan.shape.hash,
        /** what the plan asks to be typed */
        confirm: z.string().max(200).default(''),
        /** cluster_id of the one that stays; needed where it is protected */
        confirmGaining: z.string().max(200).optional(),
        /** cluster_id of the other; needed where it is protected */
        confirmLosing: z.string().max(200).optional(),
      }),
    )
    .output(clusterOperation),
  /** of all clusters or one, as last heard; `refresh` asks first */
  sightings: base
    .input(z.strictObject({ uuid: uuid.optional(), refresh: z.boolean().default(false) }))
    .output(z.array(clusterSightings)),
  /** other cards of the same cluster */
  duplicates: base.input(z.strictObject({ uuid })).output(z.array(duplicate)),
  /**
   * The first card takes the endpoints of the second, which is taken off the deck. Refused with
   * INVALID_INPUT where they are not of one cluster.
   */
  consolidate: base
    .input(
      z.strictObject({
        keep: uuid,
        drop: uuid,
        /** cluster_id of the second; needed where it is protected */
        confirm: z.string().max(200).optional(),
      }),
    )
    .output(z.object({ endpoints: z.number().int() })),
};
