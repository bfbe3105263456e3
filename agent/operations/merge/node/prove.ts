import { Failure } from '#shared/contract/errors';
import type { Membership } from '../../../membership/types';
import type { Commands } from '../../../ports';
import { listing } from '../../../roles/slurm/listing';
import { complaint } from '../../../roles/slurm/look';
import { ask } from '../carry/ask';

const SRUN_MS = 20_000;
const DECODE_MS = 5_000;
/** seconds that a free processor is waited for */
const IMMEDIATE_S = 5;
const BUSY = ['allocated', 'mixed', 'completing'];

export interface ProveDeps {
  membership: Pick<Membership, 'members'>;
  commands: Pick<Commands, 'run'>;
  /** Whether that node accepts what munge of this one encodes; by node id. Null: there is no SLURM. */
  checkMunge(node: string): Promise<{ ok: boolean; why: string }> | null;
}

export interface Proof {
  munge: boolean;
  srun: boolean;
  why: string;
}

const proved: Proof = { munge: true, srun: true, why: '' };
const lacking = (munge: boolean, why: string): Proof => ({ munge, srun: false, why });

/**
 * Whether a node works in this cluster: it accepts this node's credentials, runs a step, and what it
 * encodes in that step is accepted here. One that is full of this cluster's jobs has proved itself.
 */
export async function prove(deps: ProveDeps, node: string, signal: AbortSignal): Promise<Proof> {
  const { membership } = deps;
  const member = membership.members().find(({ id }) => id === node);
  if (member === undefined) return lacking(false, 'It is no member of this cluster yet.');
  if (!member.roles.includes('slurm-worker')) return proved;
  try {
    const there = await deps.checkMunge(node);
    if (there === null) return proved;
    if (!there.ok) return lacking(false, `It does not accept our munge: ${there.why}.`);
    return await runOn(deps, member.name, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'ABORTED') throw error;
    return lacking(false, error.message);
  }
}

async function runOn(deps: ProveDeps, name: string, signal: AbortSignal): Promise<Proof> {
  const { commands } = deps;
  const { format, rows } = listing(['%N', '%R', '%T', '%a']);
  const argv = ['sinfo', '-h', '-a', '-N', '-n', name, '-o', format] as const;
  const places = rows(await ask(commands, argv, signal)).filter(([found]) => found === name);
  const [, partition, word = ''] = places.find(([, , , state]) => state === 'up') ?? [];
  if (places.length === 0) return lacking(true, 'SLURM does not know it yet.');
  if (partition === undefined) return lacking(true, 'None of its partitions is up.');
  const where = ['-p', partition, '-w', name, '-N1', '-n1', '--chdir=/', '--export=PATH'];
  const how = ['--quiet', `--immediate=${IMMEDIATE_S}`, '--time=1', '--job-name=clusterdeck-prove'];
  const srun = ['srun', ...how, ...where, 'munge', '-n'] as const;
  const ran = await commands.run([...srun], { deadlineMs: SRUN_MS, signal });
  if (ran.code !== 0) {
    const state = word.toLowerCase().replace(/[^a-z_]+$/, '');
    if (BUSY.includes(state) && /unable to allocate|requested nodes are busy/i.test(ran.stderr)) {
      return proved;
    }
    return lacking(true, `srun failed: ${complaint(ran.stderr)}.`);
  }
  const decoded = await commands.run(['unmunge', '-n'], {
    deadlineMs: DECODE_MS,
    input: ran.stdout,
    signal,
  });
  if (decoded.code === 0) return proved;
  return { munge: false, srun: true, why: 'What munge encodes there is not accepted here.' };
}
