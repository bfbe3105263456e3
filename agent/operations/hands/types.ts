import type { z } from 'zod';

/**
 * One thing that a node does for an operation, by name. The coordinator calls it on the node
 * concerned; the node refuses a call under a lower epoch than the highest it has ever seen.
 */
export interface Hand<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  /** as `slurm/stop` */
  readonly name: string;
  /** false: it only looks */
  readonly changes: boolean;
  readonly input: In;
  readonly output: Out;
}

/** What a node is told with a call. */
export interface HandCall {
  readonly operation: string;
  readonly epoch: number;
  /** Kept in the operation's log with this node's name: commands and what they printed. */
  log(line: string): void;
  readonly signal: AbortSignal;
}

/** A hand with what it does on this node. A call may come twice: it must find out what is done. */
export interface HandRoute {
  readonly hand: Hand;
  /** @param input as the hand's schema gave it. @throws Failure */
  run(input: unknown, call: HandCall): Promise<unknown>;
}

/** Who calls: the part of a step's context that goes with every call. */
export interface HandContext {
  readonly operation: string;
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** @param node name of the node the line comes from */
  log(line: string, node?: string): void;
}

/** Calls hands on any node of the cluster, also on this one. */
export interface Hands {
  /**
   * @param node id of the member
   * @param options.deadlineMs of this call; default 15 s
   * @throws Failure NOT_FOUND for a node that is no member, NODE_UNREACHABLE, TIMEOUT (outcome
   * unknown), REVISION_CHANGED where the node knows a higher epoch, and what the hand throws
   */
  call<In extends z.ZodType, Out extends z.ZodType>(
    node: string,
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    options?: { deadlineMs?: number },
  ): Promise<z.output<Out>>;
}
