import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { clusterName, mergeWish } from './agent/merge';
import {
  agentOperation,
  candidatesAnswer,
  handoffParams,
  isOver,
  leaveParams,
  operationAnswer,
  operationPlan,
  operationWish,
} from './agent/operations';
import { base, timestampMs, uuid } from './base';
import { failureView } from './errors';

/** An operation of a ClusterOS cluster: uuid of the cluster on this deck, id of the operation there. */
const place = z.strictObject({ uuid, id: z.uuid() });
export type OperationPlace = z.infer<typeof place>;

/** The cluster_id; needed where the cluster is protected. */
const confirmCluster = z.string().max(200).optional();

/** Line of a list: what the agents of a cluster carry out or have carried out. */
export const clusterOperation = z.object({
  /** of the cluster on this deck */
  uuid,
  id: z.uuid(),
  /** `handoff`, `leave`, `merge` */
  kind: z.string(),
  title: z.string(),
  state: agentOperation.shape.state,
  /** from here it goes forward, until a rollback is asked for */
  pivotPassed: z.boolean(),
  steps: z.object({ done: z.number().int(), total: z.number().int() }),
  /** the one at work; null where none is */
  step: z
    .object({
      title: z.string(),
      waitingOn: z.string().nullable(),
      startedAt: timestampMs.nullable(),
    })
    .nullable(),
  /** name of the node that carries it out */
  coordinator: z.string(),
  createdBy: z.string(),
  createdAt: timestampMs,
  endedAt: timestampMs.nullable(),
  /** until when it can be rolled back; null where it cannot */
  rollbackUntil: timestampMs.nullable(),
  /** why it was undone or is stuck; '' where nothing went wrong */
  reason: z.string(),
  /** when the cluster last told of it */
  heardAt: timestampMs,
  /** of a merge, between whom; null for other kinds */
  merge: z
    .object({
      gaining: clusterName,
      losing: clusterName,
      /** clusters of this desk all of whose endpoints are nodes of the losing one */
      cards: z.array(uuid),
    })
    .nullable()
    .default(null),
});
export type ClusterOperation = z.infer<typeof clusterOperation>;

/** Names an operation over all clusters. */
export const placeKey = ({ uuid: cluster, id }: OperationPlace): string => `${cluster} ${id}`;
/** Whether somebody should look: it has not ended. */
export const isOpen = (operation: Pick<ClusterOperation, 'state'>): boolean => !isOver(operation);

/** How fresh is what is told of an operation. */
export const hearing = z.object({
  /** `connecting`: asked and not answered yet. `lost`: no agent answers; it is tried again and again */
  state: z.enum(['connecting', 'live', 'lost']),
  /** when the cluster last told of it; null: never on this desk */
  heardAt: timestampMs.nullable(),
  /** `host:port` of the agent that tells; null while none does */
  endpoint: z.string().nullable(),
  /** why it is lost */
  failure: failureView.nullable(),
});
export type Hearing = z.infer<typeof hearing>;

/** An operation whole, as it was last heard. */
export const clusterOperationView = z.object({
  uuid,
  id: z.uuid(),
  /** null: this desk has never heard it */
  answer: operationAnswer.nullable(),
  hearing,
});
export type ClusterOperationView = z.infer<typeof clusterOperationView>;

/** What can be planned. */
const wanted = z.discriminatedUnion('kind', [
  z.strictObject({ uuid, kind: z.literal('handoff'), params: handoffParams }),
  z.strictObject({ uuid, kind: z.literal('leave'), params: leaveParams }),
  /** asked of the one that stays; `losing` is the other's own uuid */
  z.strictObject({ uuid, kind: z.literal('merge'), params: mergeWish }),
]);
export type WantedOperation = z.output<typeof wanted>;

/** Long work that the agents of a ClusterOS cluster carry out by themselves; the desk asks and watches. */
export const clusterOperations = {
  /** who could take which role, and who could leave; asked of the cluster now */
  candidates: base.input(z.strictObject({ uuid })).output(candidatesAnswer),
  /** looks and changes nothing; needs a token with the role operator */
  plan: base.input(wanted).output(operationPlan),
  /**
   * Begins what was planned, once. Refused with PLAN_STALE where its facts have changed, CHECKS_FAILED,
   * CONFIRMATION_REQUIRED, or REVISION_CHANGED while another operation runs.
   */
  start: base
    .input(
      z.strictObject({
        uuid,
        planHash: operationPlan.shape.hash,
        /** what the plan asks to be typed */
        confirm: z.string().max(200).default(''),
        confirmCluster,
      }),
    )
    .output(clusterOperation),
  /** of all clusters or one, newest first, as last heard; `refresh` asks the clusters first */
  list: base
    .input(
      z.strictObject({
        uuid: uuid.optional(),
        refresh: z.boolean().default(false),
        limit: z.number().int().min(1).max(1000).default(200),
      }),
    )
    .output(z.array(clusterOperation)),
  /** asked now; where the cluster is silent, what was last heard with the reason */
  get: base.input(place).output(clusterOperationView),
  /** what was last heard at once, then the whole of it at each change; it does not end by itself */
  watch: base.input(place).output(eventIterator(clusterOperationView)),
  /** @returns what will happen, in a sentence */
  ask: base
    .input(z.strictObject({ ...place.shape, wish: operationWish, confirmCluster }))
    .output(z.object({ message: z.string() })),
  /** who, plan, checks, steps with timings, commands and their outputs, what users felt; for saving */
  report: base
    .input(z.strictObject({ ...place.shape, format: z.enum(['markdown', 'json']) }))
    .output(z.object({ fileName: z.string(), text: z.string() })),
};
