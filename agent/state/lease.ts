import type { Clock } from '../ports';
import { lost } from './failures';
import type { Lease } from './types';

/** What keeps one lease alive in a store. */
export interface LeaseKeeper {
  /**
   * @param signal ends the attempt when the lease would be over before an answer
   * @returns for how many ms from now it lives on, or null where it is gone
   */
  renew(signal: AbortSignal): Promise<number | null>;
  revoke(): Promise<void>;
}

const RETRY_MS = 300;
/** Renewed three times within its life, so that one lost answer ends nothing. */
const RENEWALS = 3;

/**
 * A lease kept alive in the background. It counts from before each renewal was sent, on a clock that
 * never jumps: this side gives up no later than the store does.
 */
export class KeptLease implements Lease {
  readonly id: string;
  readonly #clock: Clock;
  readonly #keeper: LeaseKeeper;
  readonly #over = new AbortController();
  #expiresAt: number;

  /** @param grantedAt monotonic ms before the grant was asked for */
  constructor(id: string, ttlMs: number, grantedAt: number, keeper: LeaseKeeper, clock: Clock) {
    this.id = id;
    this.#clock = clock;
    this.#keeper = keeper;
    this.#expiresAt = grantedAt + ttlMs;
    void this.#expire();
    void this.#keep(ttlMs);
  }

  get lost(): AbortSignal {
    return this.#over.signal;
  }

  async release(): Promise<void> {
    this.abandon();
    await this.#keeper.revoke();
  }

  /** Stops keeping it; the store ends it by itself after its time. */
  abandon(): void {
    if (!this.lost.aborted) this.#over.abort(lost('The lease is over.'));
  }

  async #expire(): Promise<void> {
    while (!this.lost.aborted) {
      const left = this.#expiresAt - this.#clock.monotonic();
      if (left <= 0) return this.abandon();
      await this.#clock.sleep(left, this.lost).catch(() => {});
    }
  }

  async #keep(ttlMs: number): Promise<void> {
    let pause = ttlMs / RENEWALS;
    while (!this.lost.aborted) {
      await this.#clock.sleep(pause, this.lost).catch(() => {});
      if (this.lost.aborted) return;
      const asked = this.#clock.monotonic();
      try {
        const left = await this.#keeper.renew(this.lost);
        if (left === null) return this.abandon();
        this.#expiresAt = asked + left;
        pause = left / RENEWALS;
      } catch {
        pause = RETRY_MS;
      }
    }
  }
}
