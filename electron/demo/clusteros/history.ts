import type { MachineReading } from '#agent/ports';
import { readingAt } from './machine';
import type { SlurmWorld } from './slurm/world';
import type { ClusterOsSpec } from './specs';

/** One moment: ms since 1970 and what was measured by series. */
export type Moment = readonly [number, ReadonlyMap<string, number>];

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const COARSE_MS = 60_000;
const FINE_MS = 10_000;

/**
 * Tells the world's story from its beginning until `endMs`, and what the agents would have measured:
 * a day by the minute, the last hour every ten seconds.
 */
export function liveThrough(
  spec: ClusterOsSpec,
  world: SlurmWorld,
  pods: number,
  endMs: number,
): Moment[] {
  const moments: Moment[] = [];
  let at = endMs - DAY_MS;
  while (at < endMs) {
    world.advance(at);
    moments.push([at, measured(spec, world, pods, at)]);
    at += at < endMs - HOUR_MS ? COARSE_MS : FINE_MS;
  }
  world.advance(endMs);
  return moments;
}

/** The series that the agents themselves write (agent/facts/samples.ts). */
function measured(spec: ClusterOsSpec, world: SlurmWorld, pods: number, at: number) {
  const samples = new Map<string, number>();
  const readings = spec.nodes.map((node) => ({ node, reading: readingAt(node, world, at) }));
  for (const { node, reading } of readings) {
    samples.set(`node/${node.name}/cpu`, reading.cpuUsed ?? 0);
    samples.set(`node/${node.name}/memory`, used([reading], MEMORY));
    samples.set(`node/${node.name}/disk`, used([reading], DISK));
  }
  const all = readings.map(({ reading }) => reading);
  const cores = all.reduce((sum, { cpuCores }) => sum + cpuCores, 0);
  const busy = all.reduce((sum, { cpuUsed, cpuCores }) => sum + (cpuUsed ?? 0) * cpuCores, 0);
  samples.set('cluster/cpu', busy / cores);
  samples.set('cluster/memory', used(all, MEMORY));
  samples.set('cluster/disk', used(all, DISK));
  samples.set('cluster/nodes/alive', spec.nodes.length);
  samples.set('cluster/nodes/total', spec.nodes.length);
  const jobs = world.jobs().filter(({ endedAt }) => endedAt === null);
  const running = jobs.filter(({ startedAt }) => startedAt !== null).length;
  samples.set('cluster/jobs/running', running);
  samples.set('cluster/jobs/pending', jobs.length - running);
  if (pods > 0) samples.set('cluster/pods/running', pods);
  return samples;
}

const MEMORY = ['memTotalBytes', 'memAvailableBytes'] as const;
const DISK = ['diskTotalBytes', 'diskAvailableBytes'] as const;

function used(
  readings: readonly MachineReading[],
  [total, available]: typeof MEMORY | typeof DISK,
): number {
  const all = readings.reduce((sum, reading) => sum + reading[total], 0);
  return 1 - readings.reduce((sum, reading) => sum + reading[available], 0) / all;
}
