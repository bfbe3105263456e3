import { fail } from '#shared/contract/errors';
import type { Commands } from '../../../ports';
import { expandHosts } from '../../../roles/slurm/hostlist';
import { listing } from '../../../roles/slurm/listing';
import { complaint } from '../../../roles/slurm/look';
import type { MergeJob } from '../hands';
import { columns } from './columns';
import { jobsIn } from './dependency';

const ASK_MS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;
const LETTERS = ['%A', '%F', '%i', '%j', '%u', '%U', '%G', '%a', '%P', '%T', '%N', '%E', '%v'];

interface Row {
  raw: string;
  base: string;
  job: MergeJob;
  dependency: string;
  reservation: string;
  isBatch: boolean;
  isOneOfMany: boolean;
}

/**
 * All jobs that are not over, each with why it cannot be carried over where that shows already. The
 * waiting tasks of an array are one job, by the number of the array.
 * @throws Failure SERVER_ERROR where no controller answers, TIMEOUT
 */
export async function listMergeJobs(
  commands: Pick<Commands, 'run'>,
  signal?: AbortSignal,
): Promise<MergeJob[]> {
  const rows = await readQueue(commands, signal);
  const known = new Map<string, Row>();
  for (const row of rows) for (const name of [row.base, row.job.id]) known.set(name, row);
  const waiting = new Map<string, MergeJob>();
  const others: MergeJob[] = [];
  for (const row of rows) {
    const { job } = row;
    if (job.state !== 'PENDING') others.push({ ...job, stays: RUNS });
    else if (!waiting.has(row.base)) {
      waiting.set(row.base, { ...job, id: row.base, stays: whyItStays(row, known, new Set()) });
    }
  }
  return [...others, ...waiting.values()];
}

const RUNS = 'It has begun, and ends where it is.';

function whyItStays(row: Row, known: ReadonlyMap<string, Row>, seen: Set<string>): string {
  if (!row.isBatch) return 'It is interactive: the one who started it waits for it there.';
  if (row.isOneOfMany) return 'It starts together with others (a heterogeneous job).';
  if (row.reservation !== '') return `It belongs to the reservation ${row.reservation}.`;
  seen.add(row.base);
  for (const id of jobsIn(row.dependency)) {
    const other = known.get(id) ?? known.get(id.replace(/_.*$/, ''));
    if (other === undefined) return `It waits for job ${id}, which is over in another way.`;
    if (other.job.state !== 'PENDING') return `It waits for job ${id}, which runs still.`;
    if (seen.has(other.base)) continue;
    const why = whyItStays(other, known, seen);
    if (why !== '') return `It waits for job ${id}, which stays too.`;
  }
  return '';
}

async function readQueue(commands: Pick<Commands, 'run'>, signal?: AbortSignal): Promise<Row[]> {
  const ask = async (option: '-o' | '-O', format: string) => {
    const argv = ['squeue', '-h', '-a', option, format] as const;
    const options = { deadlineMs: ASK_MS, maxBytes: MAX_BYTES, ...(signal && { signal }) };
    const { code, stdout, stderr } = await commands.run(argv, options);
    if (code === 0) return stdout;
    const remedy = 'Look at the controller: scontrol ping.';
    throw fail('SERVER_ERROR', { remedy }, `squeue failed: ${complaint(stderr)}.`);
  };
  const text = listing(LETTERS);
  const kinds = columns({ JobID: 12, BatchFlag: 4, HetJobID: 12 });
  const rows = text.rows(await ask('-o', text.format));
  const found = kinds.rows(await ask('-O', kinds.format));
  const kindOf = new Map(found.map((kind) => [kind.JobID, kind]));
  return rows.flatMap(([raw = '', base = '', id = '', name = '', user = '', ...rest]) => {
    const [uid = '', gid = '', account = '', partition = '', state = '', ...more] = rest;
    const [nodes = '', dependency = '', reservation = ''] = more;
    const kind = kindOf.get(raw);
    // one that came or went between the two questions is seen the next time
    if (kind === undefined) return [];
    return {
      raw,
      base,
      job: {
        id,
        name,
        user,
        uid: Number(uid),
        gid: Number(gid),
        account: given(account),
        partition,
        state,
        nodes: expandHosts(nodes),
        stays: '',
      },
      dependency: given(dependency),
      reservation: given(reservation),
      isBatch: kind.BatchFlag === '1',
      isOneOfMany: kind.HetJobID !== 'N/A',
    };
  });
}

/** SLURM's word for nothing. */
const given = (text: string) => (text === '(null)' ? '' : text);
