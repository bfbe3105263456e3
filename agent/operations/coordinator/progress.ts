import { z } from 'zod';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../../ports';
import type { State } from '../../state/types';
import { type Lead, progressKey, whileLeading } from '../engine/journal';
import type { OperationLog } from '../engine/log';
import { withStep } from '../engine/step-run';
import { measuredPulse, type Pulse } from './pulse';

const WRITE_MS = 500;
/** What takes its time is told at leisure: each telling is a write of all voters. */
const LONG_MS = 60_000;
const WRITE_LONG_MS = 5_000;

const progressRecord = z.object({
  /** of the operation when it was told */
  serial: z.number().int(),
  /** place of the step; null between two */
  step: z.number().int().nonnegative().nullable(),
  waiting_on: z.string().nullable(),
  progress: z.number().nullable(),
  pulse: measuredPulse.nullable(),
});
type ProgressRecord = z.infer<typeof progressRecord>;

interface Deps {
  state: Pick<State, 'commit'>;
  clock: Clock;
  logger: Logger;
  lead: Lead;
  log: OperationLog;
  /** null where nothing is measured */
  pulse: Pulse | null;
}

/** Tells all nodes what happens between two transitions, at a bounded rate. */
export class ProgressBoard {
  readonly #deps: Deps;
  readonly #closed = new AbortController();
  #operation: AgentOperation;
  #told = '';
  #since: number;

  constructor(deps: Deps, operation: AgentOperation) {
    this.#deps = deps;
    this.#operation = operation;
    this.#since = deps.clock.monotonic();
  }

  /** The operation as it stands now; costs nothing. */
  show(operation: AgentOperation): void {
    if (operation.serial !== this.#operation.serial) this.#since = this.#deps.clock.monotonic();
    this.#operation = operation;
  }

  /** Whether the step that is on takes its time. */
  get isLong(): boolean {
    return this.#deps.clock.monotonic() - this.#since > LONG_MS;
  }

  /** Runs until it is closed. */
  async run(lost: AbortSignal): Promise<void> {
    const until = AbortSignal.any([lost, this.#closed.signal]);
    while (!until.aborted) {
      await this.#tell();
      const pauseMs = this.isLong ? WRITE_LONG_MS : WRITE_MS;
      await this.#deps.clock.sleep(pauseMs, until).catch(() => undefined);
    }
    // the last word, as long as somebody listens to this node
    if (!lost.aborted) await this.#tell();
  }

  close(): void {
    this.#closed.abort();
  }

  async #tell(): Promise<void> {
    const { state, lead, log, pulse, logger } = this.#deps;
    const { id, serial, steps } = this.#operation;
    const index = steps.findLastIndex(({ state }) =>
      ['intent', 'undoing', 'skipping'].includes(state),
    );
    const step = steps[index] ?? null;
    const record: ProgressRecord = {
      serial,
      step: step === null ? null : index,
      waiting_on: step?.waiting_on ?? null,
      progress: step?.progress ?? null,
      pulse: pulse?.reading ?? null,
    };
    const text = JSON.stringify(record);
    const chunk = log.next();
    if (text === this.#told && chunk === null) return;
    try {
      const key = progressKey(id);
      const done = await state.commit(
        [whileLeading(lead)],
        [{ key, put: record }, ...(chunk === null ? [] : [chunk.write])],
      );
      if (done === null) return;
      this.#told = text;
      if (chunk !== null) log.kept(chunk);
    } catch (error) {
      // the operation goes on without it
      const isExpected = error instanceof Failure;
      logger[isExpected ? 'debug' : 'error']({ error, id }, 'Progress could not be told');
    }
  }
}

/** @throws Failure of the state */
export async function readProgress(
  state: Pick<State, 'get'>,
  id: string,
): Promise<ProgressRecord | null> {
  const entry = await state.get(progressKey(id));
  return progressRecord.safeParse(entry?.value).data ?? null;
}

/** The operation with what was told since its last transition. */
export function withProgress(
  operation: AgentOperation,
  told: ProgressRecord | null,
): AgentOperation {
  if (told === null || told.step === null || told.serial !== operation.serial) return operation;
  const { waiting_on, progress } = told;
  return withStep(operation, told.step, { waiting_on, progress });
}
