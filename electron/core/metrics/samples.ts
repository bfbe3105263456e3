import type { ClusterTotals, InventoryRows } from '#shared/contract/inventory';
import { countedStorages } from '#shared/domain/totals';

/** `entity metric`; the cluster itself is the entity ''. */
export type SeriesKey = `${string} ${string}`;

export const seriesKey = (entity: string, metric: string): SeriesKey => `${entity} ${metric}`;

/** Under which a storage is recorded: a shared one has one series however many nodes list it. */
export function storageEntity(row: { node: string; storage: string; shared: boolean }): string {
  return `storage/${row.shared ? '*' : row.node}/${row.storage}`;
}

/**
 * What one poll adds to the history: fractions for CPU, bytes, bytes per second.
 * @param figures further ones of the cluster itself, by metric
 * Network is the sum over guests: `/cluster/resources` has no traffic of the nodes themselves.
 */
export function samplesOf(
  rows: InventoryRows,
  totals: ClusterTotals,
  figures: ReadonlyMap<string, number> = new Map(),
): Map<SeriesKey, number> {
  const samples = new Map<SeriesKey, number>();
  const put = (entity: string, metric: string, value: number | null) => {
    if (value !== null && Number.isFinite(value)) samples.set(seriesKey(entity, metric), value);
  };
  const { cpu, memory, storage, guests } = totals;
  put('', 'cpu', cpu.used === null || !cpu.total ? null : cpu.used / cpu.total);
  put('', 'mem', memory.used);
  put('', 'memTotal', memory.total);
  put('', 'storage', storage.used);
  put('', 'storageTotal', storage.total);
  put('', 'running', guests.running);
  for (const [metric, value] of figures) put('', metric, value);
  const traffic = trafficOf(rows);
  put('', 'netIn', traffic.total.in);
  put('', 'netOut', traffic.total.out);
  for (const node of rows.nodes) {
    if (node.status !== 'online') continue;
    put(node.id, 'cpu', node.cpu);
    put(node.id, 'mem', node.mem);
    put(node.id, 'memTotal', node.maxMem);
    put(node.id, 'disk', node.disk);
    put(node.id, 'netIn', traffic.byNode.get(node.node)?.in ?? null);
    put(node.id, 'netOut', traffic.byNode.get(node.node)?.out ?? null);
  }
  for (const row of countedStorages(rows.storages)) {
    put(storageEntity(row), 'used', row.used);
    put(storageEntity(row), 'total', row.total);
  }
  return samples;
}

interface Traffic {
  in: number | null;
  out: number | null;
}

function trafficOf({ guests }: InventoryRows): { total: Traffic; byNode: Map<string, Traffic> } {
  const total: Traffic = { in: null, out: null };
  const byNode = new Map<string, Traffic>();
  for (const { node, netInRate, netOutRate } of guests) {
    if (netInRate === null || netOutRate === null) continue;
    const at = byNode.get(node) ?? { in: 0, out: 0 };
    byNode.set(node, at);
    for (const sum of [at, total]) {
      sum.in = (sum.in ?? 0) + netInRate;
      sum.out = (sum.out ?? 0) + netOutRate;
    }
  }
  return { total, byNode };
}
