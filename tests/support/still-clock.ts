import type { Clock } from '#agent/ports';
import { FakeClock } from './fake-clock';

/** An agent's clock that stands still until it is moved, and whose time of day may jump by itself. */
export class StillClock implements Clock {
  readonly #ticks = new FakeClock(0);
  #dayOffset = Date.parse('2026-11-21T12:00:00Z');

  now(): number {
    return this.#ticks.now() + this.#dayOffset;
  }

  monotonic(): number {
    return this.#ticks.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#ticks.sleep(ms, signal);
  }

  /** Moves the time on in small steps, so that what was woken may sleep again. */
  async advance(ms: number): Promise<void> {
    const STEP_MS = 50;
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.#ticks.advance(Math.min(left, STEP_MS));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sets the time of day; what is measured is not touched. */
  jump(ms: number): void {
    this.#dayOffset += ms;
  }
}
