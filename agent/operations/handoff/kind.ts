import { z } from 'zod';
import { handoffParams, handoffRole } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { Json } from '../engine/types';
import type { HandContext } from '../hands/types';
import type { Draft, OperationKind, PlannedStep, RoleHandoff } from '../types';

const KIND = 'handoff';

type Params = Readonly<Record<string, Json>>;

/** Hands one role to another node; how is the role's own. */
export class Handoff implements OperationKind {
  readonly kind = KIND;
  readonly #handoffs: readonly RoleHandoff[];

  constructor(handoffs: readonly RoleHandoff[]) {
    this.#handoffs = handoffs;
  }

  version = (params: Params): number => this.#of(params).version;

  /** @throws Failure INVALID_INPUT | NOT_FOUND | UNSUPPORTED */
  async draft(params: Params, context: HandContext): Promise<Draft> {
    const asked = handoffParams.safeParse(params);
    if (!asked.success) {
      const remedy = 'Name a role, and the node that is to take it.';
      throw fail('INVALID_INPUT', { remedy, field: 'params' }, z.prettifyError(asked.error));
    }
    const handoff = this.#of(params);
    if (!handoff.isThere()) {
      const remedy = 'Choose a role that this cluster has.';
      throw fail('NOT_FOUND', { remedy }, `This cluster has no ${handoff.role}.`);
    }
    const draft = await handoff.draft(asked.data.to, context);
    return { ...draft, params: { ...draft.params, role: asked.data.role } };
  }

  steps(params: Params): readonly PlannedStep[] {
    return this.#of(params).steps(params);
  }

  async pulse(signal: AbortSignal, params: Params): Promise<number | null | undefined> {
    return this.#of(params).pulse?.(signal);
  }

  #of(params: Params): RoleHandoff {
    const role = handoffRole.safeParse(params['role']).data;
    const handoff = this.#handoffs.find((one) => one.role === role);
    if (handoff !== undefined) return handoff;
    const remedy = 'Install the same version of the agent everywhere.';
    throw fail('UNSUPPORTED', { remedy, field: 'role' }, 'This agent cannot hand over this role.');
  }
}
