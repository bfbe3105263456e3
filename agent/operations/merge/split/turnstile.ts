import type { Clock } from '../../../ports';

const BURST = 10;
/** After that one more each time. */
const EACH_MS = 2_000;
const MAX_ADDRESSES = 10_000;
const ALL_BURST = 100;
const ALL_EACH_MS = 20;

interface Bucket {
  left: number;
  at: number;
}

/** Bounds how often anybody, and all together, may ask what strangers may ask. */
export class Turnstile {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #buckets = new Map<string, Bucket>();
  #all: Bucket | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @returns whether one more is answered now */
  admit(address: string): boolean {
    const own = this.#filled(this.#buckets.get(address), BURST, EACH_MS);
    this.#buckets.delete(address);
    this.#buckets.set(address, own);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
    this.#all = this.#filled(this.#all, ALL_BURST, ALL_EACH_MS);
    if (own.left < 1 || this.#all.left < 1) return false;
    own.left -= 1;
    this.#all.left -= 1;
    return true;
  }

  #filled(bucket: Bucket | undefined, burst: number, eachMs: number): Bucket {
    const at = this.#clock.monotonic();
    if (bucket === undefined) return { left: burst, at };
    return { left: Math.min(burst, bucket.left + (at - bucket.at) / eachMs), at };
  }
}
