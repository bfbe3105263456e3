import { randomBytes } from 'node:crypto';
import { type AuditEntry, auditEntry } from '#shared/contract/agent/audit';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import type { State } from '../state/types';
import { type Answer, failedBy } from './answer';
import { nameOf } from './caller';
import type { Call } from './routes';

const PREFIX = 'audit/';
const KEPT = 1_000;
/** Trimming reads all entries, so it is done now and then. */
const TRIM_EVERY = 25;

interface Deps {
  state: Pick<State, 'list' | 'commit'>;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  node(): string;
}

interface What {
  /** as `slurm.drain` */
  action: string;
  subject: string;
  /** never a secret */
  detail: string;
}

/** What an action did. */
export interface Done {
  message: string;
  answer: Answer;
}

/** Records who changed what, in the log at once and in the shared state for all nodes. */
export class Audit {
  readonly #deps: Deps;
  #written = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Carries a change out and records how it ended; a failure becomes its answer. */
  async during(call: Call, what: What, work: () => Promise<Done>): Promise<Answer> {
    const { logger } = this.#deps;
    const base = this.#base(call, what);
    // also found where the agent is killed in between
    logger.info(base, 'A change begins');
    try {
      const { message, answer } = await work();
      await this.#record({ ...base, result: 'done', message });
      return answer;
    } catch (error) {
      const isExpected = error instanceof Failure;
      if (!isExpected) logger.error({ error, ...base }, 'A change failed unexpectedly');
      const message = isExpected ? error.message : 'Something went wrong in the node agent.';
      await this.#record({ ...base, result: resultOf(error), message });
      return failedBy(error);
    }
  }

  /** Records what was done already. */
  note(call: Call, what: What, message: string): Promise<void> {
    return this.#record({ ...this.#base(call, what), result: 'done', message });
  }

  /** Newest first. @throws Failure of the state */
  async list(): Promise<AuditEntry[]> {
    const entries = await this.#deps.state.list(PREFIX, { stale: true });
    return entries
      .flatMap(({ value }) => {
        const parsed = auditEntry.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      })
      .toReversed();
  }

  #base({ caller, address }: Call, what: What) {
    const node = this.#deps.node();
    return { node, who: nameOf(caller, node), address, ...what };
  }

  async #record(told: Omit<AuditEntry, 'at'>): Promise<void> {
    const { state, clock, logger } = this.#deps;
    const entry: AuditEntry = { at: clock.now() / 1000, ...told };
    logger.info(entry, 'A change ended');
    const at = String(clock.now()).padStart(15, '0');
    // two of one millisecond stay in order
    const order = String(this.#written++).padStart(8, '0');
    const key = `${PREFIX}${at}-${order}-${randomBytes(6).toString('hex')}`;
    try {
      await state.commit([{ key, is: 'absent' }], [{ key, put: entry }]);
      if (this.#written % TRIM_EVERY === 1) await this.#trim();
    } catch (error) {
      // the change is done and stands in the log; without quorum a drain must still be possible
      logger.warn({ error }, 'The audit could not be written to the shared state');
    }
  }

  async #trim(): Promise<void> {
    const { state } = this.#deps;
    const entries = await state.list(PREFIX);
    const old = entries.slice(0, Math.max(0, entries.length - KEPT)).slice(0, 100);
    if (old.length > 0) {
      await state.commit(
        [],
        old.map(({ key }) => ({ key, delete: true })),
      );
    }
  }
}

const REFUSED: ErrorCode[] = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'PERMISSION_DENIED',
  'PLAN_STALE',
  'CHECKS_FAILED',
  'CONFIRMATION_REQUIRED',
];

function resultOf(error: unknown): AuditEntry['result'] {
  if (!(error instanceof Failure)) return 'failed';
  if (error.data.outcome === 'unknown' || error.code === 'TIMEOUT') return 'unknown';
  return REFUSED.includes(error.code) ? 'refused' : 'failed';
}
