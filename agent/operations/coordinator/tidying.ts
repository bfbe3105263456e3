import { type AgentOperation, isOver } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../../ports';
import { type Journal, type Lead, whileLeading } from '../engine/journal';
import type { OperationDefinition, TidyContext } from '../engine/types';

/** An operation that ends is looked at soon; time alone ends the time for a rollback. */
const LOOK_MS = 30_000;
/** What could not be tidied up, as with a node that is down, is tried again with patience. */
const AGAIN_MS = 60_000;
const REST_MS = 500;
const GIVEN_UP_MS = 14 * 86_400_000;

interface Deps {
  journal: Journal;
  kinds: readonly OperationDefinition[];
  clock: Clock;
  logger: Logger;
}

/**
 * After the end of operations: what their kinds have to tidy up once they can be neither carried on nor
 * rolled back. It is done by whoever leads, as often as it takes.
 */
export class Tidying {
  readonly #deps: Deps;
  /** monotonic ms before which an operation is not tried again */
  readonly #notBefore = new Map<string, number>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Runs as long as this node leads. */
  async run(lead: Lead, lost: AbortSignal): Promise<void> {
    const { journal, clock, logger } = this.#deps;
    while (!lost.aborted) {
      try {
        const revision = await journal.revision();
        for (const operation of await journal.untidy()) await this.#tidy(operation, lead, lost);
        const until = new AbortController();
        const ends = AbortSignal.any([lost, until.signal]);
        const late = clock.sleep(LOOK_MS, ends);
        await Promise.race([journal.listChange(revision, ends), late]).finally(() => until.abort());
        await late.catch(() => undefined);
      } catch (error) {
        if (lost.aborted) return;
        const isExpected = error instanceof Failure;
        logger[isExpected ? 'debug' : 'error']({ error }, 'Looking for what is to be tidied ended');
      }
      await clock.sleep(REST_MS, lost).catch(() => undefined);
    }
  }

  async #tidy(operation: AgentOperation, lead: Lead, signal: AbortSignal): Promise<void> {
    const { journal, kinds, clock, logger } = this.#deps;
    const { id, rollback_until: until } = operation;
    if (!isOver(operation) || (until !== null && clock.now() <= until)) return;
    if (clock.monotonic() < (this.#notBefore.get(id) ?? 0)) return;
    // from here on nobody rolls it back any more
    if (until !== null) await journal.amend({ ...operation, rollback_until: null });
    const log: TidyContext['log'] = (line, node) =>
      logger.info({ operation: id, node }, `Tidying up: ${line}`);
    try {
      const kind = kinds.find((one) => one.kind === operation.kind);
      const { epoch } = lead;
      const leads = whileLeading(lead);
      await kind?.tidy?.(operation, { operation: id, epoch, leads, log, signal });
      await journal.tidied(id);
      logger.info({ operation: id }, 'What an operation kept was tidied up');
    } catch (error) {
      signal.throwIfAborted();
      this.#notBefore.set(id, clock.monotonic() + AGAIN_MS);
      logger.info({ operation: id, error }, 'Not all could be tidied up; it is tried again');
      if (clock.now() - (operation.ended_at ?? 0) > GIVEN_UP_MS) await journal.tidied(id);
    }
  }
}
