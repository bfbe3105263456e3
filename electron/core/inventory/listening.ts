import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';

export interface ListeningDeps {
  clock: Clock;
  logger: Logger;
  /** listens until the signal aborts or the connection ends; @throws Failure */
  listen(onChange: () => void, signal: AbortSignal): Promise<void>;
  onChange(): void;
}

const FIRST_MS = 5_000;
const LONGEST_MS = 120_000;
/** A connection that held so long was a good one: the next try comes soon again. */
const GOOD_MS = 60_000;

/** Keeps an ear on one cluster as long as it is wanted; a lost connection is made anew, gently. */
export class Listening {
  readonly #deps: ListeningDeps;
  #current: AbortController | null = null;
  #run: Promise<void> = Promise.resolve();

  constructor(deps: ListeningDeps) {
    this.#deps = deps;
  }

  /** Begins or ends; asking for what is so already changes nothing. */
  want(wanted: boolean): void {
    if (wanted === (this.#current !== null)) return;
    this.#current?.abort();
    this.#current = wanted ? new AbortController() : null;
    if (this.#current !== null) this.#run = this.#listen(this.#current.signal, this.#run);
  }

  /** The way to the cluster changed: whatever is open belongs to the old one. */
  restart(): void {
    if (this.#current === null) return;
    this.want(false);
    this.want(true);
  }

  async close(): Promise<void> {
    this.want(false);
    await this.#run;
  }

  async #listen(signal: AbortSignal, before: Promise<void>): Promise<void> {
    const { clock, logger, listen, onChange } = this.#deps;
    await before;
    let pauseMs = FIRST_MS;
    while (!signal.aborted) {
      const startedAt = clock.now();
      try {
        await listen(onChange, signal);
      } catch (error) {
        // polling goes on and tells what is wrong with the cluster
        if (!(error instanceof Failure)) logger.warn({ error }, 'Listening to a cluster failed');
      }
      if (clock.now() - startedAt >= GOOD_MS) pauseMs = FIRST_MS;
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      pauseMs = Math.min(LONGEST_MS, pauseMs * 2);
    }
  }
}
