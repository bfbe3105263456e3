import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AccessStatus } from '#shared/contract/access';
import { type ClusterOperation, placeKey } from '#shared/contract/cluster-operations';
import type { Cluster, Group } from '#shared/contract/clusters';
import {
  type ClusterLive,
  type InventoryDelta,
  type InventoryRows,
  noRows,
} from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import type { ClusterSightings } from '#shared/contract/merge';
import type { Operation } from '#shared/contract/operations';
import type { Remote } from '#shared/contract/remotes';
import type { Settings } from '#shared/contract/settings';
import type { OutboxEntry } from '#shared/contract/sync';
import type { VaultStatus } from '#shared/contract/vault';
import { patchTable, type RowTable, tableOf } from './row-table';

/** The rows of one cluster; a table keeps its identity while its rows do not change. */
export interface ClusterInventory {
  nodes: RowTable<InventoryRows['nodes'][number]>;
  guests: RowTable<InventoryRows['guests'][number]>;
  storages: RowTable<InventoryRows['storages'][number]>;
  members: RowTable<InventoryRows['members'][number]>;
  jobs: RowTable<InventoryRows['jobs'][number]>;
  pods: RowTable<InventoryRows['pods'][number]>;
  services: RowTable<InventoryRows['services'][number]>;
  partitions: RowTable<InventoryRows['partitions'][number]>;
}

/** Everything the core pushes. Maps and rows are replaced, never changed in place. */
export interface LiveState {
  /** false until the first snapshot has arrived */
  ready: boolean;
  /** of the present connection; null while there is none */
  subscription: string | null;
  /** by uuid, in the core's order */
  clusters: ReadonlyMap<string, Cluster>;
  groups: readonly Group[];
  /** by cluster uuid */
  live: ReadonlyMap<string, ClusterLive>;
  /** by cluster uuid; absent where nothing is known yet */
  inventory: ReadonlyMap<string, ClusterInventory>;
  /** by id, newest first */
  operations: ReadonlyMap<string, Operation>;
  /** what agents carry out, by `placeKey`, newest first */
  clusterOperations: ReadonlyMap<string, ClusterOperation>;
  settings: Settings | null;
  vault: VaultStatus | null;
  remotes: readonly Remote[];
  /** what waits for a remote, oldest first */
  outbox: readonly OutboxEntry[];
  /** what agents see of other clusters, by cluster uuid; absent where they see none */
  sightings: ReadonlyMap<string, ClusterSightings>;
  /** who may see and change what; null until it is known */
  access: AccessStatus | null;
}

export type LiveStore = StoreApi<LiveState>;

const NOTHING: LiveState = {
  ready: false,
  subscription: null,
  clusters: new Map(),
  groups: [],
  live: new Map(),
  inventory: new Map(),
  operations: new Map(),
  clusterOperations: new Map(),
  settings: null,
  vault: null,
  remotes: [],
  outbox: [],
  sightings: new Map(),
  access: null,
};

export function createLiveStore(): LiveStore {
  return createStore<LiveState>(() => NOTHING);
}

/** All that was pushed is gone; who may see it stays known. */
export const forgetDesk = ({ access }: LiveState): LiveState => ({ ...NOTHING, access });

/** The state after one event. Rows of before a lost connection stay until the new ones arrive. */
export function applyEvent(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'snapshot':
      return snapshot(state, event);
    case 'inventoryAll':
      return {
        ...state,
        inventory: withEntry(state.inventory, event.uuid, inventoryOf(event.rows)),
      };
    case 'inventory':
      return {
        ...state,
        inventory: withEntry(
          state.inventory,
          event.uuid,
          patched(state.inventory.get(event.uuid), event.delta),
        ),
      };
    case 'clusters':
      return clustersChanged(state, event.upserts, event.removed);
    case 'groups':
      return { ...state, groups: ordered(event.groups) };
    case 'live':
      return { ...state, live: upserted(state.live, event.upserts) };
    case 'operation':
      return {
        ...state,
        operations: newestFirst([...state.operations.values(), event.operation], ({ id }) => id),
      };
    case 'clusterOperations':
      return { ...state, clusterOperations: agentsChanged(state, event.upserts, event.removed) };
    case 'settings':
      return { ...state, settings: event.settings };
    case 'vault':
      return { ...state, vault: event.vault };
    case 'remotes':
      return { ...state, remotes: event.remotes };
    case 'outbox':
      return { ...state, outbox: event.outbox };
    case 'sightings':
      return { ...state, sightings: sightingsOf(event) };
  }
}

function snapshot(state: LiveState, event: Extract<LiveEvent, { type: 'snapshot' }>): LiveState {
  const clusters = new Map(event.clusters.map((cluster) => [cluster.uuid, cluster]));
  return {
    ready: true,
    subscription: event.subscription,
    clusters,
    groups: ordered(event.groups),
    live: new Map(event.live.map((entry) => [entry.uuid, entry])),
    inventory: new Map([...state.inventory].filter(([uuid]) => clusters.has(uuid))),
    operations: newestFirst(event.operations, ({ id }) => id),
    clusterOperations: newestFirst(event.clusterOperations, placeKey),
    settings: event.settings,
    vault: event.vault,
    remotes: event.remotes,
    outbox: event.outbox,
    sightings: sightingsOf(event),
    access: state.access,
  };
}

const sightingsOf = ({ sightings }: { sightings: ClusterSightings[] }) =>
  new Map(sightings.map((each) => [each.uuid, each]));

function clustersChanged(state: LiveState, upserts: Cluster[], removed: string[]): LiveState {
  const clusters = new Map(upserted(state.clusters, upserts));
  for (const uuid of removed) clusters.delete(uuid);
  if (removed.length === 0) return { ...state, clusters };
  const live = new Map(state.live);
  const inventory = new Map(state.inventory);
  for (const uuid of removed) {
    live.delete(uuid);
    inventory.delete(uuid);
  }
  return { ...state, clusters, live, inventory };
}

function inventoryOf(rows: InventoryRows): ClusterInventory {
  return {
    nodes: tableOf(rows.nodes),
    guests: tableOf(rows.guests),
    storages: tableOf(rows.storages),
    members: tableOf(rows.members),
    jobs: tableOf(rows.jobs),
    pods: tableOf(rows.pods),
    services: tableOf(rows.services),
    partitions: tableOf(rows.partitions),
  };
}

function patched(known: ClusterInventory | undefined, delta: InventoryDelta): ClusterInventory {
  const from = known ?? inventoryOf(noRows());
  return {
    nodes: patchTable(from.nodes, delta.nodes),
    guests: patchTable(from.guests, delta.guests),
    storages: patchTable(from.storages, delta.storages),
    members: patchTable(from.members, delta.members),
    jobs: patchTable(from.jobs, delta.jobs),
    pods: patchTable(from.pods, delta.pods),
    services: patchTable(from.services, delta.services),
    partitions: patchTable(from.partitions, delta.partitions),
  };
}

function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value) {
  return new Map(map).set(key, value);
}

function upserted<Entry extends { uuid: string }>(
  map: ReadonlyMap<string, Entry>,
  entries: readonly Entry[],
): ReadonlyMap<string, Entry> {
  const next = new Map(map);
  for (const entry of entries) next.set(entry.uuid, entry);
  return next;
}

function ordered(groups: readonly Group[]): Group[] {
  return [...groups].sort((a, b) => a.position - b.position || a.name.localeCompare(b.name));
}

function agentsChanged(state: LiveState, upserts: ClusterOperation[], removed: string[]) {
  const gone = new Set(removed);
  const kept = [...state.clusterOperations].flatMap(([key, each]) => (gone.has(key) ? [] : [each]));
  return newestFirst([...kept, ...upserts], placeKey);
}

/** A later entry with the same id replaces an earlier one. */
function newestFirst<Entry extends { createdAt: number }>(
  operations: readonly Entry[],
  keyOf: (entry: Entry) => string,
): ReadonlyMap<string, Entry> {
  const byId = new Map(operations.map((operation) => [keyOf(operation), operation]));
  return new Map([...byId].sort(([, a], [, b]) => b.createdAt - a.createdAt));
}
