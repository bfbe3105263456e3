import type { Clock } from '../ports';

const MOST_KEPT = 1000;

/** How many calls were sent in the last minute. */
export class CallMeter {
  readonly #clock: Pick<Clock, 'now'>;
  #sentAt: number[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  count(): void {
    this.#sentAt.push(this.#clock.now());
    if (this.#sentAt.length > MOST_KEPT) this.#forget();
  }

  perMinute(): number {
    this.#forget();
    return this.#sentAt.length;
  }

  #forget(): void {
    const since = this.#clock.now() - 60_000;
    this.#sentAt = this.#sentAt.filter((at) => at > since);
  }
}
