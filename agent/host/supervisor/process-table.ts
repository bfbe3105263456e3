import { readFile } from 'node:fs/promises';

/** One process for ever: its number may be given out again, its start time then differs. */
export interface ProcessId {
  pid: number;
  /** clock ticks since boot, field 22 of /proc/PID/stat */
  startTicks: number;
  /** /proc/sys/kernel/random/boot_id: after a reboot all numbers mean others */
  bootId: string;
}

/** @returns null where no such process lives; one that has ended and waits for its parent does not */
export async function identify(pid: number): Promise<ProcessId | null> {
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // the second field is the name in brackets, which may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = 'X'] = fields;
    if (state === 'Z' || state === 'X') return null;
    return { pid, startTicks: Number(fields[19]), bootId: bootId.trim() };
  } catch {
    return null;
  }
}

export async function isAlive(process: ProcessId): Promise<boolean> {
  const now = await identify(process.pid);
  return now?.startTicks === process.startTicks && now.bootId === process.bootId;
}

/**
 * Signals exactly this process, or its group where it leads one.
 * @returns false where it lives no more
 */
export async function signalProcess(
  target: ProcessId,
  signal: NodeJS.Signals,
  options: { group: boolean },
): Promise<boolean> {
  if (!(await isAlive(target))) return false;
  try {
    process.kill(options.group ? -target.pid : target.pid, signal);
    return true;
  } catch {
    return false;
  }
}
