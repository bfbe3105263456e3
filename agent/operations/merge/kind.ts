import { z } from 'zod';
import type { AgentOperation } from '#shared/contract/agent/operations';
import type { Member } from '../../membership/types';
import type { Json, TidyContext } from '../engine/types';
import { slurmPulse } from '../handoff/slurm/hands';
import { slurmNodes } from '../handoff/slurm/tools';
import type { HandContext } from '../hands/types';
import type { Draft, OperationKind, PlannedStep } from '../types';
import { MergeGround, type MergeStepDeps } from './steps/ground';
import { MERGE_STEPS_VERSION, mergeSteps } from './steps/steps';
import { tidyUp } from './steps/tidy';
import { type MergeParams, mergeParams } from './types';

type Params = Readonly<Record<string, Json>>;

export interface MergeKindDeps extends MergeStepDeps {
  membership: { readonly self: Member; members(): Member[] };
  /** Plans; `params` are whole {@link MergeParams}. */
  draft(
    params: Params,
    context: HandContext,
  ): Promise<Omit<Draft, 'params'> & { params: MergeParams }>;
  pacts: {
    /** The other cluster's nodes may not call this one any more; also where there is no pact. */
    drop(uuid: string): Promise<unknown>;
  };
}

const PULSE_MS = 25_000;

/** One cluster takes up another: its nodes cross over one after another, and jobs are carried. */
export const mergeKind = (deps: MergeKindDeps): OperationKind => new Merge(deps);

class Merge implements OperationKind {
  readonly kind = 'merge';
  readonly version = MERGE_STEPS_VERSION;
  readonly #deps: MergeKindDeps;

  constructor(deps: MergeKindDeps) {
    this.#deps = deps;
  }

  async draft(params: Params, context: HandContext): Promise<Draft> {
    const draft = await this.#deps.draft(params, context);
    // whoever crosses carries nothing out: the way back takes it away again
    const avoid = draft.params.nodes.map(({ name }) => name);
    return { ...draft, params: z.record(z.string(), z.json()).parse({ ...draft.params, avoid }) };
  }

  steps(params: Params): readonly PlannedStep[] {
    return mergeSteps(this.#ground(params));
  }

  /** What those feel who submit in the cluster that stays. */
  async pulse(signal: AbortSignal): Promise<number | null | undefined> {
    const { hands, membership } = this.#deps;
    const able = slurmNodes(this.#deps);
    const here = able.find(({ id }) => id === membership.self.id) ?? able[0];
    if (here === undefined) return undefined;
    const context = { operation: '', epoch: 0, signal, log: () => undefined };
    return (await hands.call(here.id, slurmPulse, {}, context, { deadlineMs: PULSE_MS })).ms;
  }

  async tidy(operation: AgentOperation, context: TidyContext): Promise<void> {
    const { params, state } = operation;
    const ground = this.#ground(params);
    await tidyUp(ground, operation, context);
    // one that was undone may be planned again at once, with the same pact
    if (state === 'done') await this.#deps.pacts.drop(ground.params.losing.uuid);
  }

  #ground(params: Params): MergeGround {
    return new MergeGround(this.#deps, mergeParams.parse(params));
  }
}
