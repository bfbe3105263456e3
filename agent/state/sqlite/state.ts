import type { Clock } from '../../ports';
import { Elections } from '../election';
import { aborted } from '../failures';
import { KeptLease } from '../lease';
import { checkCommit } from '../limits';
import type { Change, Entry, Lease, ReadOptions, State, StateHealth } from '../types';
import type { SqliteStore } from './store';

/**
 * One node's view of a state in SQLite. Closing it stops keeping its leases alive, as a dead agent
 * would; the store itself is closed by who opened it.
 */
export function createSqliteState(store: SqliteStore, clock: Clock): State {
  return new SqliteState(store, clock);
}

class SqliteState implements State {
  readonly #store: SqliteStore;
  readonly #clock: Clock;
  readonly #elections: Elections;
  readonly #leases = new Set<KeptLease>();
  readonly #closing = new AbortController();
  readonly #over: AbortSignal;

  constructor(store: SqliteStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#elections = new Elections(this, clock);
    this.#over = AbortSignal.any([this.#closing.signal, store.closed]);
  }

  async get(key: string, options?: ReadOptions): Promise<Entry | null> {
    return this.#open(options?.signal).get(key);
  }

  async list(prefix: string, options?: ReadOptions): Promise<Entry[]> {
    return this.#open(options?.signal).list(prefix);
  }

  async commit(...[conditions, writes]: Parameters<State['commit']>): Promise<number | null> {
    checkCommit(conditions, writes);
    return this.#open().commit(conditions, writes);
  }

  async lease(ttlMs: number): Promise<Lease> {
    const store = this.#open();
    const asked = this.#clock.monotonic();
    const id = store.grant(ttlMs);
    const keeper = {
      renew: async () => (!this.#over.aborted && store.renew(id, ttlMs) ? ttlMs : null),
      revoke: async () => {
        // a view that was closed says nothing more: its leases end by their time
        if (!this.#over.aborted) store.revoke(id);
      },
    };
    const lease = new KeptLease(id, ttlMs, asked, keeper, this.#clock);
    this.#leases.add(lease);
    lease.lost.addEventListener('abort', () => this.#leases.delete(lease));
    return lease;
  }

  campaign(...args: Parameters<State['campaign']>): ReturnType<State['campaign']> {
    return this.#elections.campaign(...args);
  }

  leader(...args: Parameters<State['leader']>): ReturnType<State['leader']> {
    return this.#elections.leader(...args);
  }

  async *watch(
    prefix: string,
    afterRevision: number,
    signal: AbortSignal,
  ): AsyncGenerator<Change[]> {
    const until = AbortSignal.any([signal, this.#over]);
    let seen = afterRevision;
    let moved = Promise.withResolvers<void>();
    const wake = () => moved.resolve();
    const stop = this.#store.onChange(wake);
    until.addEventListener('abort', wake);
    try {
      while (!until.aborted) {
        moved = Promise.withResolvers<void>();
        const revision = this.#store.revision();
        const changes = this.#store.changesAfter(seen, prefix);
        seen = Math.max(seen, revision);
        if (changes.length > 0) yield changes;
        else await moved.promise;
      }
    } finally {
      stop();
      until.removeEventListener('abort', wake);
    }
    if (!signal.aborted) throw aborted();
  }

  async revision(): Promise<number> {
    return this.#open().revision();
  }

  async health(): Promise<StateHealth> {
    return this.#over.aborted ? 'unreachable' : 'ok';
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const lease of this.#leases) lease.abandon();
  }

  #open(signal?: AbortSignal): SqliteStore {
    if (signal?.aborted === true || this.#over.aborted) throw aborted();
    return this.#store;
  }
}
