import { Failure } from '#shared/contract/errors';
import type { Clock, Commands } from '../../ports';
import { expandHosts } from './hostlist';

const ASK_MS = 5_000;
const LOOK_MS = 100;
/** What a node does after a job takes a moment as a rule; an epilog of the admin's may take minutes. */
const QUIET_MS = 3_000;

interface Deps {
  commands: Pick<Commands, 'run'>;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
}

/**
 * Waits for a moment in which no job is completing. SLURM (seen in 22.05.8, with dynamic nodes) must not
 * read its files anew in another one: it counts the job twice, and when that is over its node stays
 * "completing", idle, and gets no job any more. Neither resuming nor downing the node helps, only a
 * controller that starts anew.
 * @returns false where there was none in three seconds, or SLURM does not answer
 */
export async function isQuiet({ commands, clock }: Deps): Promise<boolean> {
  for (const until = clock.monotonic() + QUIET_MS; ; ) {
    const nodes = await completingJobs(commands);
    if (nodes === null) return false;
    if (nodes.length === 0) return true;
    if (clock.monotonic() > until) return false;
    await clock.sleep(LOOK_MS);
  }
}

/**
 * Nodes that SLURM calls completing while no job of it completes there. One look may be wrong, for
 * a job may end between its two questions.
 * @returns null where SLURM does not answer
 */
export async function falselyCompleting(commands: Pick<Commands, 'run'>): Promise<string[] | null> {
  const nodes = await lines(commands, ['sinfo', '-h', '-N', '-t', 'completing', '-o', '%N']);
  const busy = nodes === null ? null : await completingJobs(commands);
  if (nodes === null || busy === null) return null;
  const known = new Set(busy.flatMap((text) => expandHosts(text)));
  return [...new Set(nodes)].filter((name) => !known.has(name));
}

/** Of each job that is completing, the nodes that are not done with it, as `a[1-3]`. */
const completingJobs = (commands: Pick<Commands, 'run'>): Promise<string[] | null> =>
  lines(commands, ['squeue', '-h', '-a', '-t', 'COMPLETING', '-o', '%N']);

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
