import { randomUUID } from 'node:crypto';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import {
  type AgentOperation,
  agentOperation,
  type CandidatesAnswer,
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
  type PlanCheck,
  type PlanRequest,
} from '#shared/contract/agent/operations';
import { Failure, fail } from '#shared/contract/errors';
import { Followed } from '../../facts/followed';
import type { Clock, Logger } from '../../ports';
import type { State } from '../../state/types';
import { Journal, OPERATIONS } from '../engine/journal';
import type { Json } from '../engine/types';
import { type LockRecord, lockedBy } from '../merge/lock-record';
import type { OperationKind, Operations, RoleHandoff } from '../types';
import { Asking } from './asking';
import { changedFacts, operationFrom, planFrom } from './make';
import { Plans } from './plans';
import { Watching } from './watching';

const PLAN_MS = 60_000;
const MAX_LISTED = 100;

interface Deps {
  state: State;
  kinds: readonly OperationKind[];
  handoffs: readonly RoleHandoff[];
  clock: Clock;
  logger: Logger;
}

/** {@link Operations} over the shared state: any node serves them alike. */
export class OperationService implements Operations {
  readonly #deps: Deps;
  readonly #journal: Journal;
  readonly #plans: Plans;
  readonly #asking: Asking;
  readonly #watching: Watching;
  readonly #followed: Followed<AgentOperation>;
  readonly #listeners = new Set<(operation: AgentOperation) => void>();
  readonly #ends = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    const { state, clock } = deps;
    this.#deps = deps;
    this.#journal = new Journal(state);
    this.#plans = new Plans(state, clock);
    this.#asking = new Asking(this.#journal, clock);
    this.#watching = new Watching({ state, clock, journal: this.#journal });
    this.#followed = new Followed(deps, OPERATIONS, agentOperation, (_id, operation, isLive) => {
      if (operation === null || !isLive) return;
      for (const listener of this.#listeners) listener(operation);
    });
  }

  /** Begins to hear of operations; needs the shared state. */
  begin(): void {
    this.#following = this.#followed.follow(this.#ends.signal);
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await this.#following;
  }

  /** What a person must decide. */
  problems(): AgentProblem[] {
    return [...this.#followed.values.values()]
      .filter(({ state }) => state === 'stuck')
      .map(({ id, title, reason }) => ({
        severity: 'bad',
        code: 'operation-stuck',
        title: `${title}: stuck`,
        detail: reason,
        remedy: `See \`node-agent operation show ${id}\`, then retry it or roll it back.`,
      }));
  }

  async plan(request: PlanRequest, by: string): Promise<OperationPlan> {
    const { plan, facts } = await this.#drafted(request, by);
    await this.#plans.keep({ plan, request, facts });
    return plan;
  }

  async start(planHash: string, confirm: string, by: string): Promise<AgentOperation> {
    const kept = await this.#plans.get(planHash);
    if (kept === null) throw unknownPlan();
    const { plan, facts } = await this.#drafted(kept.request, by);
    if (plan.hash !== planHash) throw stale(changedFacts(kept.facts, facts));
    const failed = plan.checks.filter(({ state }) => state === 'failed');
    if (failed.length > 0) throw notReady(failed);
    if (confirm.trim() !== plan.confirm) throw unconfirmed(plan.confirm);
    const at = this.#deps.clock.now();
    const operation = operationFrom(plan, { id: randomUUID(), by, at });
    const kind = this.#deps.kinds.find((one) => one.kind === plan.kind);
    await this.#journal.begin(operation, plan, kind?.tidy !== undefined);
    return operation;
  }

  async list(): Promise<AgentOperation[]> {
    return (await this.#journal.list()).slice(0, MAX_LISTED);
  }

  get(id: string): Promise<OperationAnswer> {
    return this.#watching.read(id);
  }

  watch(id: string, signal: AbortSignal): AsyncIterable<OperationAnswer> {
    return this.#watching.watch(id, AbortSignal.any([signal, this.#ends.signal]));
  }

  ask(id: string, wish: OperationWish, by: string): Promise<string> {
    return this.#asking.ask(id, wish, by);
  }

  async candidates(): Promise<CandidatesAnswer> {
    const { handoffs, kinds } = this.#deps;
    const there = handoffs.filter((handoff) => handoff.isThere());
    const [leave, ...handoff] = await Promise.all([
      kinds.find(({ kind }) => kind === 'leave')?.candidates?.() ?? [],
      ...there.map(async (one) => ({ role: one.role, candidates: await one.candidates() })),
    ]);
    return { handoff, leave };
  }

  onChange(listener: (operation: AgentOperation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at everything anew. */
  async #drafted(request: PlanRequest, by: string): Promise<{ plan: OperationPlan; facts: Json }> {
    const { kinds, clock } = this.#deps;
    const kind = kinds.find((one) => one.kind === request.kind);
    if (kind === undefined) throw unknownKind(request.kind);
    const signal = AbortSignal.timeout(PLAN_MS);
    const draft = await kind.draft(request.params, {
      operation: '',
      epoch: 0,
      signal,
      log: () => undefined,
    });
    const checks = await this.#checks();
    return { plan: planFrom(kind, draft, { at: clock.now(), by, checks }), facts: draft.facts };
  }

  async #checks(): Promise<PlanCheck[]> {
    const [active, hold] = await Promise.all([this.#journal.active(), lockedBy(this.#deps.state)]);
    const title = 'No other operation is under way';
    if (active === null || isOver(active)) {
      if (hold !== null) return [heldCheck(hold)];
      return [{ id: 'alone', title, state: 'ok', detail: 'None is.', remedy: '' }];
    }
    const detail = `${active.title} is ${active.state}.`;
    const remedy = 'Wait for its end, or abort it first.';
    return [{ id: 'alone', title, state: 'failed', detail, remedy }];
  }
}

const heldCheck = ({ by, operation }: LockRecord): PlanCheck => ({
  id: 'held',
  title: 'This cluster is not held for a merge',
  state: 'failed',
  detail: `${by.name} carries out the operation ${operation} with it.`,
  remedy: `Wait for its end; or look at it in ${by.name} and roll it back there.`,
});

const unknownKind = (kind: string): Failure =>
  fail(
    'UNSUPPORTED',
    { remedy: 'Install the same version of the agent everywhere.', field: 'kind' },
    `This agent knows no operation of the kind ${kind}.`,
  );

const unknownPlan = (): Failure =>
  fail(
    'PLAN_STALE',
    { remedy: 'Plan again, then approve the new plan.' },
    'The plan is not known any more.',
  );

function stale(changed: readonly string[]): Failure {
  const named = changed.filter((one) => one !== '').slice(0, 8);
  const what = named.length === 0 ? '' : ` Changed: ${named.join(', ')}.`;
  return fail(
    'PLAN_STALE',
    { remedy: 'Plan again, look at what is new, then approve the new plan.', detail: what.trim() },
    `What the plan rests on has changed since it was made.${what}`,
  );
}

function notReady(failed: readonly PlanCheck[]): Failure {
  const what = failed.map(
    ({ title, detail, node }) => `${node ? `${node}: ` : ''}${title}. ${detail}`,
  );
  const remedy = failed.map((check) => check.remedy).filter((one) => one !== '');
  return fail(
    'CHECKS_FAILED',
    { remedy: remedy.join(' ') || 'Look at the checks of the plan.' },
    `Not everything is ready for this. ${what.join(' ')}`,
  );
}

const unconfirmed = (confirm: string): Failure =>
  fail(
    'CONFIRMATION_REQUIRED',
    { remedy: `Type ${confirm} to approve it.`, field: 'confirm' },
    'This needs to be confirmed by typing the name.',
  );
