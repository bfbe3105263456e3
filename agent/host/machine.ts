import { readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine, MachineReading } from '../ports';

const DEBIAN_ARCH: Record<string, string> = { x64: 'amd64', arm: 'armhf', ia32: 'i386' };

interface CpuTimes {
  cores: number;
  busy: number;
  total: number;
}

/**
 * Reads /proc and /sys.
 * @param options.root in place of `/`, for recorded machines
 * @param options.disk the folder whose file system is told
 */
export function createMachine(options: { root?: string; disk: string }): Machine {
  const root = options.root ?? '/';
  let before: CpuTimes | null = null;
  return {
    async read(): Promise<MachineReading> {
      const [stat, memory, disk, gpus] = await Promise.all([
        readFile(join(root, 'proc/stat'), 'utf8'),
        readFile(join(root, 'proc/meminfo'), 'utf8'),
        statfs(options.disk),
        countGpus(root),
      ]);
      const now = cpuTimes(stat);
      const used = before === null ? null : usedBetween(before, now);
      before = now;
      return {
        cpuCores: now.cores,
        cpuUsed: used,
        memTotalBytes: kilobytes(memory, 'MemTotal') * 1024,
        memAvailableBytes: kilobytes(memory, 'MemAvailable') * 1024,
        diskTotalBytes: disk.blocks * disk.bsize,
        diskAvailableBytes: disk.bavail * disk.bsize,
        gpus,
        arch: DEBIAN_ARCH[process.arch] ?? process.arch,
      };
    },
  };
}

/** The first line sums all cores: user nice system idle iowait irq softirq steal guest guest_nice. */
function cpuTimes(stat: string): CpuTimes {
  const lines = stat.split('\n');
  const cores = lines.filter((line) => /^cpu\d/.test(line)).length;
  // guest time is within user and nice already
  const times = (lines[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  const idle = (times[3] ?? 0) + (times[4] ?? 0);
  return { cores, busy: total - idle, total };
}

/** null where no tick has passed; iowait may run backwards, so the bounds are kept. */
function usedBetween(before: CpuTimes, now: CpuTimes): number | null {
  const total = now.total - before.total;
  if (total <= 0) return null;
  return Math.min(1, Math.max(0, (now.busy - before.busy) / total));
}

const kilobytes = (meminfo: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0);

/**
 * GPUs that programs can compute on: those of NVIDIA's driver, and AMD's nodes of the compute
 * driver with shaders. A screen adapter of a server's board counts as none.
 */
async function countGpus(root: string): Promise<number> {
  const nvidia = (await names(join(root, 'proc/driver/nvidia/gpus'))).length;
  const topology = join(root, 'sys/class/kfd/kfd/topology/nodes');
  const amd = await Promise.all(
    (await names(topology)).map(async (node) => {
      const text = await readFile(join(topology, node, 'properties'), 'utf8').catch(() => '');
      return Number(/^simd_count (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
    }),
  );
  return nvidia + amd.filter(Boolean).length;
}

const names = (folder: string) => readdir(folder).catch(() => []);
