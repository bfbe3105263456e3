import type { Commands } from '../../../ports';
import { expandHosts } from '../../../roles/slurm/hostlist';
import { namedListing } from '../../../roles/slurm/listing';
import { asked } from '../../../roles/slurm/look';
import type { MergeJob } from '../hands';

const LOOK_MS = 15_000;
const FIELDS = [
  'JobArrayID',
  'Name',
  'UserName',
  'UserID',
  'GroupID',
  'Account',
  'Partition',
  'State',
  'NodeList',
  'BatchFlag',
  'HetJobID',
  'Dependency',
] as const;

/** A job with what decides whether another cluster can take it over. */
interface Listed extends Omit<MergeJob, 'stays'> {
  isBatch: boolean;
  isOfParts: boolean;
  /** as `afterok:12,singleton` */
  dependency: string;
}

/**
 * All jobs that are not over, each with why it cannot be carried over; arrays that wait stand in one
 * line, as `12_[3-9]`.
 * @throws Failure TIMEOUT | SERVER_ERROR where SLURM does not answer
 */
export async function listJobs(
  commands: Pick<Commands, 'run'>,
  signal?: AbortSignal,
): Promise<MergeJob[]> {
  const { format, rows } = namedListing(FIELDS);
  const options = { deadlineMs: LOOK_MS, ...(signal && { signal }) };
  const text = await asked(commands, ['squeue', '-h', '-a', '-O', format], options);
  return judged(rows(text).map(listedOf));
}

function listedOf(row: readonly string[]): Listed {
  const [id, name, user, uid, gid, account, partition, state, nodes, batch, parts, waitsFor] = row;
  return {
    id: id ?? '',
    name: name ?? '',
    user: user ?? '',
    uid: Number(uid),
    gid: Number(gid),
    account: known(account),
    partition: partition ?? '',
    state: state ?? '',
    nodes: expandHosts(known(nodes)),
    isBatch: batch === '1',
    isOfParts: known(parts) !== '',
    dependency: known(waitsFor),
  };
}

/** SLURM's words for nothing. */
const known = (text = '') => (text === '(null)' || text === 'N/A' ? '' : text);

/** Says of each why it stays; one that waits for a job that stays cannot go either. */
function judged(jobs: readonly Listed[]): MergeJob[] {
  const byBase = new Map<string, Listed[]>();
  for (const job of jobs) {
    const base = baseOf(job.id);
    byBase.set(base, [...(byBase.get(base) ?? []), job]);
  }
  const why = new Map<string, string>();
  const whyOf = (job: Listed): string => {
    const found = why.get(job.id);
    if (found !== undefined) return found;
    // jobs cannot wait for each other in a ring; should a listing say so, none of them is held up by it
    why.set(job.id, '');
    const reason = ownReason(job) || waitingReason(job);
    why.set(job.id, reason);
    return reason;
  };
  const waitingReason = ({ dependency }: Listed): string => {
    for (const base of basesIn(dependency)) {
      const awaited = byBase.get(base) ?? [];
      const staying = awaited.find((one) => one.state !== 'PENDING' || whyOf(one) !== '');
      if (staying === undefined) continue;
      return staying.state === 'PENDING'
        ? `It waits for ${staying.id}, which cannot be carried over.`
        : `It waits for ${staying.id}, which has begun already.`;
    }
    return '';
  };
  return jobs.map((job) => {
    const { isBatch: _batch, isOfParts: _parts, dependency: _waits, ...rest } = job;
    return { ...rest, stays: job.state === 'PENDING' ? whyOf(job) : '' };
  });
}

function ownReason({ isBatch, isOfParts }: Listed): string {
  if (isOfParts) return 'It has several parts that begin together.';
  return isBatch ? '' : 'Somebody waits for it at a terminal, as with srun or salloc.';
}

const baseOf = (id: string) => /^\d+/.exec(id)?.[0] ?? id;

/** The jobs that are waited for, as in `afterok:12(unfulfilled):13+5?after:14_*`. */
const basesIn = (dependency: string): string[] =>
  [...dependency.matchAll(/:(\d+)/g)].map(([, id = '']) => id);
