import type {
  AgentOperation,
  BlastItem,
  Candidate,
  CandidatesAnswer,
  HandoffRole,
  OperationAnswer,
  OperationPlan,
  OperationWish,
  PlanCheck,
  PlanRequest,
} from '#shared/contract/agent/operations';
import type { Json, OperationDefinition, StepDefinition } from './engine/types';
import type { HandContext, HandRoute } from './hands/types';

/** What a kind of operation found out for a plan. */
export interface Draft {
  title: string;
  /** complete and normal: what is left out in the request stands here */
  params: Readonly<Record<string, Json>>;
  /** what the plan rests on; when any of it differs at the start, the plan is refused */
  facts: Json;
  procedure: string;
  reason: string;
  checks: readonly PlanCheck[];
  expectedPauseMs: number;
  blast: Record<'goesOn' | 'waits' | 'cannot', { count: number; items: readonly BlastItem[] }>;
  irreversible: readonly string[];
  /** what must be typed */
  confirm: string;
  rollbackMs: number;
}

/** Step with what the plan says of it. */
export interface PlannedStep extends StepDefinition {
  /** what happens in it, in a sentence */
  readonly detail: string;
}

/** A kind of operation: how it is planned, and its steps. */
export interface OperationKind extends OperationDefinition {
  steps(params: Readonly<Record<string, Json>>): readonly PlannedStep[];
  /**
   * Looks and changes nothing.
   * @param context for calls of looking hands: operation '' and epoch 0
   * @throws Failure INVALID_INPUT for params that make no sense, NOT_FOUND, UNSUPPORTED
   */
  draft(params: PlanRequest['params'], context: HandContext): Promise<Draft>;
  /**
   * One harmless look at what users feel, taken again and again while it runs; absent where nothing
   * is to be measured.
   * @returns how many ms a submission took, null where it failed, undefined where these params give
   * nothing to measure
   */
  pulse?(
    signal: AbortSignal,
    params: Readonly<Record<string, Json>>,
  ): Promise<number | null | undefined>;
  /** nodes that it could be carried out for */
  candidates?(): Promise<Candidate[]>;
}

/** The way one role changes hands; all of them together are the kind `handoff`. */
export interface RoleHandoff {
  readonly role: HandoffRole;
  /** grows when its steps change */
  readonly version: number;
  /** whether this cluster has the role at all */
  isThere(): boolean;
  /** @param to name of the node that is to take it. @throws Failure INVALID_INPUT | NOT_FOUND */
  draft(to: string, context: HandContext): Promise<Draft>;
  /** @param params as `draft` gave them */
  steps(params: Readonly<Record<string, Json>>): readonly PlannedStep[];
  pulse?(signal: AbortSignal): Promise<number | null>;
  candidates(): Promise<Candidate[]>;
}

/** What one part of the agent brings for operations. */
export interface OperationParts {
  hands: readonly HandRoute[];
  handoffs: readonly RoleHandoff[];
  kinds: readonly OperationKind[];
}

/** Operations as the API, the command line and the demo use them. */
export interface Operations {
  /** @throws Failure INVALID_INPUT | NOT_FOUND | UNSUPPORTED | of the state */
  plan(request: PlanRequest, by: string): Promise<OperationPlan>;
  /**
   * Plans anew and begins, where nothing has changed.
   * @throws Failure PLAN_STALE | CHECKS_FAILED | CONFIRMATION_REQUIRED | REVISION_CHANGED (another runs)
   */
  start(planHash: string, confirm: string, by: string): Promise<AgentOperation>;
  list(): Promise<AgentOperation[]>;
  /** @throws Failure NOT_FOUND */
  get(id: string): Promise<OperationAnswer>;
  /** The whole of it at once and at each change, at most four times a second; ends with its end. */
  watch(id: string, signal: AbortSignal): AsyncIterable<OperationAnswer>;
  /** @returns what will happen, in a sentence. @throws Failure NOT_FOUND | INVALID_INPUT */
  ask(id: string, wish: OperationWish, by: string): Promise<string>;
  candidates(): Promise<CandidatesAnswer>;
  onChange(listener: (operation: AgentOperation) => void): () => void;
}
