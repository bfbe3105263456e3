import { fail } from '#shared/contract/errors';
import type { Commands } from '../../ports';
import { listing } from '../../roles/slurm/listing';
import { complaint } from '../../roles/slurm/look';
import { stepsHere } from '../../roles/slurm/steps-here';

const ASK_MS = 5_000;

export interface Work {
  /** as SLURM has registered this node; null where it does not know it */
  name: string | null;
  /** SLURM's own word in small letters, as `drained` */
  state: string;
  reason: string;
  jobs: { id: string; name: string; user: string; state: string }[];
  /** as `123.batch` */
  steps: string[];
}

/**
 * SLURM's work on this node. The controller's list alone is not enough: steps go on without it.
 * @param host this machine's name; the node may be registered under another one
 * @throws Failure TIMEOUT | SERVER_ERROR where SLURM does not answer
 */
export async function workOn(
  host: string,
  commands: Pick<Commands, 'run'>,
  proc?: string,
): Promise<Work> {
  const ask = async (program: string, letters: readonly string[], ...more: string[]) => {
    const { format, rows } = listing(letters);
    const argv = [program, '-h', '-a', ...more, '-o', format] as const;
    const result = await commands.run([...argv], { deadlineMs: ASK_MS });
    if (result.code === 0) return rows(result.stdout);
    const remedy = 'Look at the controller: scontrol ping.';
    throw fail('SERVER_ERROR', { remedy }, `${program} failed: ${complaint(result.stderr)}.`);
  };
  const nodes = await ask('sinfo', ['%N', '%n', '%T', '%E'], '-N');
  const [name = null, , state = '', reason = ''] = nodes.find(([, named]) => named === host) ?? [];
  const listed = name === null ? [] : await ask('squeue', ['%i', '%j', '%u', '%T'], '-w', name);
  const jobs = listed
    .map(([id = '', job = '', user = '', word = '']) => ({ id, name: job, user, state: word }))
    .filter((job) => job.state !== 'PENDING');
  return {
    name,
    state: state.toLowerCase().replace(/[^a-z_]+$/, ''),
    reason: reason === 'none' ? '' : reason,
    jobs,
    steps: await stepsHere(proc),
  };
}
