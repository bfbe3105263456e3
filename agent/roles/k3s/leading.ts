import { Failure } from '#shared/contract/errors';
import type { Logger } from '../../ports';
import type { Leadership, Lease, State } from '../../state/types';

const LEASE_MS = 10_000;

interface Options {
  state: Pick<State, 'lease' | 'campaign'>;
  logger: Logger;
  nodeId: string;
  election: string;
}

/**
 * Holds a leadership for exactly as long as its holder was seen to deserve it. {@link want} is called
 * at each look and never waits.
 */
export class Leading {
  readonly #options: Options;
  #candidacy: { end: AbortController; done: Promise<void> } | null = null;
  #held: Leadership | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#held !== null && !this.#held.lost.aborted;
  }

  want(shall: boolean): void {
    if (shall && this.#candidacy === null) {
      const end = new AbortController();
      const done = this.#stand(end.signal).finally(() => {
        this.#held = null;
        this.#candidacy = null;
      });
      this.#candidacy = { end, done };
    } else if (!shall) {
      this.#candidacy?.end.abort();
    }
  }

  /** Gives it up, and waits until that is written or the state does not answer. */
  async end(): Promise<void> {
    const { done } = this.#candidacy ?? {};
    this.#candidacy?.end.abort();
    await done;
  }

  async #stand(signal: AbortSignal): Promise<void> {
    const { state, logger, nodeId, election } = this.#options;
    let lease: Lease | null = null;
    try {
      lease = await state.lease(LEASE_MS);
      this.#held = await state.campaign(election, { nodeId }, lease, signal);
      await over(AbortSignal.any([signal, this.#held.lost]));
      if (!this.#held.lost.aborted) await this.#held.resign();
    } catch (error) {
      if (!(error instanceof Failure)) logger.error({ error, election }, 'An election failed');
    } finally {
      await lease?.release().catch(() => undefined);
    }
  }
}

const over = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
