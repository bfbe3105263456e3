import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive, InventoryDelta } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import type { Operation } from '#shared/contract/operations';

/** A change as it is said once; what a subscriber hears may sum up several. */
export type LiveChange = Exclude<LiveEvent, { type: 'snapshot' | 'inventoryAll' }>;

interface Changes<Row> {
  upserts: Map<string, Row>;
  removed: Set<string>;
}
type Tables = {
  [Table in keyof InventoryDelta]: Changes<InventoryDelta[Table]['upserts'][number]>;
};

/**
 * What one subscriber has not heard yet. Changes of the same thing are merged, so it never grows
 * beyond what a snapshot holds; past `limit` rows a snapshot is the shorter way to the same end.
 */
export class Backlog {
  readonly #limit: number;
  readonly #clusters: Changes<Cluster> = changes();
  readonly #single = new Map<LiveChange['type'], LiveChange>();
  readonly #live = new Map<string, ClusterLive>();
  readonly #tables = new Map<string, Tables>();
  readonly #operations = new Map<string, Operation>();
  #rows = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get overflowed(): boolean {
    return this.#rows > this.#limit;
  }

  add(change: LiveChange): void {
    if (this.overflowed) return;
    switch (change.type) {
      case 'clusters':
        for (const uuid of change.removed) this.#forget(uuid);
        merge(this.#clusters, change.upserts, change.removed, (cluster) => cluster.uuid);
        break;
      case 'live':
        for (const live of change.upserts) this.#live.set(live.uuid, live);
        break;
      case 'inventory':
        this.#addDelta(change.uuid, change.delta);
        break;
      case 'operation':
        this.#operations.set(change.operation.id, change.operation);
        break;
      case 'groups':
      case 'settings':
      case 'vault':
      case 'remotes':
      case 'outbox':
        this.#single.set(change.type, change);
        break;
    }
  }

  /** Hands out what there is, in an order in which nothing refers to what comes later. */
  drain(): LiveChange[] {
    const out: LiveChange[] = [...this.#single.values()];
    const { upserts, removed } = this.#clusters;
    if (upserts.size > 0 || removed.size > 0) {
      out.push({ type: 'clusters', upserts: [...upserts.values()], removed: [...removed] });
    }
    if (this.#live.size > 0) out.push({ type: 'live', upserts: [...this.#live.values()] });
    for (const [uuid, tables] of this.#tables) {
      const delta = {
        nodes: plain(tables.nodes),
        guests: plain(tables.guests),
        storages: plain(tables.storages),
      };
      out.push({ type: 'inventory', uuid, delta });
    }
    for (const operation of this.#operations.values()) out.push({ type: 'operation', operation });
    this.clear();
    return out;
  }

  clear(): void {
    this.#single.clear();
    this.#clusters.upserts.clear();
    this.#clusters.removed.clear();
    this.#live.clear();
    this.#tables.clear();
    this.#operations.clear();
    this.#rows = 0;
  }

  #addDelta(uuid: string, delta: InventoryDelta): void {
    let tables = this.#tables.get(uuid);
    if (tables === undefined) {
      tables = { nodes: changes(), guests: changes(), storages: changes() };
      this.#tables.set(uuid, tables);
    }
    merge(tables.nodes, delta.nodes.upserts, delta.nodes.removed, (row) => row.id);
    merge(tables.storages, delta.storages.upserts, delta.storages.removed, (row) => row.id);
    const before = tables.guests.upserts.size;
    merge(tables.guests, delta.guests.upserts, delta.guests.removed, (row) => row.id);
    this.#rows += tables.guests.upserts.size - before;
  }

  #forget(uuid: string): void {
    this.#live.delete(uuid);
    this.#tables.delete(uuid);
  }
}

function changes<Row>(): Changes<Row> {
  return { upserts: new Map(), removed: new Set() };
}

function merge<Row>(
  into: Changes<Row>,
  upserts: readonly Row[],
  removed: readonly string[],
  idOf: (row: Row) => string,
): void {
  for (const id of removed) {
    into.upserts.delete(id);
    into.removed.add(id);
  }
  for (const row of upserts) {
    const id = idOf(row);
    into.removed.delete(id);
    into.upserts.set(id, row);
  }
}

function plain<Row>({ upserts, removed }: Changes<Row>) {
  return { upserts: [...upserts.values()], removed: [...removed] };
}
