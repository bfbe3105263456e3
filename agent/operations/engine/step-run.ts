import type { AgentOperation, OperationStep } from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';
import { awaited, isOfTheLine, sentenceOf } from './line';
import type { Json, Seen, StepContext, StepDefinition } from './types';

/** Users may wait for what is quick, so it is looked at soon; each look doubles the pause. */
const FIRST_LOOK_MS = 50;
const LOOK_AGAIN_MS = 250;
/** What takes its time is looked at with less haste. */
const HASTE_MS = 10_000;
const LOOK_LATER_MS = 2_000;
/** What the line lost is sent again, once it was seen that nothing happened; at once or never. */
const TRIES = 3;
const TRY_WITHIN_MS = 2_000;

/** How one attempt at a step ended. */
export type StepEnd =
  | { kind: 'done'; kept: Readonly<Record<string, Json>> }
  /** it surely did nothing, so that it may be tried or left */
  | { kind: 'nothing'; error: string }
  /** it did something and is not proved, or nobody can say */
  | { kind: 'open'; error: string }
  /** a person asked for something else meanwhile; what became of it is to be looked at */
  | { kind: 'interrupted' };

export interface StepRunDeps {
  clock: Clock;
  epoch: number;
  leads: StepContext['leads'];
  /** the lead; lost: everything stops */
  lead: AbortSignal;
  /** a person wants it to stop, whatever it does */
  stop: AbortSignal;
  /** a person wants a pause: it acts to its end, and does not go on waiting */
  rest: AbortSignal;
  log(line: string, node?: string): void;
  /** tells what is waited for, and how far it is where that is new */
  waiting(on: string | null, progress?: number): void;
}

/** Carries out one step: looks first, acts once, and believes only what it sees afterwards. */
export class StepRun {
  readonly #deps: StepRunDeps;
  readonly #operation: AgentOperation;
  readonly #definition: StepDefinition;
  readonly #kept: Record<string, Json> = {};
  readonly #since: number;
  #pauseMs = FIRST_LOOK_MS;

  constructor(deps: StepRunDeps, operation: AgentOperation, definition: StepDefinition) {
    this.#deps = deps;
    this.#operation = operation;
    this.#definition = definition;
    this.#since = deps.clock.monotonic();
  }

  /**
   * What is there before it acts, asked again while nobody can say.
   * @throws the lead's reason
   */
  look(): Promise<Seen> {
    return this.#timed(this.#definition.deadlineMs, (until) => this.#look(until));
  }

  /** Acts, then looks until the effect is proved. @throws the lead's reason */
  act(): Promise<StepEnd> {
    const { clock } = this.#deps;
    const { deadlineMs } = this.#definition;
    const begun = clock.monotonic();
    return this.#timed(deadlineMs, async (until) => {
      for (let tries = 1; ; tries += 1) {
        try {
          await this.#definition.do(this.#context(until));
          return this.#prove(until, '');
        } catch (cause) {
          this.#deps.lead.throwIfAborted();
          if (this.#deps.stop.aborted) return { kind: 'interrupted' };
          const error = sentenceOf(cause);
          this.#deps.log(error);
          // its time is over and a person decides, whatever another look would tell
          if (until.aborted && this.#definition.halts === true) return { kind: 'open', error };
          const seen = await this.#timed(deadlineMs, (anew) => this.#look(anew));
          if (seen === 'unknown') return this.#stopped() ?? { kind: 'open', error };
          // it was done although nobody said so, maybe late: the proof has its own time
          if (seen === 'done') {
            return this.#timed(deadlineMs, (anew) => this.#prove(anew, error));
          }
          const isSoon = tries < TRIES && clock.monotonic() - begun < TRY_WITHIN_MS;
          if (!isSoon || !isOfTheLine(cause) || !(await this.#pause(until))) {
            return { kind: this.#definition.gradual === true ? 'open' : 'nothing', error };
          }
        }
      }
    });
  }

  /** What was begun before a crash and is there: only the proof is left. */
  prove(): Promise<StepEnd> {
    return this.#timed(this.#definition.deadlineMs, (until) => this.#prove(until, ''));
  }

  /** Brings back what was before; it may be done twice, so it must not mind. */
  undo(): Promise<StepEnd> {
    const { clock } = this.#deps;
    const { deadlineMs, undoDeadlineMs = deadlineMs } = this.#definition;
    return this.#timed(undoDeadlineMs, async (until) => {
      let failedSince: number | null = null;
      for (let error = ''; ; ) {
        const begun = clock.monotonic();
        try {
          await this.#definition.undo?.(this.#context(until));
          this.#deps.lead.throwIfAborted();
          return { kind: 'done', kept: this.#kept };
        } catch (cause) {
          this.#deps.lead.throwIfAborted();
          const again = sentenceOf(cause);
          if (again !== error) this.#deps.log(again);
          error = again;
          this.#deps.waiting(awaited(cause));
          // what it waits for may take long; what fails again and again is told soon
          const now = clock.monotonic();
          if (failedSince === null || now - begun > LOOK_LATER_MS) failedSince = now;
          if (now - failedSince >= deadlineMs) return { kind: 'open', error };
        }
        if (!(await this.#pause(until))) return { kind: 'open', error };
      }
    });
  }

  async #look(until: AbortSignal): Promise<Seen> {
    for (let told = ''; ; ) {
      let isNamed = false;
      const waiting: StepContext['waiting'] = (...what) => {
        isNamed = true;
        this.#deps.waiting(...what);
      };
      try {
        const seen = await this.#definition.probe({ ...this.#context(until), waiting });
        this.#deps.lead.throwIfAborted();
        if (seen !== 'unknown') return seen;
      } catch (error) {
        this.#deps.lead.throwIfAborted();
        const said = sentenceOf(error);
        if (said !== told) this.#deps.log(said);
        told = said;
      }
      if (!isNamed) this.#deps.waiting('the nodes to say whether it was done');
      if (!(await this.#pause(until))) return 'unknown';
    }
  }

  async #prove(until: AbortSignal, before: string): Promise<StepEnd> {
    for (let error = before; ; ) {
      try {
        const missing = await this.#definition.verify(this.#context(until));
        this.#deps.lead.throwIfAborted();
        if (missing === null) return { kind: 'done', kept: this.#kept };
        error = missing;
        this.#deps.waiting(error);
      } catch (cause) {
        this.#deps.lead.throwIfAborted();
        // cut short by the end of its time, it says less than the look before it
        if (!until.aborted || error === '') error = sentenceOf(cause);
        this.#deps.waiting(until.aborted ? error : awaited(cause));
      }
      const stopped = this.#stopped();
      if (stopped !== null) return stopped;
      if (this.#deps.rest.aborted) return { kind: 'interrupted' };
      if (!(await this.#pause(until, this.#deps.rest))) {
        return this.#stopped() ?? { kind: 'open', error: error || 'It took too long.' };
      }
    }
  }

  #stopped(): StepEnd | null {
    return this.#deps.stop.aborted ? { kind: 'interrupted' } : null;
  }

  #context(until: AbortSignal): StepContext {
    const { id, params, notes, steps } = this.#operation;
    return {
      operation: id,
      epoch: this.#deps.epoch,
      leads: this.#deps.leads,
      params,
      skipped: steps.flatMap((step) => (step.state === 'skipped' ? step.id : [])),
      notes: { ...notes, ...this.#kept },
      keep: (name, value) => {
        this.#kept[name] = value;
      },
      log: (line, node) => this.#deps.log(line, node),
      waiting: this.#deps.waiting,
      signal: until,
    };
  }

  /** Within the step's time, as long as this node leads and nobody stops it. */
  async #timed<T>(withinMs: number, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, lead, stop } = this.#deps;
    const over = new AbortController();
    const timer = new AbortController();
    clock.sleep(withinMs, timer.signal).then(
      () => over.abort(new Error('It took too long.')),
      () => undefined,
    );
    try {
      return await work(AbortSignal.any([over.signal, lead, stop]));
    } finally {
      timer.abort();
    }
  }

  /** @returns false when the time is over */
  async #pause(until: AbortSignal, rest?: AbortSignal): Promise<boolean> {
    const { clock, lead } = this.#deps;
    const ends = rest === undefined ? until : AbortSignal.any([until, rest]);
    const isNew = clock.monotonic() - this.#since < HASTE_MS;
    const pauseMs = isNew ? Math.min(LOOK_AGAIN_MS, this.#pauseMs) : LOOK_LATER_MS;
    this.#pauseMs = pauseMs * 2;
    if (!until.aborted) await clock.sleep(pauseMs, ends).catch(() => undefined);
    lead.throwIfAborted();
    return !until.aborted;
  }
}

/** The step's place in the journal, after a change. */
export function withStep(
  operation: AgentOperation,
  index: number,
  changes: Partial<OperationStep>,
): AgentOperation {
  const steps = operation.steps.map((step, at) => (at === index ? { ...step, ...changes } : step));
  return { ...operation, steps };
}
