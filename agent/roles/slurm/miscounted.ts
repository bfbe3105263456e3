// SLURM (seen in 22.05.8) counts what runs on dynamic nodes twice when it reads its files anew with
// `scontrol reconfigure`: a node with a running job stays "allocated" after that job's end, and one with
// a completing job stays "completing", which gets no job any more. Neither resuming nor downing the node
// helps. A controller that starts anew counts anew.
import { Failure } from '#shared/contract/errors';
import type { Commands } from '../../ports';
import { expandHosts } from './hostlist';

const ASK_MS = 5_000;
/** whatever has a place on a node */
const PLACED = 'RUNNING,COMPLETING,SUSPENDED,CONFIGURING,STOPPED,SIGNALING,STAGE_OUT,RESIZING';

/** Whether no job has a place on any node; false also where SLURM does not answer. */
export async function isWithoutJobs(commands: Pick<Commands, 'run'>): Promise<boolean> {
  return (await jobsIn(commands, PLACED))?.length === 0;
}

/**
 * Nodes that SLURM calls completing while no job completes there. One look may be wrong, for a job may
 * end between its two questions.
 * @returns null where SLURM does not answer
 */
export async function falselyCompleting(commands: Pick<Commands, 'run'>): Promise<string[] | null> {
  const nodes = await lines(commands, ['sinfo', '-h', '-N', '-t', 'completing', '-o', '%N']);
  const busy = nodes === null ? null : await jobsIn(commands, 'COMPLETING');
  if (nodes === null || busy === null) return null;
  const known = new Set(busy.flatMap((text) => expandHosts(text)));
  return [...new Set(nodes)].filter((name) => !known.has(name));
}

/** Of each job in one of these states, its nodes, as `a[1-3]`. */
const jobsIn = (commands: Pick<Commands, 'run'>, states: string): Promise<string[] | null> =>
  lines(commands, ['squeue', '-h', '-a', '-t', states, '-o', '%N']);

async function lines(
  commands: Pick<Commands, 'run'>,
  argv: readonly [string, ...string[]],
): Promise<string[] | null> {
  try {
    const { code, stdout } = await commands.run(argv, { deadlineMs: ASK_MS });
    if (code !== 0) return null;
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
