import { Failure, fail } from '#shared/contract/errors';
import { listing } from '../../../roles/slurm/listing';
import { type Asks, ask, given } from './ask';
import { columns } from './columns';

const LONG = 4096;
const SHORT = 64;
/** what only `-O` tells, or tells as it was asked for and not with numbers filled in */
const WIDTHS = {
  JobID: 12,
  BatchFlag: SHORT,
  HetJobID: SHORT,
  STDIN: LONG,
  STDOUT: LONG,
  STDERR: LONG,
  NumTasks: SHORT,
  'cpus-per-task': SHORT,
  MinCpus: SHORT,
  MinTmpDisk: SHORT,
  MinTime: SHORT,
  TimeLimit: SHORT,
  DelayBoot: SHORT,
  Deadline: SHORT,
  EligibleTime: SHORT,
  Contiguous: SHORT,
  OverSubscribe: SHORT,
  Requeue: SHORT,
  Reboot: SHORT,
  Nice: SHORT,
  NTPerNode: SHORT,
  NTPerCore: SHORT,
  NTPerSocket: SHORT,
  Sockets: SHORT,
  Cores: SHORT,
  Threads: SHORT,
  Network: LONG,
  Container: LONG,
  BurstBuffer: LONG,
  'tres-per-job': LONG,
  'tres-per-node': LONG,
  'tres-per-socket': LONG,
  'tres-per-task': LONG,
  'cpus-per-tres': LONG,
  'mem-per-tres': LONG,
  'tres-bind': LONG,
  'tres-freq': LONG,
} as const;
type Fields = Record<keyof typeof WIDTHS, string>;

const TEXTS = {
  raw: '%A',
  base: '%F',
  tasks: '%K',
  name: '%j',
  state: '%T',
  user: '%u',
  uid: '%U',
  gid: '%G',
  account: '%a',
  qos: '%q',
  partition: '%P',
  command: '%o',
  workDir: '%Z',
  comment: '%k',
  dependency: '%E',
  excluded: '%x',
  required: '%n',
  features: '%f',
  licenses: '%W',
  wckey: '%w',
  reservation: '%v',
} as const;
type Text = keyof typeof TEXTS;

/** A pending job as SLURM tells of it; for an array what its waiting tasks have in common. */
export interface JobRecord {
  texts: Record<Text, string>;
  fields: Fields;
  /** a value of `scontrol show job` by its key; '' where it has none */
  shown(key: string): string;
  /** of an array: the waiting tasks, as `1-4,7%2`; '' for a single job */
  tasks: string;
}

/**
 * Reads a pending job whole. @param id of the job, or of the array
 * @returns null where it began or ended meanwhile
 * @throws Failure INVALID_INPUT where it cannot be told whole, SERVER_ERROR, TIMEOUT
 */
export async function readJob(
  commands: Asks,
  id: string,
  signal?: AbortSignal,
): Promise<JobRecord | null> {
  try {
    const names = Object.keys(TEXTS) as Text[];
    const list = listing(Object.values(TEXTS));
    const about = ['squeue', '-h', '-a', '-j', id] as const;
    const rows = list
      .rows(await ask(commands, [...about, '-o', list.format], signal))
      .map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])))
      .map((row) => row as Record<Text, string>);
    const texts = rows.find(({ state }) => state === 'PENDING');
    if (texts === undefined) return null;
    const table = columns(WIDTHS);
    const more = table.rows(await ask(commands, [...about, '-O', table.format], signal));
    const fields = more.find(({ JobID }) => JobID === texts.raw);
    const shown = await showRecords(commands, id, texts, signal);
    const [first] = shown;
    if (fields === undefined || first === undefined) return null;
    if (new Set(shown.map(wishesIn)).size > 1) throw changedApart();
    return {
      texts,
      fields,
      shown: (key) => valueOf(first, key),
      tasks: tasksOf(shown),
    };
  } catch (error) {
    if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** One text per pending record of `scontrol show job`, without what users wrote as they pleased. */
async function showRecords(
  commands: Asks,
  id: string,
  { name, comment, command, workDir }: Record<Text, string>,
  signal?: AbortSignal,
): Promise<string[]> {
  let text = await ask(commands, ['scontrol', 'show', 'job', id], signal);
  const free = { JobName: name, Comment: comment, Command: command, WorkDir: workDir };
  for (const [key, value] of Object.entries(free)) {
    if (value !== '') text = text.replaceAll(`${key}=${value}`, `${key}=`);
  }
  return text.split(/^(?=JobId=)/m).filter((one) => valueOf(one, 'JobState') === 'PENDING');
}

/** Some keys follow the one before without a space. */
function valueOf(text: string, key: string): string {
  const found = new RegExp(`(?:^|[\\s]|Yes|No)${key}=(\\S*)`, 'm').exec(text)?.[1] ?? '';
  return given(found.replace(/^(Yes|No)(?=[A-Z]).*$/, '$1'));
}

const ALIKE = [
  'Partition',
  'TimeLimit',
  'Account',
  'QOS',
  'Nice',
  'NumNodes',
  'NumCPUs',
  'Features',
];
const wishesIn = (text: string) => ALIKE.map((key) => valueOf(text, key)).join(' ');

function tasksOf(shown: readonly string[]): string {
  const tasks = shown.map((one) => valueOf(one, 'ArrayTaskId')).filter((one) => one !== '');
  if (tasks.length === 0) return '';
  const limit = shown.map((one) => valueOf(one, 'ArrayTaskThrottle')).find((one) => one !== '');
  return `${tasks.map((one) => one.replace(/%.*/, '')).join(',')}${limit === undefined ? '' : `%${limit}`}`;
}

const changedApart = () =>
  fail(
    'INVALID_INPUT',
    { remedy: 'Submit its tasks by hand in the other cluster, or cancel them.' },
    'Tasks of this array were changed one by one.',
  );
