import { Failure } from '#shared/contract/errors';
import type { InventoryRows } from '#shared/contract/inventory';
import { countedStorages } from '#shared/domain/totals';
import type { Backfill } from '../metrics/backfill';
import { type RrdRow, readRrd } from '../metrics/rrd';
import { rrdBackfill } from '../metrics/rrd-backfill';
import { storageEntity } from '../metrics/samples';
import type { PveClient } from '../pve/types';

const MINUTE_MS = 60_000;
const DEADLINE_MS = 10_000;
/** A cluster of more has no lines until they were watched: a start must not become a flood. */
const MAX_NODES = 8;
const MAX_STORAGES = 12;

/**
 * What the nodes and storages of a cluster measured since then, from their `rrddata` of the last
 * hour, a request each. One that does not tell is left out. @throws Failure ABORTED
 */
export async function measuredByPve(
  client: PveClient,
  rows: InventoryRows,
  range: { sinceMs: number; untilMs: number },
  signal: AbortSignal,
): Promise<Backfill> {
  const ask = async (path: string): Promise<RrdRow[]> => {
    const wish = { timeframe: 'hour', cf: 'AVERAGE' };
    try {
      const { data } = await client.call('GET', path, wish, { signal, deadlineMs: DEADLINE_MS });
      return readRrd(data);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Failure) return [];
      throw error;
    }
  };
  const nodes = rows.nodes.filter(({ status }) => status === 'online');
  const storages = countedStorages(rows.storages).filter(
    ({ status, total }) => status === 'available' && total !== null,
  );
  const askedNodes = nodes.length > MAX_NODES ? [] : nodes;
  const askedStorages = storages.length > MAX_STORAGES ? [] : storages;
  const [ofNodes, ofStorages] = await Promise.all([
    Promise.all(askedNodes.map(({ node }) => ask(`/nodes/${node}/rrddata`))),
    Promise.all(
      askedStorages.map(({ node, storage }) => ask(`/nodes/${node}/storage/${storage}/rrddata`)),
    ),
  ]);
  const untilMs = Math.floor(range.untilMs / MINUTE_MS) * MINUTE_MS;
  const buckets = Math.max(1, Math.ceil((untilMs - range.sinceMs) / MINUTE_MS));
  return rrdBackfill(
    askedNodes.map(({ id, maxCpu }, index) => ({ id, maxCpu, rows: ofNodes[index] ?? [] })),
    askedStorages.map((row, index) => ({
      entity: storageEntity(row),
      rows: ofStorages[index] ?? [],
    })),
    { fromMs: untilMs - buckets * MINUTE_MS, stepMs: MINUTE_MS, buckets },
  );
}
