import { died } from '../errors';
import { isTrue } from '../http/params';
import { type Call, need, type Route } from '../http/route';
import { guestCounters, guestUptime } from '../load/guest-load';
import { nodeCounters, nodeSample, nodeWasUp, SWAP_BYTES } from '../load/node-load';
import { storageUsed } from '../load/storage-load';
import type { PveCluster } from '../model/cluster';
import type { PveNode } from '../model/types';
import { STATS_CYCLE_MS, statsMoment } from './rows';

const HISTORY_MS = 30 * 60_000;

interface Metric {
  id: string;
  metric: string;
  value: number;
  timestamp: number;
  type: 'gauge' | 'derive';
}

/** The export that hands out all current values in one go (since 8.2.5). */
export const metricsRoute: Route = {
  method: 'GET',
  path: '/cluster/metrics/export',
  params: {
    history: { type: 'boolean', optional: true },
    'local-only': { type: 'boolean', optional: true },
    'node-list': { optional: true },
    'start-time': { type: 'integer', optional: true, minimum: 0 },
  },
  permit: need('/', 'Sys.Audit'),
  handle: exportMetrics,
};

function exportMetrics({ site, params, nowMs, servedBy }: Call): unknown {
  const { cluster } = site;
  const newest = statsMoment(nowMs);
  const startMs = Number(params['start-time'] ?? 0) * 1000;
  const moments: number[] = [];
  const oldest = isTrue(params.history) ? Math.max(newest - HISTORY_MS, startMs) : newest;
  for (let at = newest; at >= oldest && at > startMs; at -= STATS_CYCLE_MS) moments.unshift(at);
  const nodes = chosenNodes(cluster, params, servedBy);
  return {
    data: moments.flatMap((at) => nodes.flatMap((node) => metricsOf(cluster, node, at))),
  };
}

function chosenNodes(
  cluster: PveCluster,
  params: Record<string, string>,
  servedBy: string,
): PveNode[] {
  const online = [...cluster.nodes.values()].filter((node) => node.online);
  if (isTrue(params['local-only'])) return online.filter((node) => node.name === servedBy);
  const list = params['node-list']?.split(/[,;]/);
  if (list === undefined) return online;
  const unknown = list.filter((name) => !cluster.nodes.has(name));
  if (unknown.length > 0) {
    throw died(`Requested node-list contains unknown nodes - ${unknown.join(', ')}`);
  }
  return online.filter((node) => list.includes(node.name));
}

function metricsOf(cluster: PveCluster, node: PveNode, ms: number): Metric[] {
  if (!nodeWasUp(node, ms)) return [];
  const timestamp = Math.floor(ms / 1000);
  const out: Metric[] = [];
  const add = (id: string, type: Metric['type'], values: Record<string, number>) => {
    for (const [metric, value] of Object.entries(values)) {
      out.push({ id, metric, value, timestamp, type });
    }
  };
  const guests = cluster.guestsOn(node.name);
  const load = nodeSample(node, guests, ms);
  const counters = nodeCounters(node, ms);
  const id = `node/${node.name}`;
  add(id, 'gauge', {
    uptime: Math.floor((ms - node.bootMs) / 1000),
    cpu_avg1: load.loadavg,
    cpu_avg5: load.loadavg * 0.97,
    cpu_avg15: load.loadavg * 0.94,
    cpu_max: node.cores,
    cpu_current: load.cpu,
    cpu_iowait: load.iowait,
    mem_total: node.memBytes,
    mem_used: load.memUsed,
    swap_total: SWAP_BYTES,
    swap_used: load.swapUsed,
    disk_total: node.rootBytes,
    disk_used: load.rootUsed,
  });
  add(id, 'derive', { net_in: counters.netin, net_out: counters.netout });
  for (const guest of guests) {
    const guestId = `${guest.kind}/${guest.vmid}`;
    const values = guestCounters(guest, ms);
    add(guestId, 'gauge', {
      uptime: guestUptime(guest, ms),
      cpu_max: guest.cores,
      mem_total: guest.memBytes,
      disk_total: guest.diskBytes,
    });
    if (guest.status !== 'running') continue;
    add(guestId, 'gauge', { cpu_current: values.cpu, mem_used: values.mem });
    add(guestId, 'derive', {
      net_in: values.netin,
      net_out: values.netout,
      disk_read: values.diskread,
      disk_write: values.diskwrite,
    });
  }
  for (const storage of cluster.storagesOn(node.name)) {
    add(`storage/${node.name}/${storage.id}`, 'gauge', {
      disk_total: storage.totalBytes,
      disk_used: storageUsed(storage, node, ms),
    });
  }
  return out;
}
