import { Agent, request } from 'undici';
import { vi } from 'vitest';
import type { z } from 'zod';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { agentError } from '#shared/contract/agent/dashboard';
import {
  type AgentOperation,
  agentOperation,
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
  operationAnswer,
  operationPlan,
  type PlanRequest,
  wishAnswer,
} from '#shared/contract/agent/operations';
import type { TokenRole } from '#shared/contract/agent/tokens';

const SOON = { timeout: 40_000, interval: 100 };

/** Operations of one simulated cluster, asked for over the API of its agents. */
export class DemoOperations {
  readonly #cluster: DemoClusterOs;
  readonly #role: TokenRole;
  // whether the fingerprint is the pinned one is asserted elsewhere
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false } });

  /** @param role of the token that asks */
  constructor(cluster: DemoClusterOs, role: TokenRole = 'operator') {
    this.#cluster = cluster;
    this.#role = role;
  }

  /** @param node which is asked; the first that is on where it is left out */
  async ask<T>(
    schema: z.ZodType<T>,
    path: string,
    { node, post }: { node?: string; post?: object } = {},
  ): Promise<T> {
    const first = this.#cluster.nodes.find(({ isOn }) => isOn)?.spec.name ?? '';
    const { port } = this.#cluster.node(node ?? first);
    const answer = await request(`https://127.0.0.1:${port}/api/v1/${path}`, {
      dispatcher: this.#agent,
      method: post === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${this.#cluster.token(this.#role)}`,
        ...(post !== undefined && { 'content-type': 'application/json' }),
      },
      ...(post !== undefined && { body: JSON.stringify(post) }),
    });
    const body = await answer.body.json();
    const parsed = schema.safeParse(body);
    // what was answered instead says more than what is missing in it
    if (!parsed.success) throw new Error(`${path}: ${JSON.stringify(body)}`);
    return parsed.data;
  }

  plan(kind: PlanRequest['kind'], params: PlanRequest['params']): Promise<OperationPlan> {
    return this.ask(operationPlan, 'operations/plan', { post: { kind, params } });
  }

  /** Of SLURM's controller. */
  planSlurm(to: string): Promise<OperationPlan> {
    return this.plan('handoff', { role: 'slurm-controller', to });
  }

  /** What the start was refused for. */
  async refused(plan: OperationPlan): Promise<z.infer<typeof agentError>> {
    return this.ask(agentError, 'operations', { post: approved(plan) });
  }

  start(plan: OperationPlan): Promise<AgentOperation> {
    return this.ask(agentOperation, 'operations', { post: approved(plan) });
  }

  /** The operation that was begun, or null where it was refused. */
  async tried(plan: OperationPlan): Promise<AgentOperation | null> {
    const either = agentOperation.or(agentError);
    const answer = await this.ask(either, 'operations', { post: approved(plan) });
    return 'plan_hash' in answer ? answer : null;
  }

  async run(plan: OperationPlan): Promise<OperationAnswer> {
    return this.over((await this.start(plan)).id);
  }

  over(id: string): Promise<OperationAnswer> {
    return this.once(id, isOver);
  }

  /** All that is known of it, as soon as it holds. */
  async once(id: string, holds: (operation: AgentOperation) => boolean): Promise<OperationAnswer> {
    let last: OperationAnswer | null = null;
    const look = async () => {
      last = await this.ask(operationAnswer, `operations/${id}`);
      return holds(last.operation);
    };
    await vi.waitUntil(look, SOON);
    if (last === null) throw new Error('never asked');
    return last;
  }

  wish(id: string, word: OperationWish): Promise<z.infer<typeof wishAnswer>> {
    return this.ask(wishAnswer, `operations/${id}/${word}`, { post: {} });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

const approved = ({ hash, confirm }: OperationPlan) => ({ plan_hash: hash, confirm });

export const isAt = (step: string) => (operation: AgentOperation) =>
  operation.steps.some(({ id, state }) => id === step && state === 'intent');

/** What a step waits for; null where it does not wait. */
export const waitsAt = (step: string) => (operation: AgentOperation) =>
  (operation.steps.find(({ id }) => id === step)?.waiting_on ?? null) !== null;

export const failedChecks = ({ checks }: OperationPlan) =>
  checks.filter(({ state }) => state === 'failed');
