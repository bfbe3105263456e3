import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import type { State } from '../../state/types';
import { readProgress, withProgress } from '../coordinator/progress';
import { withJobs } from '../coordinator/pulse';
import type { Journal } from '../engine/journal';
import { noOperation } from './asking';

/** at most so often for one watcher */
const TELL_MS = 250;
/** until the coordinator has told the last of what it measured */
const LAST_MS = 600;
const RETRY_MS = 1_000;

interface Deps {
  state: Pick<State, 'get' | 'watch' | 'revision'>;
  clock: Clock;
  journal: Journal;
}

/** Something changed since it was last asked for. */
class News {
  #change = Promise.withResolvers<void>();

  tell(): void {
    this.#change.resolve();
  }

  /** @throws the signal's reason */
  async next(until: AbortSignal): Promise<void> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const end = () => reject(until.reason);
    until.addEventListener('abort', end, { once: true });
    if (until.aborted) end();
    try {
      await Promise.race([this.#change.promise, over]);
    } finally {
      until.removeEventListener('abort', end);
    }
    this.#change = Promise.withResolvers();
  }
}

/** One operation as people see it: the journal, its log, and how far the coordinator is. */
export class Watching {
  readonly #deps: Deps;
  /** asked by several watchers at once, it is read once */
  readonly #reads = new Map<string, Promise<OperationAnswer>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND | of the state */
  read(id: string): Promise<OperationAnswer> {
    const known = this.#reads.get(id);
    if (known !== undefined) return known;
    const read = this.#read(id).finally(() => this.#reads.delete(id));
    this.#reads.set(id, read);
    return read;
  }

  /** @throws Failure NOT_FOUND */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<OperationAnswer> {
    const { clock } = this.#deps;
    const left = new AbortController();
    const until = AbortSignal.any([signal, left.signal]);
    const news = new News();
    const listening = this.#listen(news, until);
    try {
      for (let told = ''; !until.aborted; ) {
        const answer = await this.#steadily(id, until);
        const text = JSON.stringify(answer);
        if (text !== told) yield answer;
        told = text;
        await clock.sleep(isOver(answer.operation) ? LAST_MS : TELL_MS, until);
        if (!isOver(answer.operation)) {
          await news.next(until);
          continue;
        }
        // the coordinator's last words come after the end itself
        const last = await this.#steadily(id, until);
        if (JSON.stringify(last) !== told) yield last;
        return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      left.abort();
      await listening;
    }
  }

  /** Without quorum nobody can say; it is asked again. @throws Failure NOT_FOUND */
  async #steadily(id: string, until: AbortSignal): Promise<OperationAnswer> {
    for (;;) {
      try {
        return await this.#read(id);
      } catch (error) {
        if (!(error instanceof Failure) || error.code === 'NOT_FOUND') throw error;
        await this.#deps.clock.sleep(RETRY_MS, until);
      }
    }
  }

  async #listen(news: News, until: AbortSignal): Promise<void> {
    const { state, clock } = this.#deps;
    while (!until.aborted) {
      try {
        const revision = await state.revision();
        // what happened before is read by whoever waits
        news.tell();
        for await (const _changes of state.watch('operations/', revision, until)) news.tell();
      } catch {
        await clock.sleep(RETRY_MS, until).catch(() => undefined);
      }
    }
  }

  async #read(id: string): Promise<OperationAnswer> {
    const { state, journal } = this.#deps;
    const [progress, log, wish, plan] = await Promise.all([
      readProgress(state, id),
      journal.log(id),
      journal.wish(id),
      journal.approved(id),
    ]);
    // read last: what is told of its steps is never older than the rest
    const operation = await journal.get(id);
    if (operation === null || plan === null) throw noOperation();
    const told = progress?.pulse ?? null;
    return {
      operation: withProgress(operation, progress),
      plan,
      log,
      pulse: told === null ? null : withJobs(told, operation),
      wish: wish?.wish ?? null,
    };
  }
}
