import PQueue from 'p-queue';
import { abortFailure } from './network-errors';

/** Lets so many calls of one cluster run at once; the others wait for their turn. */
export class Turns {
  readonly #queue: PQueue;

  constructor(atOnce: number) {
    this.#queue = new PQueue({ concurrency: atOnce });
  }

  /** Giving up while waiting sends nothing. @throws Failure ABORTED | TIMEOUT | of the work */
  async take<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    const waiting = new AbortController();
    const giveUp = () => waiting.abort(abortFailure(signal.reason, ''));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const result = this.#queue.add(
      () => {
        signal.removeEventListener('abort', giveUp);
        return run();
      },
      { signal: waiting.signal },
    );
    return await result.finally(() => signal.removeEventListener('abort', giveUp));
  }
}
