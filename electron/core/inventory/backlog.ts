import { type ClusterOperation, placeKey } from '#shared/contract/cluster-operations';
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
  readonly #clusterOperations: Changes<ClusterOperation> = changes();
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
      case 'clusterOperations':
        merge(this.#clusterOperations, change.upserts, change.removed, placeKey);
        break;
      case 'groups':
      case 'settings':
      case 'vault':
      case 'remotes':
      case 'outbox':
      case 'sightings':
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
        members: plain(tables.members),
        jobs: plain(tables.jobs),
        pods: plain(tables.pods),
        services: plain(tables.services),
        partitions: plain(tables.partitions),
      };
      out.push({ type: 'inventory', uuid, delta });
    }
    for (const operation of this.#operations.values()) out.push({ type: 'operation', operation });
    const told = plain(this.#clusterOperations);
    if (told.upserts.length + told.removed.length > 0) {
      out.push({ type: 'clusterOperations', ...told });
    }
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
    this.#clusterOperations.upserts.clear();
    this.#clusterOperations.removed.clear();
    this.#rows = 0;
  }

  #addDelta(uuid: string, delta: InventoryDelta): void {
    let tables = this.#tables.get(uuid);
    if (tables === undefined) {
      tables = noTables();
      this.#tables.set(uuid, tables);
    }
    const before = longOnes(tables);
    mergeRows(tables.nodes, delta.nodes);
    mergeRows(tables.guests, delta.guests);
    mergeRows(tables.storages, delta.storages);
    mergeRows(tables.members, delta.members);
    mergeRows(tables.jobs, delta.jobs);
    mergeRows(tables.pods, delta.pods);
    mergeRows(tables.services, delta.services);
    mergeRows(tables.partitions, delta.partitions);
    this.#rows += longOnes(tables) - before;
  }

  #forget(uuid: string): void {
    this.#live.delete(uuid);
    this.#tables.delete(uuid);
  }
}

function changes<Row>(): Changes<Row> {
  return { upserts: new Map(), removed: new Set() };
}

function noTables(): Tables {
  return {
    nodes: changes(),
    guests: changes(),
    storages: changes(),
    members: changes(),
    jobs: changes(),
    pods: changes(),
    services: changes(),
    partitions: changes(),
  };
}

/** Only these tables grow so long that a snapshot may be shorter. */
function longOnes({ guests, jobs, pods }: Tables): number {
  return guests.upserts.size + jobs.upserts.size + pods.upserts.size;
}

function mergeRows<Row extends { id: string }>(
  into: Changes<Row>,
  delta: { upserts: readonly Row[]; removed: readonly string[] },
): void {
  merge(into, delta.upserts, delta.removed, (row) => row.id);
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
