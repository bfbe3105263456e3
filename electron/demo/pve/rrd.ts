import { type Dress, dressOf, type Timeframe } from './dress';
import { guestSample, runAt } from './load/guest-load';
import { nodeSample, nodeWasUp, SWAP_BYTES } from './load/node-load';
import { storageUsed } from './load/storage-load';
import { noise } from './load/waves';
import type { Guest, PveNode, Storage } from './model/types';
import { mix } from './random';

/** One row of a round-robin table. Keys without a value are absent, not null. */
export type RrdRow = { time: number } & Record<string, number>;

export type Consolidation = 'AVERAGE' | 'MAX';

/** Values at one moment, or nothing when nothing was recorded then. */
type Sampler = (ms: number) => Record<string, number> | undefined;

/** How far above the average the highest value within a step is drawn. */
const PEAK_PER_HOUR = 0.06;
const PEAK_LIMIT = 0.45;

/**
 * The rows of a table up to now, oldest first; `time` is the end of each step
 * in Unix seconds. Hosts upgraded at `upgradedMs` answer mixed steps.
 */
export function rrdRows(
  dress: Dress,
  timeframe: Timeframe,
  cf: Consolidation,
  nowMs: number,
  sampler: Sampler,
  upgradedMs?: number,
): RrdRow[] {
  const table = dress.rrd[timeframe];
  if (table === undefined) return [];
  const { rows, stepSeconds } = table;
  const floor = Math.floor(nowMs / 1000 / stepSeconds) * stepSeconds;
  // The newest row of a coarse table is still being filled.
  const last = stepSeconds > 60 && dress.major >= 9 ? floor - stepSeconds : floor;
  const times = Array.from({ length: rows }, (_, index) => last - (rows - 1 - index) * stepSeconds);
  return times.filter(keptBy(timeframe, upgradedMs)).map((time) => {
    const values = sampler((time - stepSeconds / 2) * 1000);
    if (values === undefined) return { time };
    return { time, ...(cf === 'MAX' ? peaks(values, stepSeconds) : values) };
  });
}

/** Rows from before an upgrade lie further apart: they keep the old table's steps. */
function keptBy(timeframe: Timeframe, upgradedMs: number | undefined): (time: number) => boolean {
  const old = dressOf('8.4').rrd[timeframe];
  if (upgradedMs === undefined || old === undefined) return () => true;
  return (time) => time * 1000 >= upgradedMs || time % old.stepSeconds === 0;
}

/** The highest values of a step, from its average ones. */
function peaks(values: Record<string, number>, stepSeconds: number): Record<string, number> {
  const lift = 1 + Math.min(PEAK_LIMIT, (stepSeconds / 3600) * PEAK_PER_HOUR);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (key.startsWith('max') || key.endsWith('total')) return [key, value];
      const raised = value * lift;
      return [key, key === 'cpu' || key === 'iowait' ? Math.min(1, raised) : raised];
    }),
  );
}

/** What is recorded of a node. */
export function nodeSampler(dress: Dress, node: PveNode, guests: readonly Guest[]): Sampler {
  return (ms) => {
    if (!nodeWasUp(node, ms)) return undefined;
    const load = nodeSample(node, guests, ms);
    return {
      cpu: load.cpu,
      iowait: load.iowait,
      loadavg: load.loadavg,
      maxcpu: node.cores,
      memtotal: node.memBytes,
      memused: load.memUsed,
      swaptotal: SWAP_BYTES,
      swapused: load.swapUsed,
      roottotal: node.rootBytes,
      rootused: load.rootUsed,
      netin: load.netin,
      netout: load.netout,
      ...(dress.pressure
        ? {
            memavailable: node.memBytes - load.memUsed,
            arcsize: 0,
            ...pressure(node.seed, load.cpu, ms, [
              'cpusome',
              'iosome',
              'iofull',
              'memorysome',
              'memoryfull',
            ]),
          }
        : {}),
    };
  };
}

/** What is recorded of a guest: its size always, its load while it is up. */
export function guestSampler(dress: Dress, node: PveNode, guest: Guest): Sampler {
  return (ms) => {
    if (ms < guest.createdMs || !nodeWasUp(node, ms)) return undefined;
    const size = {
      maxcpu: guest.cores,
      maxmem: guest.memBytes,
      maxdisk: guest.diskBytes,
    };
    if (runAt(guest.runs, ms) === undefined) return { ...size, disk: 0 };
    const load = guestSample(guest, ms);
    return {
      ...size,
      cpu: load.cpu,
      mem: load.mem,
      disk: load.disk,
      netin: load.netin,
      netout: load.netout,
      diskread: load.diskread,
      diskwrite: load.diskwrite,
      ...(dress.pressure
        ? {
            ...(guest.kind === 'qemu' ? { memhost: load.mem * 1.04 } : {}),
            ...pressure(guest.seed, load.cpu, ms, [
              'cpusome',
              'cpufull',
              'iosome',
              'iofull',
              'memorysome',
              'memoryfull',
            ]),
          }
        : {}),
    };
  };
}

/** What is recorded of a storage. */
export function storageSampler(node: PveNode, storage: Storage): Sampler {
  return (ms) =>
    nodeWasUp(node, ms)
      ? { total: storage.totalBytes, used: storageUsed(storage, node, ms) }
      : undefined;
}

/** Stall times in percent, higher where the processors are busy. */
function pressure(
  seed: number,
  cpu: number,
  ms: number,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    names.map((name, index) => {
      const share = index === 0 ? 9 * cpu * cpu : 0.8 * cpu;
      return [`pressure${name}`, share * noise(mix(seed, 40 + index), ms / 1000, 180)];
    }),
  );
}
