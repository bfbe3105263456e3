import { fail } from '#shared/contract/errors';
import type { GuestRow, InventoryRows, NodeRow, StorageRow } from '#shared/contract/inventory';
import { coarse, roundFraction } from './rounded';

/**
 * Rows of `/cluster/resources` as this program knows them. Each value is checked by hand: this runs
 * over every row of every cluster each ten seconds, and a schema library costs several times more.
 * Types are loose on the wire (numbers as strings, 0/1 for booleans, keys absent), so whatever does
 * not fit becomes null, and a row without an identity is dropped and counted.
 */
export interface ShapedResources extends Pick<InventoryRows, 'nodes' | 'guests' | 'storages'> {
  /** by guest id; what rates are made of */
  counters: Map<string, Counters>;
  /** rows that could not be understood */
  dropped: number;
}

/** Readings of one guest; `uptimeS` is their clock, for they are taken at the same moment. */
export interface Counters {
  uptimeS: number;
  netIn: number;
  netOut: number;
}

type Raw = Record<string, unknown>;

/** @throws Failure BAD_RESPONSE when the answer is no list */
export function shapeResources(data: unknown): ShapedResources {
  if (!Array.isArray(data)) {
    throw fail('BAD_RESPONSE', { remedy: 'Check that the address is a Proxmox VE API.' });
  }
  const shaped: ShapedResources = {
    nodes: [],
    guests: [],
    storages: [],
    counters: new Map(),
    dropped: 0,
  };
  for (const raw of data) {
    if (!isRaw(raw) || !place(raw, shaped)) shaped.dropped += 1;
  }
  return shaped;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns false when the row should be understood and cannot be */
function place(raw: Raw, shaped: ShapedResources): boolean {
  switch (raw.type) {
    case 'node': {
      const row = nodeRow(raw);
      if (row !== null) shaped.nodes.push(row);
      return row !== null;
    }
    case 'qemu':
    case 'lxc': {
      const row = guestRow(raw, raw.type);
      if (row === null) return false;
      shaped.guests.push(row);
      const counters = countersOf(raw);
      if (counters !== null) shaped.counters.set(row.id, counters);
      return true;
    }
    case 'storage': {
      const row = storageRow(raw);
      if (row !== null) shaped.storages.push(row);
      return row !== null;
    }
    default:
      // pools, sdn and network rows are not watched
      return typeof raw.type === 'string';
  }
}

function nodeRow(raw: Raw): NodeRow | null {
  const node = text(raw.node);
  if (node === null) return null;
  const status = raw.status === 'online' || raw.status === 'offline' ? raw.status : 'unknown';
  const maxMem = measured(raw.maxmem);
  const maxDisk = measured(raw.maxdisk);
  return {
    id: `node/${node}`,
    node,
    status,
    cpu: roundFraction(measured(raw.cpu)),
    maxCpu: measured(raw.maxcpu),
    mem: coarse(measured(raw.mem), maxMem, 1024),
    maxMem,
    disk: coarse(measured(raw.disk), maxDisk, 4096),
    maxDisk,
    uptimeS: coarseUptime(measured(raw.uptime)),
    level: text(raw.level) ?? '',
  };
}

function guestRow(raw: Raw, kind: 'qemu' | 'lxc'): GuestRow | null {
  const vmid = measured(raw.vmid);
  const node = text(raw.node);
  if (vmid === null || !Number.isInteger(vmid) || vmid <= 0 || node === null) return null;
  const running = raw.status !== 'stopped' && raw.status !== 'unknown';
  const maxMem = measured(raw.maxmem);
  const maxDisk = measured(raw.maxdisk);
  const disk = measured(raw.disk);
  return {
    id: `${kind}/${vmid}`,
    vmid,
    kind,
    node,
    name: text(raw.name) ?? '',
    status: text(raw.status) ?? 'unknown',
    template: raw.template === 1 || raw.template === '1' || raw.template === true,
    tags: list(raw.tags),
    pool: text(raw.pool),
    lock: text(raw.lock),
    haState: text(raw.hastate),
    cpu: running ? roundFraction(measured(raw.cpu)) : null,
    maxCpu: measured(raw.maxcpu),
    mem: running ? coarse(measured(raw.mem), maxMem, 1024) : null,
    maxMem,
    // how full a virtual machine's disk is, is not known outside of it: the server says 0
    disk: kind === 'qemu' && disk === 0 ? null : coarse(disk, maxDisk, 4096),
    maxDisk,
    netInRate: null,
    netOutRate: null,
    uptimeS: running ? coarseUptime(measured(raw.uptime)) : null,
  };
}

function storageRow(raw: Raw): StorageRow | null {
  const storage = text(raw.storage);
  const node = text(raw.node);
  if (storage === null || node === null) return null;
  const known = raw.status === 'available';
  const total = known ? measured(raw.maxdisk) : null;
  return {
    id: `storage/${node}/${storage}`,
    storage,
    node,
    type: text(raw.plugintype) ?? '',
    content: list(raw.content).sort(),
    shared: raw.shared === 1 || raw.shared === '1' || raw.shared === true,
    status: known ? 'available' : 'unknown',
    used: known ? coarse(measured(raw.disk), total, 4096) : null,
    total,
  };
}

function countersOf(raw: Raw): Counters | null {
  const uptimeS = measured(raw.uptime);
  const netIn = measured(raw.netin);
  const netOut = measured(raw.netout);
  if (uptimeS === null || uptimeS === 0 || netIn === null || netOut === null) return null;
  return { uptimeS, netIn, netOut };
}

function measured(value: unknown): number | null {
  const number =
    typeof value === 'string' && /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Lists come joined by `;` (tags) or `,` (content, tags of old releases). */
function list(value: unknown): string[] {
  return typeof value === 'string' ? value.split(/[;, ]+/).filter((item) => item !== '') : [];
}

/** Steps of a minute, of ten after an hour, of an hour after a day: an uptime is no news by itself. */
function coarseUptime(uptimeS: number | null): number | null {
  if (uptimeS === null) return null;
  const step = uptimeS < 3600 ? 60 : uptimeS < 86_400 ? 600 : 3600;
  return Math.floor(uptimeS / step) * step;
}
