import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import type { State } from '../../state/types';
import { readProgress, withProgress } from '../coordinator/progress';
import type { Journal } from '../engine/journal';
import { noOperation } from './asking';

/** at most so often for one watcher */
const TELL_MS = 250;
const RETRY_MS = 1_000;

interface Deps {
  state: Pick<State, 'get'>;
  clock: Clock;
  journal: Journal;
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
    const { journal, clock } = this.#deps;
    for (let told = ''; !signal.aborted; ) {
      try {
        const revision = await journal.revision();
        const answer = await this.#read(id);
        const text = JSON.stringify(answer);
        if (text !== told) yield answer;
        told = text;
        if (isOver(answer.operation)) return;
        const next = clock.monotonic() + TELL_MS;
        await journal.change(revision, signal);
        await clock.sleep(Math.max(0, next - clock.monotonic()), signal);
      } catch (error) {
        if (signal.aborted) return;
        // without quorum nobody can say; it is asked again
        if (!(error instanceof Failure) || error.code === 'NOT_FOUND') throw error;
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
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
    return {
      operation: withProgress(operation, progress),
      plan,
      log,
      pulse: progress?.pulse ?? null,
      wish: wish?.wish ?? null,
    };
  }
}
