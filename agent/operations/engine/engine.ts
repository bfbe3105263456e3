import { type AgentOperation, isOver, type OperationStep } from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';
import { Hearing } from './hearing';
import { type Journal, type Lead, whileLeading } from './journal';
import { OperationLog } from './log';
import { type StepEnd, StepRun, withStep } from './step-run';
import { fits, type Json, type OperationDefinition, type StepDefinition } from './types';
import { wished } from './wishes';

export interface EngineDeps {
  journal: Journal;
  /** by kind */
  definitions: ReadonlyMap<string, OperationDefinition>;
  clock: Clock;
  /** name of this node */
  node: string;
  /** Told of every state that was written, and of what a step waits for. */
  onChange(operation: AgentOperation): void;
}

/**
 * Carries operations out, step by step, from whatever the journal says: every transition is written
 * before the next thing happens, so that another coordinator goes on where this one stopped.
 * Before the pivot a failure undoes what was done; after it, and where a step asks at its deadline, it
 * is stuck until a person decides.
 */
export class Engine {
  readonly #deps: EngineDeps;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
  }

  /**
   * Goes on with an operation until it is over.
   * @param lost aborted when this node leads no longer
   * @param own log of this coordinator's time; its lines are written with the transitions
   * @returns as it stands; not over only where this version of the agent cannot go on with it
   * @throws LeadLost | Failure of the state: whoever leads goes on later
   */
  async run(
    id: string,
    lead: Lead,
    lost: AbortSignal,
    own?: OperationLog,
  ): Promise<AgentOperation> {
    const { journal, clock, definitions } = this.#deps;
    const found = await journal.get(id);
    if (found === null) throw new Error(`There is no operation ${id}`);
    if (isOver(found)) return found;
    const log = own ?? new OperationLog(id, lead.epoch, found.serial, clock);
    const definition = definitions.get(found.kind);
    const drive = new Drive(this.#deps, { lead, lost, log }, found);
    if (definition === undefined || !fits(definition, found)) return drive.unfit();
    return drive.run(definition.steps(found.params));
  }
}

interface Seat {
  lead: Lead;
  lost: AbortSignal;
  log: OperationLog;
}

const isSkipped = ({ state }: OperationStep): boolean => state === 'skipped';

const UNFIT = 'It was begun by another version of the agent, which must finish it.';

/** One coordinator's time with one operation. */
class Drive {
  readonly #deps: EngineDeps;
  readonly #seat: Seat;
  readonly #hearing: Hearing;
  #operation: AgentOperation;

  constructor(deps: EngineDeps, seat: Seat, operation: AgentOperation) {
    this.#deps = deps;
    this.#seat = seat;
    this.#operation = operation;
    const { journal, clock } = deps;
    this.#hearing = new Hearing({ journal, clock, operation: () => this.#operation });
  }

  async unfit(): Promise<AgentOperation> {
    const { state, reason } = this.#operation;
    if (state !== 'stuck' || reason !== UNFIT) {
      await this.#write({ ...this.#operation, state: 'stuck', reason: UNFIT });
    }
    return this.#operation;
  }

  async run(steps: readonly StepDefinition[]): Promise<AgentOperation> {
    const { lost, log } = this.#seat;
    log.add('', `${this.#deps.node} carries it out.`);
    // taken over before anything else: from here on nobody else's writes hold
    await this.#write({ ...this.#operation, coordinator: this.#deps.node });
    await this.#hearing.open();
    const listening = this.#hearing.listen(lost);
    try {
      while (!isOver(this.#operation)) {
        lost.throwIfAborted();
        await this.#hear(steps);
        switch (this.#operation.state) {
          case 'running':
            await this.#forward(steps);
            break;
          case 'undoing':
            await this.#back(steps);
            break;
          default:
            // a person decides
            await this.#hearing.wait(lost);
        }
      }
    } finally {
      this.#hearing.close();
      await listening;
    }
    return this.#operation;
  }

  async #forward(steps: readonly StepDefinition[]): Promise<void> {
    const leaving = this.#operation.steps.findLastIndex(({ state }) => state === 'skipping');
    if (leaving >= 0) return this.#leaveOut(leaving, steps);
    const index = nextOf(this.#operation);
    const definition = steps[index];
    const record = this.#operation.steps[index];
    if (definition === undefined || record === undefined) return this.#done();
    if (definition.wholeOnly === true && this.#operation.steps.some(isSkipped)) {
      return this.#write(withStep(this.#operation, index, { state: 'skipped' }));
    }
    const { run, stop } = this.#stepRun(definition, index);
    const seen = await run.look();
    // a person wants something else: heard before anything is begun
    if (stop.aborted) return;
    if (record.state === 'pending') {
      if (seen === 'done') return this.#stepDone(index, { kind: 'done', kept: {} }, true);
      if (seen === 'unknown') {
        return this.#failed(index, definition, 'The nodes do not say how it stands.', false);
      }
    } else {
      // begun before: what became of it is what is seen now
      if (seen === 'unknown') {
        return this.#failed(index, definition, 'Nobody can say whether it was done.', true);
      }
      if (seen === 'done') return this.#concluded(index, definition, await run.prove());
    }
    await this.#intend(index, definition);
    await this.#concluded(index, definition, await run.act());
  }

  async #intend(index: number, definition: StepDefinition): Promise<void> {
    const before = this.#operation.steps[index];
    const now = this.#deps.clock.now();
    const next = withStep(this.#operation, index, {
      state: 'intent',
      attempts: (before?.attempts ?? 0) + 1,
      started_at: before?.started_at ?? now,
      ended_at: null,
      error: '',
    });
    // from the moment it may happen, it counts as passed until it is seen that it did not
    await this.#write({
      ...next,
      pivot_passed: this.#operation.pivot_passed || definition.class !== 'idempotent',
    });
  }

  async #concluded(index: number, definition: StepDefinition, end: StepEnd): Promise<void> {
    switch (end.kind) {
      case 'done':
        return this.#stepDone(index, end, false);
      case 'interrupted':
        // its state says "intent": whatever is asked for begins by looking
        return;
      default:
        return this.#failed(index, definition, end.error, end.kind === 'open');
    }
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
      progress: null,
      error: '',
    });
    if (found) this.#say(step?.id ?? '', 'It is so already.');
    await this.#write({
      ...next,
      notes: { ...next.notes, ...kept },
      pivot_passed: next.pivot_passed || step?.class !== 'idempotent',
    });
  }

  /** @param happened whether it may have had its effect */
  async #failed(
    index: number,
    definition: StepDefinition,
    error: string,
    happened: boolean,
  ): Promise<void> {
    const isTurn = definition.class !== 'idempotent';
    const earlier = this.#operation.steps.slice(0, index);
    const isPast =
      earlier.some((one) => one.class !== 'idempotent' && one.state !== 'skipped') ||
      (isTurn && happened);
    const asks = definition.halts === true || (definition.asks === true && happened);
    const marked = withStep(this.#operation, index, {
      error,
      waiting_on: asks ? error : null,
      // what surely did nothing has nothing to be undone
      ...(!happened && { state: 'pending' as const }),
    });
    const next = { ...marked, pivot_passed: isPast, reason: error };
    this.#say(definition.id, error);
    await this.#write({ ...next, state: isPast || asks ? 'stuck' : 'undoing' });
  }

  /** One step of a part that is left out is undone, while the operation goes on. */
  async #leaveOut(index: number, steps: readonly StepDefinition[]): Promise<void> {
    const definition = steps[index];
    const gone = { state: 'skipped' as const, waiting_on: null, progress: null, error: '' };
    if (this.#operation.steps[index]?.found === true || definition?.undo === undefined) {
      return this.#write(withStep(this.#operation, index, gone));
    }
    const { run, stop } = this.#stepRun(definition, index);
    const end = await run.undo();
    if (end.kind === 'done') return this.#write(this.#without(index, gone, end.kept));
    // a person wants something else
    if (stop.aborted || end.kind !== 'open') return;
    const marked = withStep(this.#operation, index, { error: end.error, waiting_on: null });
    await this.#write({ ...marked, state: 'stuck', reason: end.error });
  }

  async #back(steps: readonly StepDefinition[]): Promise<void> {
    const touched = (state: string) => !['pending', 'undone', 'skipped'].includes(state);
    const index = this.#operation.steps.findLastIndex(({ state }) => touched(state));
    const definition = steps[index];
    if (definition === undefined) return this.#undone();
    const cleared = { state: 'undone' as const, waiting_on: null, progress: null, error: '' };
    if (this.#operation.steps[index]?.found === true || definition.undo === undefined) {
      return this.#write(withStep(this.#operation, index, cleared));
    }
    await this.#write(withStep(this.#operation, index, { state: 'undoing', waiting_on: null }));
    const end = await this.#stepRun(definition, index).run.undo();
    if (end.kind === 'done') return this.#write(this.#without(index, cleared, end.kept));
    const error = end.kind === 'interrupted' ? '' : end.error;
    const marked = withStep(this.#operation, index, { error, waiting_on: null });
    await this.#write({ ...marked, state: 'stuck', reason: error });
  }

  /** After a step was undone, with what it noted meanwhile. */
  #without(
    index: number,
    changes: Partial<OperationStep>,
    kept: Readonly<Record<string, Json>>,
  ): AgentOperation {
    const next = withStep(this.#operation, index, changes);
    return { ...next, notes: { ...next.notes, ...kept } };
  }

  /** Carries out what a person asked for. */
  async #hear(steps: readonly StepDefinition[]): Promise<void> {
    const { journal } = this.#deps;
    const { id } = this.#operation;
    const { asked } = this.#hearing;
    if (asked === null) return;
    const isUrgent = steps[nextOf(this.#operation)]?.urgent === true;
    // users wait: it is heard a step later
    if (asked.wish === 'pause' && this.#operation.state === 'running' && isUrgent) return;
    const next = wished(this.#operation, asked);
    this.#say('', `${asked.by} asked: ${asked.wish}.${next === null ? ' It came too late.' : ''}`);
    if (next !== null) await this.#write(next);
    this.#hearing.heard(asked.modRevision);
    await journal.granted(id, asked.modRevision);
  }

  async #done(): Promise<void> {
    const plan = await this.#deps.journal.approved(this.#operation.id);
    const ended_at = this.#deps.clock.now();
    const rollbackMs = plan?.rollback_ms ?? 0;
    await this.#write({
      ...this.#operation,
      state: 'done',
      reason: leftOut(this.#operation),
      ended_at,
      rollback_until: rollbackMs > 0 ? ended_at + rollbackMs : null,
    });
  }

  #undone(): Promise<void> {
    const ended_at = this.#deps.clock.now();
    return this.#write({ ...this.#operation, state: 'undone', ended_at, rollback_until: null });
  }

  async #write(next: AgentOperation): Promise<void> {
    const { lead, lost, log } = this.#seat;
    lost.throwIfAborted();
    this.#operation = await this.#deps.journal.write(next, lead, log);
    this.#deps.onChange(this.#operation);
  }

  #say(step: string, text: string, node?: string): void {
    this.#seat.log.add(step, text, node);
  }

  #stepRun(definition: StepDefinition, index: number): { run: StepRun; stop: AbortSignal } {
    const { clock, onChange } = this.#deps;
    const { lead, lost } = this.#seat;
    const { stop, rest } = this.#hearing.begin(definition.urgent === true);
    const run = new StepRun(
      {
        clock,
        epoch: lead.epoch,
        leads: whileLeading(lead),
        lead: lost,
        stop,
        rest,
        log: (line, node) => this.#say(definition.id, line, node),
        waiting: (on, progress) => {
          // written with the next transition: it is worth none of its own
          this.#operation = withStep(this.#operation, index, {
            waiting_on: on,
            ...(progress !== undefined && { progress: Math.min(1, Math.max(0, progress)) }),
          });
          onChange(this.#operation);
        },
      },
      this.#operation,
      definition,
    );
    return { run, stop };
  }
}

/** Which parts a person had left out, in a sentence; '' where all is done. */
function leftOut({ steps }: AgentOperation): string {
  const parts = new Set(steps.filter(isSkipped).flatMap(({ part }) => part ?? []));
  return parts.size === 0 ? '' : `Left out: ${[...parts].join(', ')}.`;
}

/** Place of the step that is on; past the last one where all are done. */
function nextOf({ steps }: AgentOperation): number {
  const index = steps.findIndex(({ state }) => state !== 'done' && state !== 'skipped');
  return index < 0 ? steps.length : index;
}
