import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Failure, fail } from '#shared/contract/errors';
import { complaint } from '../../../roles/slurm/look';
import type { JobParcel } from '../carry-hands';
import type { Asks } from './ask';
import { findCarriedJobs } from './carried';
import { withKey } from './mark';
import { CARRIED_OPTIONS } from './options';

const SUBMIT_MS = 30_000;
const MASK = /^SLURM_UMASK=([0-7]{3,4})$/;
const COMMENT = '--comment=';
/** No controller answered; anything else that sbatch complains of is an answer. */
const UNANSWERED = /unable to contact|zero bytes|timed out|connection (refused|reset)|socket/i;
/** sbatch sees nothing of this program's own environment, for that would become the job's. */
const BARE =
  'umask "$1"; shift; exec 3<&0 </dev/null env -i ${SLURM_CONF:+"SLURM_CONF=$SLURM_CONF"} "$(command -v sbatch)" "$@"';

/**
 * Submits a parcel as its user, held. It is looked for before and, where an answer was lost, after.
 * @param dependency with the numbers of this cluster
 * @throws Failure INVALID_INPUT where its user is another one here, PARAMETER_REFUSED where SLURM
 * here does not take it (as for a partition or node that it does not have), SERVER_ERROR, TIMEOUT
 */
export async function submit(
  commands: Asks,
  parcel: JobParcel,
  dependency: string,
  { log, signal }: { log(line: string): void; signal: AbortSignal },
): Promise<{ id: string; found: boolean }> {
  const there = await numberOf(commands, parcel.key, signal);
  if (there !== null) return { id: there, found: true };
  checkOptions(parcel);
  await checkUser(commands, parcel, signal);
  const folder = await mkdtemp(join(tmpdir(), 'clusterdeck-carried-'));
  try {
    const script = join(folder, fileName(parcel.scriptName ?? ''));
    await writeFile(script, parcel.script, { mode: 0o600 });
    const argv = [...submission(parcel, dependency), script, ...parcel.args];
    log(`sbatch ${submission(parcel, dependency).join(' ')}`);
    const mask = parcel.environment.map((one) => MASK.exec(one)?.[1]).find(Boolean) ?? '0022';
    const sent = await commands
      .run(['sh', '-c', BARE, 'sh', mask, ...argv], {
        deadlineMs: SUBMIT_MS,
        input: parcel.environment.map((one) => `${one}\0`).join(''),
        signal,
      })
      .catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'TIMEOUT') return null;
        throw error;
      });
    const id = sent?.code === 0 ? /^\d+/.exec(sent.stdout)?.[0] : undefined;
    if (id !== undefined) return { id, found: false };
    const late = await numberOf(commands, parcel.key, signal);
    if (late !== null) return { id: late, found: true };
    if (sent === null || UNANSWERED.test(sent.stderr)) throw unanswered();
    throw refused(complaint(sent.stderr));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What sbatch is told: nothing of it is secret. */
function submission({ key, options, uid, gid, workDir }: JobParcel, dependency: string): string[] {
  const comment = options.find((one) => one.startsWith(COMMENT))?.slice(COMMENT.length) ?? '';
  return [
    '--parsable',
    '--hold',
    '--export-file=3',
    `--uid=${uid}`,
    `--gid=${gid}`,
    `--chdir=${workDir}`,
    ...options.filter((one) => !one.startsWith('--comment')),
    `${COMMENT}${withKey(comment, key)}`,
    ...(dependency === '' ? [] : [`--dependency=${dependency}`]),
  ];
}

async function numberOf(commands: Asks, key: string, signal: AbortSignal): Promise<string | null> {
  const [from = ''] = key.split('/');
  const jobs = await findCarriedJobs(commands, from, signal);
  return jobs.find((job) => job.key === key)?.id ?? null;
}

/** The parcel comes from another cluster: what it asks for must be a wish of a job and no more. */
function checkOptions({ options, workDir }: JobParcel): void {
  const isKnown = (option: string) =>
    CARRIED_OPTIONS.has(/^--([a-z-]+)(?:=|$)/.exec(option)?.[1] ?? '');
  const strange = options.find((option) => !isKnown(option));
  if (strange === undefined && workDir.startsWith('/')) return;
  const remedy = 'Install the same version of the agent everywhere.';
  throw fail(
    'INVALID_INPUT',
    { remedy },
    'The parcel asks for something that no job is carried with.',
  );
}

/** In a folder of our own, whatever it is called elsewhere. */
function fileName(name: string): string {
  const plain = basename(name);
  return /^\.{0,2}$/.test(plain) || plain.startsWith('-') ? 'script' : plain;
}

/** A job of one user must not become one of another who happens to have the number. */
async function checkUser(
  commands: Asks,
  { user, uid }: JobParcel,
  signal: AbortSignal,
): Promise<void> {
  const { code, stdout } = await commands.run(['getent', 'passwd', user], {
    deadlineMs: SUBMIT_MS,
    signal,
  });
  const here = code === 0 ? stdout.split(':')[2] : undefined;
  if (here === `${uid}`) return;
  throw fail(
    'INVALID_INPUT',
    { remedy: 'Give the user the same number in both clusters.' },
    here === undefined ? `There is no user ${user} here.` : `${user} is ${here} here, not ${uid}.`,
  );
}

const refused = (why: string) =>
  fail(
    'PARAMETER_REFUSED',
    { remedy: 'It is tried again when more nodes have crossed; or cancel it.' },
    `SLURM does not take it here: ${why}.`,
  );

const unanswered = () =>
  fail(
    'SERVER_ERROR',
    { remedy: 'Look at the controller: scontrol ping.', outcome: 'unknown' },
    'No controller answered the submission.',
  );
