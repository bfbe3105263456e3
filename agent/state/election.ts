import { Failure } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { aborted, lost } from './failures';
import type { Leadership, Lease, ReadOptions, State } from './types';

/** What an election needs of the state. */
export type ElectionState = Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision'>;

const RETRY_MS = 300;
const folderOf = (name: string) => `elections/${name}/`;

/**
 * Elections by order of arrival, as etcd's own recipe has them: every candidate writes a key under its
 * lease, and the oldest key leads. Its create revision is the epoch, which therefore only grows.
 */
export class Elections {
  readonly #state: ElectionState;
  readonly #clock: Clock;

  constructor(state: ElectionState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  async leader(
    name: string,
    options?: ReadOptions,
  ): Promise<{ value: unknown; epoch: number } | null> {
    const first = oldest(await this.#state.list(folderOf(name), options));
    return first === null ? null : { value: first.value, epoch: first.createRevision };
  }

  /** @throws Failure ABORTED when the signal aborts or the lease is lost before it is elected */
  async campaign(
    name: string,
    value: unknown,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<Leadership> {
    const key = `${folderOf(name)}${lease.id}`;
    const until = AbortSignal.any([signal, lease.lost]);
    try {
      const epoch = await this.#stand(key, value, lease, until);
      await this.#untilOldest(name, key, until);
      return new Held(this.#state, this.#clock, { key, epoch, lease });
    } catch (error) {
      if (!until.aborted) throw error;
      // it must not win later, when nobody waits any more
      await this.#state.commit([], [{ key, delete: true }]).catch(() => {});
      throw aborted();
    }
  }

  /** Writes the candidate's key, and looks when the answer was lost. @returns the epoch */
  async #stand(key: string, value: unknown, lease: Lease, until: AbortSignal): Promise<number> {
    for (;;) {
      until.throwIfAborted();
      try {
        await this.#state.commit([{ key, is: 'absent' }], [{ key, put: value, lease: lease.id }]);
        const own = await this.#state.get(key, { signal: until });
        if (own !== null) return own.createRevision;
        throw lost('The lease is over.');
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#clock.sleep(RETRY_MS, until);
      }
    }
  }

  async #untilOldest(name: string, key: string, until: AbortSignal): Promise<void> {
    const folder = folderOf(name);
    for (;;) {
      until.throwIfAborted();
      try {
        const revision = await this.#state.revision();
        const candidates = await this.#state.list(folder, { signal: until });
        if (oldest(candidates)?.key === key) return;
        if (!candidates.some((one) => one.key === key)) throw lost('The candidacy was withdrawn.');
        await this.#untilDeletion(folder, revision, until);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#clock.sleep(RETRY_MS, until);
      }
    }
  }

  async #untilDeletion(folder: string, revision: number, until: AbortSignal): Promise<void> {
    for await (const changes of this.#state.watch(folder, revision, until)) {
      if (changes.some((change) => change.entry === null)) return;
    }
  }
}

/** A leadership that was won; it ends with its lease, with its key, or when it is given up. */
class Held implements Leadership {
  readonly epoch: number;
  readonly lost: AbortSignal;
  readonly #state: ElectionState;
  readonly #clock: Clock;
  readonly #seat: { key: string; lease: Lease };
  readonly #over = new AbortController();

  constructor(
    state: ElectionState,
    clock: Clock,
    seat: { key: string; epoch: number; lease: Lease },
  ) {
    this.epoch = seat.epoch;
    this.#state = state;
    this.#clock = clock;
    this.#seat = seat;
    this.lost = AbortSignal.any([seat.lease.lost, this.#over.signal]);
    void this.#guard();
  }

  async proclaim(value: unknown): Promise<void> {
    if (this.lost.aborted) throw lost('The leadership is over.');
    const { key, lease } = this.#seat;
    const revision = await this.#state.commit(
      [{ key, is: 'createdAt', createRevision: this.epoch }],
      [{ key, put: value, lease: lease.id }],
    );
    if (revision !== null) return;
    this.#end();
    throw lost('The leadership is over.');
  }

  async resign(): Promise<void> {
    this.#end();
    const { key } = this.#seat;
    await this.#state.commit(
      [{ key, is: 'createdAt', createRevision: this.epoch }],
      [{ key, delete: true }],
    );
  }

  #end(): void {
    if (!this.#over.signal.aborted) this.#over.abort(lost('The leadership is over.'));
  }

  /** Somebody may take the key away, as an operator by hand: then it leads no longer. */
  async #guard(): Promise<void> {
    while (!this.lost.aborted) {
      try {
        const revision = await this.#state.revision();
        const own = await this.#state.get(this.#seat.key, { signal: this.lost });
        if (own?.createRevision !== this.epoch) return this.#end();
        for await (const changes of this.#state.watch(this.#seat.key, revision, this.lost)) {
          if (changes.some((change) => change.key === this.#seat.key && change.entry === null)) {
            return this.#end();
          }
        }
      } catch {
        await this.#clock.sleep(RETRY_MS, this.lost).catch(() => {});
      }
    }
  }
}

/** Whatever time may heal, as long as the lease lives. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.code !== 'ABORTED' && error.code !== 'INVALID_INPUT';
}

function oldest<T extends { createRevision: number; key: string }>(
  entries: readonly T[],
): T | null {
  return entries.toSorted((a, b) => a.createRevision - b.createRevision)[0] ?? null;
}
