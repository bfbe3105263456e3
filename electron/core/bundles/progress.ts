import type { Clock } from '../ports';

const PROBE_LOG_N = 13;
const EVERY_MS = 120;

/** Derives a key at a cost of 2^logN. */
type Stretch = (passphrase: string, salt: Uint8Array, logN: number) => Promise<unknown>;

/** One piece of news on slow work: `fraction` from 0 to 1. */
export interface ProgressNews {
  type: 'progress';
  fraction: number;
  what: string;
}

/**
 * Tells how far a key derivation is. scrypt says nothing on its way, so its time is foretold from
 * a small one on this machine, and the bar waits near its end where the machine turned slow.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #probe: Stretch;
  #started = 0;
  #expectedMs = 0;

  /** @param probe measures what this machine needs for a small cost */
  constructor(clock: Clock, probe: Stretch) {
    this.#clock = clock;
    this.#probe = probe;
  }

  /** Runs a derivation of the given cost under this progress. */
  async derivation<T>(logN: number, work: () => Promise<T>): Promise<T> {
    if (logN > PROBE_LOG_N) {
      const from = performance.now();
      await this.#probe('', new Uint8Array(16), PROBE_LOG_N);
      this.#expectedMs = (performance.now() - from) * 2 ** (logN - PROBE_LOG_N);
      this.#started = performance.now();
    }
    const result = await work();
    this.#expectedMs = 0;
    return result;
  }

  /**
   * Runs work and yields news until it ends; its result or error is the generator's own.
   * @param what a sentence for people, as `Deriving the key`
   */
  async *during<T>(what: string, work: Promise<T>): AsyncGenerator<ProgressNews, T> {
    const end = new AbortController();
    let ended = false;
    const finished = work.then(
      () => end.abort(),
      () => end.abort(),
    );
    void finished.then(() => {
      ended = true;
    });
    yield { type: 'progress', fraction: 0, what };
    while (!ended) {
      await this.#clock.sleep(EVERY_MS, end.signal).catch(() => undefined);
      if (!ended) yield { type: 'progress', fraction: this.#fraction(), what };
    }
    const result = await work;
    yield { type: 'progress', fraction: 1, what };
    return result;
  }

  #fraction(): number {
    if (this.#expectedMs === 0) return 0;
    return Math.min(0.97, (performance.now() - this.#started) / this.#expectedMs);
  }
}
