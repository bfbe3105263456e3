import type { AgentOperation, OperationStep } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import type { Json, Seen, StepContext, StepDefinition } from './types';

const LOOK_AGAIN_MS = 250;

/** How one attempt at a step ended. */
export type StepEnd =
  | { kind: 'done'; kept: Readonly<Record<string, Json>> }
  /** it surely did nothing, so that it may be tried or left */
  | { kind: 'nothing'; error: string }
  /** it did something and is not proved, or nobody can say */
  | { kind: 'open'; error: string };

export interface StepRunDeps {
  clock: Clock;
  epoch: number;
  /** the lead; lost: everything stops */
  lead: AbortSignal;
  log(line: string): void;
  /** tells what is waited for; the journal hears of it when it can */
  waiting(on: string | null): void;
}

/** Carries out one step: looks first, acts once, and believes only what it sees afterwards. */
export class StepRun {
  readonly #deps: StepRunDeps;
  readonly #operation: AgentOperation;
  readonly #definition: StepDefinition;
  readonly #kept: Record<string, Json> = {};

  constructor(deps: StepRunDeps, operation: AgentOperation, definition: StepDefinition) {
    this.#deps = deps;
    this.#operation = operation;
    this.#definition = definition;
  }

  /**
   * What is there before it acts, asked again while nobody can say.
   * @throws the lead's reason
   */
  async look(): Promise<Seen> {
    const deadline = this.#deadline();
    for (;;) {
      const seen = await this.#quietly(() => this.#definition.probe(this.#context(deadline)));
      this.#deps.lead.throwIfAborted();
      if (seen !== null && seen !== 'unknown') return seen;
      this.#deps.waiting('the nodes to say whether it was done');
      if (!(await this.#pause(deadline))) return 'unknown';
    }
  }

  /** Acts, then looks until the effect is proved. @throws the lead's reason */
  async act(): Promise<StepEnd> {
    const deadline = this.#deadline();
    let error = '';
    try {
      await this.#definition.do(this.#context(deadline));
    } catch (cause) {
      this.#deps.lead.throwIfAborted();
      error = sentenceOf(cause);
      this.#deps.log(`${this.#definition.id}: ${error}`);
      const seen = await this.look();
      if (seen === 'absent') return { kind: 'nothing', error };
      if (seen === 'unknown') return { kind: 'open', error };
    }
    return this.#prove(deadline, error);
  }

  /** What was begun before a crash and is there: only the proof is left. */
  prove(): Promise<StepEnd> {
    return this.#prove(this.#deadline(), '');
  }

  /** Brings back what was before; it may be done twice, so it must not mind. */
  async undo(): Promise<StepEnd> {
    const deadline = this.#deadline();
    for (let error = ''; ; ) {
      try {
        await this.#definition.undo?.(this.#context(deadline));
        this.#deps.lead.throwIfAborted();
        return { kind: 'done', kept: this.#kept };
      } catch (cause) {
        this.#deps.lead.throwIfAborted();
        error = sentenceOf(cause);
        this.#deps.log(`${this.#definition.id}: ${error}`);
        this.#deps.waiting(error);
      }
      if (!(await this.#pause(deadline))) return { kind: 'open', error };
    }
  }

  async #prove(deadline: AbortSignal, before: string): Promise<StepEnd> {
    let error = before;
    for (;;) {
      try {
        const missing = await this.#definition.verify(this.#context(deadline));
        this.#deps.lead.throwIfAborted();
        if (missing === null) return { kind: 'done', kept: this.#kept };
        error = missing;
      } catch (cause) {
        this.#deps.lead.throwIfAborted();
        error = sentenceOf(cause);
      }
      this.#deps.waiting(error);
      if (!(await this.#pause(deadline))) return { kind: 'open', error };
    }
  }

  #context(deadline: AbortSignal): StepContext {
    const { id, params, notes } = this.#operation;
    return {
      operation: id,
      epoch: this.#deps.epoch,
      params,
      notes: { ...notes, ...this.#kept },
      keep: (name, value) => {
        this.#kept[name] = value;
      },
      log: (line) => this.#deps.log(line),
      signal: AbortSignal.any([deadline, this.#deps.lead]),
    };
  }

  #deadline(): AbortSignal {
    const over = new AbortController();
    this.#deps.clock.sleep(this.#definition.deadlineMs, this.#deps.lead).then(
      () => over.abort(new Error('It took too long.')),
      () => undefined,
    );
    return over.signal;
  }

  /** @returns false when the time is over */
  async #pause(deadline: AbortSignal): Promise<boolean> {
    if (deadline.aborted) return false;
    await this.#deps.clock.sleep(LOOK_AGAIN_MS, this.#deps.lead);
    return !deadline.aborted;
  }

  async #quietly<T>(look: () => Promise<T>): Promise<T | null> {
    try {
      return await look();
    } catch (error) {
      this.#deps.log(`${this.#definition.id}: ${sentenceOf(error)}`);
      return null;
    }
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

function sentenceOf(cause: unknown): string {
  if (cause instanceof Failure) return `${cause.message} ${cause.data.remedy}`.trim();
  return cause instanceof Error ? cause.message : 'It failed.';
}
