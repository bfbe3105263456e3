import { type AgentOperation, isOver, operationWish } from '#shared/contract/agent/operations';
import type { Clock, Logger } from '../../ports';
import type { Journal, Lead } from './journal';
import { type StepEnd, StepRun, withStep } from './step-run';
import type { OperationDefinition, StepDefinition } from './types';

export interface EngineDeps {
  journal: Journal;
  /** by kind */
  definitions: ReadonlyMap<string, OperationDefinition>;
  clock: Clock;
  logger: Logger;
  /** name of this node */
  node: string;
  /** Tells of every state that was written. */
  onChange(operation: AgentOperation): void;
  log(operation: string, line: string): void;
}

const WISH_LOOK_MS = 500;

/**
 * Carries operations out, step by step, from whatever the journal says: every transition is written
 * before the next thing happens, so that another coordinator goes on where this one stopped.
 * Before the pivot a failure undoes what was done; after it, it is stuck until a person decides.
 */
export class Engine {
  readonly #deps: EngineDeps;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
  }

  /**
   * Goes on with an operation until it is over.
   * @param lost aborted when this node leads no longer
   * @throws LeadLost | Failure of the state: whoever leads goes on later
   */
  async run(id: string, lead: Lead, lost: AbortSignal): Promise<AgentOperation> {
    const found = await this.#deps.journal.get(id);
    if (found === null) throw new Error(`There is no operation ${id}`);
    if (isOver(found)) return found;
    const definition = this.#deps.definitions.get(found.kind);
    const drive = new Drive(this.#deps, lead, lost, found);
    if (definition?.version !== found.version) {
      // steps of another version mean something else
      return drive.unfit();
    }
    return drive.run(definition.steps(found.params));
  }
}

/** One coordinator's time with one operation. */
class Drive {
  readonly #deps: EngineDeps;
  readonly #lead: Lead;
  readonly #lost: AbortSignal;
  #operation: AgentOperation;

  constructor(deps: EngineDeps, lead: Lead, lost: AbortSignal, operation: AgentOperation) {
    this.#deps = deps;
    this.#lead = lead;
    this.#lost = lost;
    this.#operation = operation;
  }

  async unfit(): Promise<AgentOperation> {
    const reason = 'It was begun by another version of the agent, which must finish it.';
    await this.#write({ ...this.#operation, state: 'stuck', reason });
    return this.#operation;
  }

  async run(steps: readonly StepDefinition[]): Promise<AgentOperation> {
    // taken over before anything else: from here on nobody else's writes hold
    await this.#write({ ...this.#operation, coordinator: this.#deps.node });
    while (!isOver(this.#operation)) {
      this.#lost.throwIfAborted();
      await this.#hear();
      switch (this.#operation.state) {
        case 'running':
          await this.#forward(steps);
          break;
        case 'undoing':
          await this.#back(steps);
          break;
        default:
          // a person decides; the wish is looked for again
          await this.#deps.clock.sleep(WISH_LOOK_MS, this.#lost);
      }
    }
    return this.#operation;
  }

  async #forward(steps: readonly StepDefinition[]): Promise<void> {
    const index = this.#operation.steps.findIndex(({ state }) => state !== 'done');
    const definition = steps[index];
    const record = this.#operation.steps[index];
    if (definition === undefined || record === undefined) {
      return this.#end('done', this.#operation.reason);
    }
    const run = this.#stepRun(definition, index);
    const seen = await run.look();
    if (record.state === 'pending') {
      if (seen === 'done') return this.#stepDone(index, { kind: 'done', kept: {} }, true);
      if (seen === 'unknown')
        return this.#failed(index, 'The nodes do not say how it stands.', false);
      await this.#intend(index, definition);
    } else {
      // begun before: what became of it is what is seen now
      if (seen === 'unknown')
        return this.#failed(index, 'Nobody can say whether it was done.', true);
      if (seen === 'done') return this.#concluded(index, await run.prove());
      await this.#intend(index, definition);
    }
    await this.#concluded(index, await run.act());
  }

  async #intend(index: number, definition: StepDefinition): Promise<void> {
    const before = this.#operation.steps[index];
    const now = this.#deps.clock.now();
    const next = withStep(this.#operation, index, {
      state: 'intent',
      attempts: (before?.attempts ?? 0) + 1,
      started_at: before?.started_at ?? now,
      error: '',
    });
    // from the moment it may happen, it counts as passed until it is seen that it did not
    await this.#write({
      ...next,
      pivot_passed: this.#operation.pivot_passed || definition.class !== 'idempotent',
    });
  }

  async #concluded(index: number, end: StepEnd): Promise<void> {
    if (end.kind === 'done') return this.#stepDone(index, end, false);
    return this.#failed(index, end.error, end.kind === 'open');
  }

  async #stepDone(
    index: number,
    { kept }: Extract<StepEnd, { kind: 'done' }>,
    found: boolean,
  ): Promise<void> {
    const step = this.#operation.steps[index];
    const now = this.#deps.clock.now();
    const next = withStep(this.#operation, index, {
      state: 'done',
      found,
      started_at: step?.started_at ?? now,
      ended_at: now,
      waiting_on: null,
      error: '',
    });
    await this.#write({
      ...next,
      notes: { ...next.notes, ...kept },
      pivot_passed: next.pivot_passed || step?.class !== 'idempotent',
    });
  }

  /** @param happened whether it may have had its effect */
  async #failed(index: number, error: string, happened: boolean): Promise<void> {
    const step = this.#operation.steps[index];
    const isTurn = step?.class !== 'idempotent';
    const earlier = this.#operation.steps.slice(0, index);
    const isPast = earlier.some((one) => one.class !== 'idempotent') || (isTurn && happened);
    const marked = withStep(this.#operation, index, {
      error,
      waiting_on: null,
      // what surely did nothing has nothing to be undone
      ...(!happened && { state: 'pending' as const }),
    });
    const next = { ...marked, pivot_passed: isPast, reason: error };
    await this.#write({ ...next, state: isPast ? 'stuck' : 'undoing' });
  }

  async #back(steps: readonly StepDefinition[]): Promise<void> {
    const touched = (state: string) => state !== 'pending' && state !== 'undone';
    const index = this.#operation.steps.findLastIndex(({ state }) => touched(state));
    const definition = steps[index];
    if (definition === undefined) return this.#end('undone', this.#operation.reason);
    if (this.#operation.steps[index]?.found === true || definition.undo === undefined) {
      return this.#write(withStep(this.#operation, index, { state: 'undone' }));
    }
    await this.#write(withStep(this.#operation, index, { state: 'undoing' }));
    const end = await this.#stepRun(definition, index).undo();
    if (end.kind === 'done') {
      const changes = { state: 'undone' as const, waiting_on: null, error: '' };
      return this.#write(withStep(this.#operation, index, changes));
    }
    const marked = withStep(this.#operation, index, { error: end.error, waiting_on: null });
    await this.#write({ ...marked, state: 'stuck', reason: end.error });
  }

  /** Carries out what a person asked for since the last step. */
  async #hear(): Promise<void> {
    const { journal } = this.#deps;
    const asked = await journal.wish(this.#operation.id);
    if (asked === null) return;
    const wish = operationWish.safeParse(asked.wish);
    const next = wish.success ? wished(this.#operation, wish.data) : null;
    if (next !== null) await this.#write(next);
    await journal.granted(this.#operation.id, asked.modRevision);
  }

  #end(state: 'done' | 'undone', reason: string): Promise<void> {
    const ended_at = this.#deps.clock.now();
    return this.#write({ ...this.#operation, state, reason, ended_at });
  }

  async #write(next: AgentOperation): Promise<void> {
    this.#lost.throwIfAborted();
    this.#operation = await this.#deps.journal.write(next, this.#lead);
    this.#deps.onChange(this.#operation);
  }

  #stepRun(definition: StepDefinition, index: number): StepRun {
    const { clock, log, onChange } = this.#deps;
    const { id } = this.#operation;
    return new StepRun(
      {
        clock,
        epoch: this.#lead.epoch,
        lead: this.#lost,
        log: (line) => log(id, line),
        waiting: (on) => {
          // told at once and written with the next transition: it is worth no write of its own
          this.#operation = withStep(this.#operation, index, { waiting_on: on });
          onChange(this.#operation);
        },
      },
      this.#operation,
      definition,
    );
  }
}

/** The operation after a wish was heard; null where it changes nothing. */
function wished(operation: AgentOperation, wish: string): AgentOperation | null {
  const { state, pivot_passed: isPast } = operation;
  switch (wish) {
    case 'pause':
      return state === 'running' ? { ...operation, state: 'paused' } : null;
    case 'resume':
      return state === 'paused' ? { ...operation, state: 'running' } : null;
    case 'retry':
      return state === 'stuck'
        ? { ...operation, state: isGoingBack(operation) ? 'undoing' : 'running' }
        : null;
    case 'abort':
      // after the pivot it is finished safely: that is what going on does
      if (isPast) return state === 'paused' ? { ...operation, state: 'running' } : null;
      return { ...operation, state: 'undoing', reason: 'It was aborted.' };
    case 'rollback':
      if (
        operation.steps.some((step) => step.class === 'irreversible' && step.state !== 'pending')
      ) {
        return null;
      }
      return { ...operation, state: 'undoing', reason: 'It was rolled back.' };
    default:
      return null;
  }
}

const isGoingBack = ({ steps }: AgentOperation): boolean =>
  steps.some(({ state }) => state === 'undoing' || state === 'undone');
