import type { Clock } from '../../ports';
import { Elections } from '../election';
import { noQuorum, tooOld } from '../failures';
import { KeptLease } from '../lease';
import { checkCommit, encodeValue } from '../limits';
import type {
  Change,
  Condition,
  Entry,
  Lease,
  ReadOptions,
  State,
  StateHealth,
  Write,
} from '../types';
import {
  anyAnswer,
  encode,
  entryOf,
  grantAnswer,
  keepAliveAnswer,
  keyOf,
  rangeAnswer,
  rangeEnd,
  txnAnswer,
  watchMessage,
} from './codec';
import type { EtcdTransport } from './transport';

/** The shared state of one cluster in etcd, under `/clusterdeck/<cluster uuid>/`. */
export function createEtcdState(
  transport: EtcdTransport,
  clusterUuid: string,
  clock: Clock,
): State {
  return new EtcdState(transport, `/clusterdeck/${clusterUuid}/`, clock);
}

class EtcdState implements State {
  readonly #transport: EtcdTransport;
  readonly #root: string;
  readonly #clock: Clock;
  readonly #elections: Elections;
  readonly #leases = new Set<KeptLease>();

  constructor(transport: EtcdTransport, root: string, clock: Clock) {
    this.#transport = transport;
    this.#root = root;
    this.#clock = clock;
    this.#elections = new Elections(this, clock);
  }

  async get(key: string, options: ReadOptions = {}): Promise<Entry | null> {
    const { kvs } = await this.#range({ key: this.#key(key) }, options);
    const [kv] = kvs;
    return kv === undefined ? null : entryOf(kv, this.#root);
  }

  async list(prefix: string, options: ReadOptions = {}): Promise<Entry[]> {
    const { kvs } = await this.#range(this.#prefix(prefix), options);
    return kvs.map((kv) => entryOf(kv, this.#root));
  }

  async commit(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | null> {
    checkCommit(conditions, writes);
    const body = {
      compare: conditions.map((condition) => this.#compare(condition)),
      success: writes.map((write) => this.#operation(write)),
    };
    const call = { path: '/v3/kv/txn', body, schema: txnAnswer };
    const { succeeded, header } = await this.#transport.write(call);
    return succeeded ? header.revision : null;
  }

  async lease(ttlMs: number): Promise<Lease> {
    const asked = this.#clock.monotonic();
    const { ID, TTL } = await this.#transport.write({
      path: '/v3/lease/grant',
      body: { TTL: String(Math.ceil(ttlMs / 1000)) },
      schema: grantAnswer,
    });
    const lease = new KeptLease(ID, Number(TTL) * 1000, asked, this.#keeper(ID), this.#clock);
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
    const messages = this.#transport.stream({
      path: '/v3/watch',
      body: {
        create_request: { ...this.#prefix(prefix), start_revision: String(afterRevision + 1) },
      },
      schema: watchMessage,
      signal,
    });
    for await (const { result } of messages) {
      if (result.canceled) {
        throw result.compact_revision > 0 ? tooOld(afterRevision) : noQuorum(result.cancel_reason);
      }
      const changes = result.events.map(({ type, kv }) => ({
        key: keyOf(kv, this.#root),
        entry: type === 'DELETE' ? null : entryOf(kv, this.#root),
        revision: kv.mod_revision,
      }));
      if (changes.length > 0) yield changes;
    }
  }

  async revision(): Promise<number> {
    const { header } = await this.#range({ key: this.#key('revision'), count_only: true }, {});
    return header.revision;
  }

  async health(): Promise<StateHealth> {
    const ask = async (stale: boolean) => {
      await this.#range({ key: this.#key('health'), count_only: true }, { stale });
    };
    try {
      await ask(false);
      return 'ok';
    } catch {
      return await ask(true).then(
        () => 'read-only' as const,
        () => 'unreachable' as const,
      );
    }
  }

  /** Its leases end by themselves, as those of a dead agent. */
  async close(): Promise<void> {
    for (const lease of this.#leases) lease.abandon();
    await this.#transport.close();
  }

  async #range(range: object, { stale = false, signal }: ReadOptions) {
    const body = { ...range, serializable: stale };
    const call = { path: '/v3/kv/range', body, schema: rangeAnswer, signal };
    return await this.#transport.read(call, { isStale: stale });
  }

  #keeper(id: string) {
    return {
      renew: async (signal: AbortSignal) => {
        const call = { path: '/v3/lease/keepalive', body: { ID: id }, schema: keepAliveAnswer };
        const { result } = await this.#transport.read({ ...call, signal });
        // a lease that is gone is answered with no time left
        return result.TTL === '0' ? null : Number(result.TTL) * 1000;
      },
      revoke: async () => {
        const call = { path: '/v3/lease/revoke', body: { ID: id }, schema: anyAnswer };
        await this.#transport.write(call);
      },
    };
  }

  #key(key: string): string {
    return encode(this.#root + key);
  }

  #prefix(prefix: string): { key: string; range_end: string } {
    return { key: this.#key(prefix), range_end: rangeEnd(this.#root + prefix) };
  }

  #compare(condition: Condition): object {
    const key = this.#key(condition.key);
    if (condition.is === 'unchangedSince') {
      return { key, result: 'EQUAL', target: 'MOD', mod_revision: String(condition.modRevision) };
    }
    const created = condition.is === 'absent' ? 0 : condition.createRevision;
    return { key, result: 'EQUAL', target: 'CREATE', create_revision: String(created) };
  }

  #operation(write: Write): object {
    if ('put' in write) {
      const value = encode(encodeValue(write.key, write.put));
      const lease = write.lease === undefined ? {} : { lease: write.lease };
      return { request_put: { key: this.#key(write.key), value, ...lease } };
    }
    const range = 'key' in write ? { key: this.#key(write.key) } : this.#prefix(write.prefix);
    return { request_delete_range: range };
  }
}
