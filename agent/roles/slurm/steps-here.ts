import { readdir, readFile } from 'node:fs/promises';

/**
 * Steps by the process table, as `4711.batch`: each has a process of its own, which says in its title
 * which step it keeps. A `slurmstepd infinity` keeps no step: it only holds a place in the groups of
 * the kernel.
 */
export async function stepsHere(proc = '/proc'): Promise<string[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const titles = await Promise.all(
    pids.map((pid) => readFile(`${proc}/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return titles.flatMap((title) => /^slurmstepd: \[([^\]]+)\]/.exec(title)?.[1] ?? []).toSorted();
}
