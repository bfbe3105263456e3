import { z } from 'zod';
import { mergeNode } from '#shared/contract/agent/merge';
import type { Hand, HandContext } from '../hands/types';

const clusterName = z.object({ uuid: z.uuid(), name: z.string() });

/** A node that crosses over, with what must be known of it after its cluster is gone. */
export const crossingNode = mergeNode
  .pick({ id: true, name: true, address: true, api_port: true, fingerprint: true, roles: true })
  .extend({
    /** whether SLURM of the losing cluster lists it as one of its controllers */
    isController: z.boolean(),
  });
export type CrossingNode = z.infer<typeof crossingNode>;

/** Params of an approved merge: all that its steps are made of, the same for 24 hours after its end. */
export const mergeParams = z.object({
  gaining: clusterName,
  losing: clusterName,
  /**
   * The losing cluster's nodes in the order in which they cross: the canary first, workers, then its
   * control nodes, at last the anchor.
   */
  nodes: z.array(crossingNode).min(1),
  /**
   * node id: what concerns the losing cluster as a whole is asked of it. It has its SLURM controller
   * and, at the end, the one copy of its state.
   */
  anchor: z.string(),
  /** whether the losing cluster has SLURM */
  hasSlurm: z.boolean(),
  leftJobs: z.enum(['wait', 'cancel']),
});
export type MergeParams = z.infer<typeof mergeParams>;

/**
 * Calls hands on nodes of the other cluster, as the pact allows. The same promises as `Hands`: fenced
 * by epoch, given-up calls do not act, a lost answer has outcome `unknown`.
 */
export interface ForeignHands {
  /**
   * @param node a node of the losing cluster, also one that has crossed over and come back
   * @param options.deadlineMs of this call; default 15 s
   * @throws Failure NODE_UNREACHABLE, TIMEOUT, AUTH_FAILED where the pact is gone, TLS_CHANGED, and
   * what the hand throws
   */
  call<In extends z.ZodType, Out extends z.ZodType>(
    node: Pick<CrossingNode, 'id' | 'name' | 'address' | 'api_port' | 'fingerprint'>,
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    options?: { deadlineMs?: number },
  ): Promise<z.output<Out>>;
}
