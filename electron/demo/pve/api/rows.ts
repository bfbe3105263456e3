import type { Caller } from '../access/permissions';
import { guestCounters, guestUptime } from '../load/guest-load';
import { nodeSample } from '../load/node-load';
import { storageUsed } from '../load/storage-load';
import type { PveCluster } from '../model/cluster';
import type { Guest, PveNode, Storage } from '../model/types';
import type { PveSite } from '../site';

export type Row = Record<string, unknown>;

/** The status daemon writes new numbers this often. */
export const STATS_CYCLE_MS = 10_000;

/** The moment the newest numbers belong to. */
export function statsMoment(nowMs: number): number {
  return Math.floor(nowMs / STATS_CYCLE_MS) * STATS_CYCLE_MS;
}

/** A guest in `/cluster/resources`; it shrinks when its node is silent. */
export function guestRow(cluster: PveCluster, guest: Guest, nowMs: number): Row {
  const tags = guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') };
  const identity = { id: `${guest.kind}/${guest.vmid}`, type: guest.kind, vmid: guest.vmid };
  if (cluster.nodes.get(guest.node)?.online !== true) {
    return { ...identity, node: guest.node, status: 'unknown', ...tags };
  }
  const load = guestCounters(guest, statsMoment(nowMs));
  return {
    ...identity,
    node: guest.node,
    name: guest.name,
    status: guest.status,
    template: guest.template ? 1 : 0,
    ...tags,
    ...(guest.pool === undefined ? {} : { pool: guest.pool }),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.haState === undefined ? {} : { hastate: guest.haState }),
    cpu: load.cpu,
    maxcpu: guest.cores,
    mem: load.mem,
    maxmem: guest.memBytes,
    disk: load.disk,
    maxdisk: guest.diskBytes,
    netin: load.netin,
    netout: load.netout,
    diskread: load.diskread,
    diskwrite: load.diskwrite,
    uptime: guestUptime(guest, nowMs),
    ...(cluster.dress.pressure ? { memhost: hostMem(guest, load.mem) } : {}),
  };
}

/** What a guest takes from its host: its memory and the machine around it. */
export function hostMem(guest: Guest, mem: number): number {
  return guest.kind === 'qemu' && mem > 0 ? Math.floor(mem * 1.04) + 180 * 1024 ** 2 : mem;
}

/** A node in `/cluster/resources` and `/nodes`. */
export function nodeRow(site: PveSite, node: PveNode, nowMs: number, caller: Caller): Row {
  const identity = { id: `node/${node.name}`, type: 'node', node: node.name };
  if (!node.online) return { ...identity, status: 'offline' };
  const row: Row = { ...identity, status: 'online', level: '' };
  if (!site.permissions.has(caller, `/nodes/${node.name}`, 'Sys.Audit')) return row;
  const moment = statsMoment(nowMs);
  const load = nodeSample(node, site.cluster.guestsOn(node.name), moment);
  return {
    ...row,
    cpu: load.cpu,
    maxcpu: node.cores,
    mem: load.memUsed,
    maxmem: node.memBytes,
    disk: load.rootUsed,
    maxdisk: node.rootBytes,
    uptime: Math.floor((nowMs - node.bootMs) / 1000),
  };
}

/** A storage as one node sees it in `/cluster/resources`. */
export function storageRow(storage: Storage, node: PveNode, nowMs: number): Row {
  const row = {
    id: `storage/${node.name}/${storage.id}`,
    type: 'storage',
    storage: storage.id,
    node: node.name,
    plugintype: storage.type,
    content: storage.content.join(','),
    shared: storage.shared ? 1 : 0,
  };
  if (!node.online) return { ...row, status: 'unknown' };
  return {
    ...row,
    status: 'available',
    disk: storageUsed(storage, node, statsMoment(nowMs)),
    maxdisk: storage.totalBytes,
  };
}

/** The per-node row of the local network zone. */
export function zoneRow(cluster: PveCluster, node: PveNode): Row {
  const zone = 'localnetwork';
  if (cluster.dress.zoneRow === 'sdn') {
    return {
      id: `sdn/${node.name}/${zone}`,
      type: 'sdn',
      sdn: zone,
      node: node.name,
      status: node.online ? 'ok' : 'unknown',
    };
  }
  return {
    id: `network/${node.name}/zone/${zone}`,
    type: 'network',
    network: zone,
    'network-type': 'zone',
    node: node.name,
    status: 'ok',
  };
}

/** A pool; 9 adds up what its running guests use. */
export function poolRow(cluster: PveCluster, pool: string, members: readonly Row[]): Row {
  const row: Row = { id: `/pool/${pool}`, type: 'pool', pool };
  const running = members.filter((member) => member.status === 'running');
  if (cluster.dress.major < 9 || running.length === 0) return row;
  for (const key of ['cpu', 'maxcpu', 'mem', 'maxmem', 'uptime']) {
    row[key] = running.reduce((sum, member) => sum + Number(member[key] ?? 0), 0);
  }
  return row;
}
