import type { Machine, MachineReading } from '#agent/ports';
import { noise } from '../pve/load/waves';
import { seedOf } from '../pve/random';
import type { SlurmWorld } from './slurm/world';
import type { AgentNodeSpec } from './specs';

const GIB = 1024 ** 3;

/** A machine whose load follows the jobs that SLURM has put on it. */
export function simulatedMachine(
  spec: AgentNodeSpec,
  world: SlurmWorld,
  clock: () => number,
): Machine {
  return { read: async () => readingAt(spec, world, clock()) };
}

/** What it would have measured at a moment up to which the world was told. */
export function readingAt(spec: AgentNodeSpec, world: SlurmWorld, atMs: number): MachineReading {
  const node = world.nodes.find((one) => one.spec.name === spec.name);
  const share = (node?.allocated ?? 0) / spec.cores;
  const seed = seedOf(spec.name);
  const seconds = atMs / 1000;
  // services idle along, jobs do not quite use what they asked for
  const idle = (spec.roles.includes('k3s-server') ? 0.09 : 0.03) * noise(seed, seconds, 90);
  const cpuUsed = clamp(idle + share * (0.72 + 0.26 * noise(seed + 1, seconds, 240)));
  const memory = clamp(0.11 + 0.55 * share * (0.6 + 0.4 * noise(seed + 2, seconds, 900)), 0.94);
  const disk = 0.38 + 0.2 * noise(seed + 3, seconds, 86_400) + 0.02 * noise(seed + 4, seconds, 600);
  const memTotalBytes = spec.memGiB * GIB;
  const diskTotalBytes = spec.diskGiB * GIB;
  return {
    cpuCores: spec.cores,
    cpuUsed,
    memTotalBytes,
    memAvailableBytes: Math.round(memTotalBytes * (1 - memory)),
    diskTotalBytes,
    diskAvailableBytes: Math.round(diskTotalBytes * (1 - disk)),
    gpus: spec.gpus,
    arch: 'amd64',
  };
}

const clamp = (value: number, most = 1) => Math.min(most, Math.max(0, value));
