import { fail } from '#shared/contract/errors';
import type { Commands } from '../../ports';
import { expandHosts } from './hostlist';
import { listing } from './listing';
import type { SlurmNode, SlurmPartition } from './types';

/** A job as SLURM lists it; its time goes on by itself, so that only what changed needs to be told. */
export interface SeenJob {
  id: string;
  name: string;
  state: string;
  user: string;
  partition: string;
  nodes: string[];
  reason: string;
  /** unix seconds */
  submitTime: number;
  cpus: number;
  /** seconds used when it was looked at */
  usedS: number;
}

/** What SLURM's own commands told, at one moment. */
export interface Look {
  jobs: SeenJob[];
  nodes: SlurmNode[];
  partitions: SlurmPartition[];
}

interface LookOptions {
  /** of each command */
  deadlineMs: number;
  signal?: AbortSignal;
}

const MAX_BYTES = 32 * 1024 * 1024;
const QUEUE = ['%i', '%j', '%T', '%u', '%M', '%P', '%N', '%r', '%C', '%V'];
const NODES = ['%N', '%T', '%C', '%P', '%a', '%E'];

/**
 * Asks for jobs, nodes and partitions.
 * @throws Failure TIMEOUT | NOT_FOUND (no SLURM here) | BAD_RESPONSE | SERVER_ERROR
 */
export async function look(commands: Commands, options: LookOptions): Promise<Look> {
  const { format, rows } = listing(QUEUE);
  // one after another: each is a burst of work for the controller
  const jobs = rows(await asked(commands, ['squeue', '-h', '-a', '-o', format], options));
  return { jobs: jobs.map(jobOf), ...(await lookAtNodes(commands, options)) };
}

/** The same without the jobs. */
export async function lookAtNodes(
  commands: Pick<Commands, 'run'>,
  options: LookOptions,
): Promise<Omit<Look, 'jobs'>> {
  const { format, rows } = listing(NODES);
  const nodes = rows(await asked(commands, ['sinfo', '-h', '-a', '-N', '-o', format], options));
  return { nodes: nodesOf(nodes), partitions: partitionsOf(nodes) };
}

/** What one of SLURM's commands prints. @throws Failure SERVER_ERROR where it refuses */
export async function asked(
  commands: Pick<Commands, 'run'>,
  argv: readonly [string, ...string[]],
  { deadlineMs, signal }: LookOptions,
): Promise<string> {
  const { code, stdout, stderr } = await commands.run(argv, {
    deadlineMs,
    maxBytes: MAX_BYTES,
    // unix seconds, whatever this machine's time zone
    env: { SLURM_TIME_FORMAT: '%s' },
    ...(signal && { signal }),
  });
  if (code === 0) return stdout;
  throw refused(argv[0], stderr);
}

/** SLURM's own first line of complaint, as `sinfo: error: Unable to contact slurm controller`. */
export function complaint(stderr: string): string {
  const line =
    stderr.split('\n').find((text) => /error|fatal/i.test(text)) ?? stderr.split('\n')[0];
  return (line ?? '')
    .replace(/^.*?\b(error|fatal): /, '')
    .trim()
    .replace(/\.$/, '');
}

const refused = (program: string, stderr: string) =>
  fail(
    'SERVER_ERROR',
    { remedy: 'Look at the controller: scontrol ping.', detail: stderr.slice(0, 500) },
    `${program} failed: ${complaint(stderr)}.`,
  );

function jobOf(fields: readonly string[]): SeenJob {
  const [id, name, state, user, used, partition, nodes, reason, cpus, submitted] = fields;
  const isWaiting = state === 'PENDING';
  return {
    id: id ?? '',
    name: name ?? '',
    state: state ?? '',
    user: user ?? '',
    usedS: secondsOf(used ?? ''),
    partition: partition ?? '',
    nodes: expandHosts(nodes ?? ''),
    reason: isWaiting && reason !== 'None' ? (reason ?? '') : '',
    cpus: countOf(cpus),
    submitTime: countOf(submitted),
  };
}

/**
 * `sinfo -N` has a line for each node in each of its partitions, and one without a node for a
 * partition that has none.
 */
function nodesOf(rows: readonly string[][]): SlurmNode[] {
  const nodes = new Map<string, SlurmNode>();
  for (const [name = '', state = '', cpus = '', marked = '', , why = ''] of rows) {
    const partition = plainName(marked);
    const known = nodes.get(name);
    if (known === undefined && name !== '') nodes.set(name, nodeOf(name, state, cpus, why));
    const { partitions = [] } = nodes.get(name) ?? {};
    if (partition !== '' && !partitions.includes(partition)) partitions.push(partition);
  }
  return [...nodes.values()];
}

function nodeOf(name: string, state: string, cpus: string, why: string): SlurmNode {
  const word = state.toLowerCase().replace(/[^a-z_]+$/, '');
  const reason = why === 'none' ? '' : why;
  const [allocated, total] = usedCpus(cpus);
  return {
    name,
    state: word,
    drain: word === 'draining' || word === 'drained' ? word : 'none',
    // a star: it has not answered the controller for a while
    reason: reason === '' && state.includes('*') ? 'It does not answer the controller.' : reason,
    cpus: total,
    cpusAllocated: allocated,
    partitions: [],
  };
}

function partitionsOf(rows: readonly string[][]): SlurmPartition[] {
  const partitions = new Map<string, SlurmPartition>();
  for (const [node = '', , cpus = '', marked = '', state = ''] of rows) {
    const name = plainName(marked);
    if (name === '') continue;
    const known = partitions.get(name) ?? {
      name,
      state: state === 'inact' ? 'inactive' : state,
      default: marked.endsWith('*'),
      nodes: 0,
      cpus: 0,
      cpus_allocated: 0,
    };
    const [allocated, total] = usedCpus(cpus);
    const isNode = node !== '';
    partitions.set(name, {
      ...known,
      nodes: known.nodes + (isNode ? 1 : 0),
      cpus: known.cpus + (isNode ? total : 0),
      cpus_allocated: known.cpus_allocated + (isNode ? allocated : 0),
    });
  }
  return [...partitions.values()];
}

/** The default partition has a star. */
const plainName = (marked: string) => marked.replace(/\*$/, '');

/** Allocated and all of `allocated/idle/other/total`. */
function usedCpus(text: string): [allocated: number, total: number] {
  const [allocated, , , total] = text.split('/').map(countOf);
  return [allocated ?? 0, total ?? 0];
}

function countOf(text: string | undefined): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

/** Of `1-02:03:04`, `2:03:04`, `3:04`; 0 for what is no time. */
export function secondsOf(used: string): number {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(used);
  if (match === null) return 0;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** As squeue prints it: `1-02:03:04`, `2:03:04`, `3:04`. */
export function usedText(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(Math.floor(seconds) % 60);
  if (days > 0) return `${days}-${two(hours)}:${two(minutes)}:${rest}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}
