import { basename } from 'node:path';
import { Failure } from '#shared/contract/errors';
import type { Clock } from '../../../ports';
import type { JobParcel } from '../carry-hands';
import { argumentsOf } from './arguments';
import { type Asks, given } from './ask';
import { plainDependency } from './dependency';
import { holdIn } from './mark';
import { optionsOf } from './options';
import { type JobRecord, readJob } from './record';
import { readSpooled, stateFolder } from './spool';
import { standingOf } from './standing';

const SAVED_MS = 10_000;
const POLL_MS = 250;

interface Deps {
  commands: Asks;
  clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  /** uuid of the cluster that the job belongs to */
  cluster: string;
}

interface Wish {
  id: string;
  wasHeld: boolean;
}

/**
 * Reads a waiting job whole, on a node that has SLURM's saved state.
 * @returns no parcel and why, where it cannot be carried over
 */
export async function pack(
  deps: Deps,
  wish: Wish,
  signal: AbortSignal,
): Promise<{ parcel: JobParcel | null; why: string }> {
  try {
    const job = await readJob(deps.commands, wish.id, signal);
    if (job === null) return refused('It has begun or ended meanwhile.');
    const why = whyNot(job);
    return why === '' ? await parcelOf(deps, wish, job, signal) : refused(why);
  } catch (error) {
    // what is wrong with the job itself does not mend by asking again
    if (error instanceof Failure && error.code === 'INVALID_INPUT') return refused(error.message);
    throw error;
  }
}

const refused = (why: string) => ({ parcel: null, why });

function whyNot({ texts, fields, shown }: JobRecord): string {
  if (fields.BatchFlag !== '1')
    return 'It is interactive: the one who started it waits for it there.';
  if (given(fields.HetJobID) !== '') return 'It starts together with others (a heterogeneous job).';
  if (given(texts.reservation) !== '') return `It belongs to the reservation ${texts.reservation}.`;
  if (given(fields.BurstBuffer) !== '') return 'It uses a burst buffer of this cluster.';
  return shown('CronJob') === 'Yes' ? 'It comes from a scrontab, which has to be moved.' : '';
}

async function parcelOf(
  { commands, clock, cluster }: Deps,
  { id, wasHeld }: Wish,
  job: JobRecord,
  signal: AbortSignal,
): Promise<{ parcel: JobParcel | null; why: string }> {
  const { texts } = job;
  const folder = await stateFolder(commands, signal);
  const spooled = await readSpooled(folder, texts.base);
  if (spooled === null) return refused('Its script and environment do not lie on this node.');
  const command = given(texts.command);
  const submittedMs = Number(job.shown('SubmitTime')) * 1000;
  const until = clock.monotonic() + SAVED_MS;
  let args = await argumentsOf(command, folder, submittedMs);
  while (args === 'unsaved' && clock.monotonic() < until) {
    await clock.sleep(POLL_MS, signal);
    args = await argumentsOf(command, folder, submittedMs);
  }
  if (args === null || args === 'unsaved') {
    return refused('The arguments of its script cannot be told apart.');
  }
  const standing = await standingOf(commands, id, signal);
  const { script, environment } = spooled;
  const parcel: JobParcel = {
    key: `${cluster}/${id}`,
    id,
    user: texts.user,
    uid: Number(texts.uid),
    gid: Number(texts.gid),
    script,
    environment,
    options: optionsOf(job, script, environment, Math.floor(clock.now() / 1000)),
    args,
    workDir: texts.workDir,
    dependency: plainDependency(given(texts.dependency)),
    wasHeld,
    scriptName: basename(scriptOf(command, args)),
    ...(holdIn(standing?.adminComment ?? '')?.was === 'admin' && { heldByAdmin: true }),
  };
  return { parcel, why: '' };
}

const scriptOf = (command: string, args: readonly string[]) =>
  args.length === 0 ? command : command.slice(0, -args.join(' ').length - 1);
