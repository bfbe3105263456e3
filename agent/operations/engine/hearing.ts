import type { AgentOperation } from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';
import type { Journal } from './journal';
import { type AskedWish, interrupts } from './wishes';

/** Wishes come by a watch; should one be missed, it is looked for after that. */
const LOOK_MS = 2_000;
const RETRY_MS = 500;

interface Deps {
  journal: Pick<Journal, 'wish' | 'wishChange' | 'revision'>;
  clock: Clock;
  /** as it stands now */
  operation(): AgentOperation;
}

/**
 * Hears what people ask for while a step acts or waits, and stops it where it must not go on. It
 * carries nothing out itself: that happens between two steps.
 */
export class Hearing {
  readonly #deps: Deps;
  readonly #closed = new AbortController();
  #pending: (AskedWish & { modRevision: number }) | null = null;
  #heard = 0;
  #isUrgent = false;
  #stop = new AbortController();
  #rest = new AbortController();
  #news = new AbortController();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What was asked for and not heard yet; null where nothing was. */
  get asked(): (AskedWish & { modRevision: number }) | null {
    const pending = this.#pending;
    return pending === null || pending.modRevision <= this.#heard ? null : pending;
  }

  /** What was asked for before this coordinator came. @throws Failure of the state */
  async open(): Promise<void> {
    this.#pending = await this.#deps.journal.wish(this.#deps.operation().id);
  }

  /** Runs until it is closed or the lead is lost. */
  async listen(lost: AbortSignal): Promise<void> {
    const { journal, clock, operation } = this.#deps;
    const { id } = operation();
    const until = AbortSignal.any([lost, this.#closed.signal]);
    while (!until.aborted) {
      try {
        const revision = await journal.revision();
        this.#pending = await journal.wish(id);
        this.#tell();
        await journal.wishChange(id, revision, until);
      } catch {
        await clock.sleep(RETRY_MS, until).catch(() => undefined);
      }
    }
  }

  close(): void {
    this.#closed.abort();
  }

  /** A step begins: its signals. */
  begin(isUrgent: boolean): { stop: AbortSignal; rest: AbortSignal } {
    this.#isUrgent = isUrgent;
    this.#stop = new AbortController();
    this.#rest = new AbortController();
    this.#tell();
    return { stop: this.#stop.signal, rest: this.#rest.signal };
  }

  /** The wish of this revision was carried out, or came too late. */
  heard(modRevision: number): void {
    this.#heard = modRevision;
  }

  /** Ends with the next wish, or after a while. @throws the lead's reason */
  async wait(lost: AbortSignal): Promise<void> {
    this.#news = new AbortController();
    this.#tell();
    const ends = AbortSignal.any([lost, this.#news.signal]);
    await this.#deps.clock.sleep(LOOK_MS, ends).catch(() => undefined);
    lost.throwIfAborted();
  }

  #tell(): void {
    const { asked } = this;
    if (asked === null) return;
    const how = interrupts(this.#deps.operation(), asked.wish);
    if (how === 'now') this.#stop.abort(new Error('It was stopped by a person.'));
    if (how === 'waiting' && !this.#isUrgent) this.#rest.abort(new Error('It is to be paused.'));
    this.#news.abort();
  }
}
