import type { Clock, Logger, Power } from '../ports';

export interface IdleDeps {
  clock: Clock;
  logger: Logger;
  power: Pick<Power, 'onChange'>;
  isBusy(): boolean;
  onIdle(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** Work under way is looked at again after this long. */
const BUSY_MS = 30_000;

/** Tells when nobody was at a window for long enough, a sleep of the machine included. */
export class IdleWatch {
  readonly #deps: IdleDeps;
  #minutes = 0;
  #since: number;
  #running = false;
  #waker = new AbortController();
  #stopPower: () => void = () => undefined;

  constructor(deps: IdleDeps) {
    this.#deps = deps;
    this.#since = deps.clock.now();
  }

  start(): void {
    this.#running = true;
    // timers stand still while the machine sleeps, the clock does not
    this.#stopPower = this.#deps.power.onChange(() => this.#waker.abort());
    this.#run().catch((error: unknown) =>
      this.#deps.logger.error({ error }, 'Locking after idle time ended'),
    );
  }

  stop(): void {
    this.#running = false;
    this.#stopPower();
    this.#waker.abort();
  }

  touch(): void {
    this.#since = this.#deps.clock.now();
  }

  /** 0: never. The time starts anew. */
  setMinutes(minutes: number): void {
    this.#minutes = minutes;
    this.touch();
    this.#waker.abort();
  }

  async #run(): Promise<void> {
    const { clock, isBusy, onIdle } = this.#deps;
    while (this.#running) {
      const leftMs = this.#minutes === 0 ? Infinity : this.#since + this.#limitMs() - clock.now();
      if (leftMs > 0) await this.#rest(leftMs);
      else if (isBusy()) await this.#rest(BUSY_MS);
      else await onIdle();
    }
  }

  #limitMs(): number {
    return this.#minutes * MINUTE_MS;
  }

  /** Ends early when something changed. */
  async #rest(ms: number): Promise<void> {
    this.#waker = new AbortController();
    const { signal } = this.#waker;
    if (ms !== Infinity) return this.#deps.clock.sleep(ms, signal).catch(() => undefined);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
}
