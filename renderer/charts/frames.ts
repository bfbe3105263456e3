/** What schedules a callback for the next frame: requestAnimationFrame in a window. */
export type NextFrame = (run: () => void) => void;

/**
 * Lets one chart redraw per frame. Four charts that take new data in the same frame would block
 * the window for about 80 ms; one after another they do not.
 */
export class FrameQueue {
  readonly #nextFrame: NextFrame;
  readonly #waiting = new Map<string, () => void>();
  #scheduled = false;

  constructor(nextFrame: NextFrame) {
    this.#nextFrame = nextFrame;
  }

  /** Runs `update` on its turn; a later update under the same key replaces one that still waits. */
  request(key: string, update: () => void): void {
    this.#waiting.set(key, update);
    this.#schedule();
  }

  cancel(key: string): void {
    this.#waiting.delete(key);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    this.#nextFrame(() => {
      this.#scheduled = false;
      const first = this.#waiting.entries().next().value;
      if (first === undefined) return;
      this.#waiting.delete(first[0]);
      try {
        first[1]();
      } finally {
        this.#schedule();
      }
    });
  }
}
