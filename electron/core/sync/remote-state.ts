import type { FailureView } from '#shared/contract/errors';
import { type Failure, fail } from '#shared/contract/errors';
import { type RemoteRecord, readRecords, type UnreadableRecord } from '#shared/domain/sync/record';
import { type Settled, settle } from '#shared/domain/sync/settle';
import type { Base } from '#shared/domain/sync/types';
import type { Store } from '../db/store';
import type { Clock } from '../ports';
import { deleteBase, findBase, writeBase } from './bases';
import type { Outbox } from './outbox';
import type { PortalClient } from './portal-client';

/** How the requests ended that were on their way, by cluster uuid. */
export type Ends = ReadonlyMap<string, Settled>;

/** Reads a remote, and finds out by reading how open requests ended. */
export class RemoteState {
  records: readonly RemoteRecord[] = [];
  unreadable: readonly UnreadableRecord[] = [];
  /** clusters whose last request the remote said yes to */
  readonly accepted = new Set<string>();
  readonly #deps: {
    remoteUuid: string;
    client: PortalClient;
    store: Store;
    outbox: Outbox;
    clock: Pick<Clock, 'now'>;
  };
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(deps: {
    remoteUuid: string;
    client: PortalClient;
    store: Store;
    outbox: Outbox;
    clock: Pick<Clock, 'now'>;
  }) {
    this.#deps = deps;
  }

  /** Reads everything once, then closes every open request. @throws Failure */
  async read(signal: AbortSignal): Promise<Ends> {
    const list = await this.#deps.client.list(signal);
    const { records, unreadable } = readRecords(list);
    this.records = records;
    this.unreadable = unreadable;
    this.#readAt = this.#deps.clock.now();
    return this.#settle();
  }

  /** Whether what was read is older than this. @param ageMs ms */
  isOlderThan(ageMs: number): boolean {
    return this.#deps.clock.now() - this.#readAt > ageMs;
  }

  /** What was read counts no more: a request of ours may have changed it. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  /** By id, or by number where the remote gave it another id. */
  find(base: Pick<Base, 'id' | 'number' | 'createdThere'>): RemoteRecord | null {
    return (
      this.records.find(({ id }) => id === base.id) ??
      this.records.find(
        ({ number, createdThere }) =>
          number === base.number && createdThere !== null && createdThere === base.createdThere,
      ) ??
      null
    );
  }

  byId(id: string): RemoteRecord | null {
    return this.records.find((record) => record.id === id) ?? null;
  }

  #settle(): Ends {
    const { remoteUuid, store, outbox, clock } = this.#deps;
    const open = outbox
      .uncertain(remoteUuid)
      .filter(({ intent }) => !this.#isUnreadable(intent.id));
    if (open.length === 0) return new Map();
    const ends = new Map<string, Settled>();
    store.mutate((tx) => {
      for (const { clusterUuid, intent } of open) {
        const base = findBase(tx.db, remoteUuid, clusterUuid);
        const record = base === null ? this.byId(intent.id) : this.find(base);
        const settled = settle(intent, base, record, this.accepted.has(clusterUuid));
        if (settled.base !== null) {
          writeBase(tx.db, remoteUuid, { ...settled.base, clusterUuid }, clock.now());
        } else deleteBase(tx.db, remoteUuid, clusterUuid);
        const failure = failureOf(settled, intent.id);
        outbox.end(tx, remoteUuid, clusterUuid, { failure, isOpen: false });
        ends.set(clusterUuid, settled);
      }
    });
    for (const uuid of ends.keys()) this.accepted.delete(uuid);
    return ends;
  }

  #isUnreadable(id: string): boolean {
    return this.unreadable.some((record) => record.id === id);
  }
}

/** Why a request that ended is no success, or null. */
export function endFailure({ end, differing }: Settled, cluster: string): Failure | null {
  if (end === 'arrived') return null;
  if (end === 'missing') {
    const remedy = 'Sync again; it is still waiting here.';
    return fail('SERVER_ERROR', { remedy, cluster }, 'The change did not arrive.');
  }
  const detail = differing.join(', ');
  const remedy = 'Look at both values and choose; the remote may not keep what it is given.';
  return fail('BAD_RESPONSE', { remedy, cluster, detail }, 'The remote reads back other values.');
}

function failureOf(settled: Settled, cluster: string): FailureView | null {
  return endFailure(settled, cluster)?.view() ?? null;
}
