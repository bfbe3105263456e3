import { fail } from '#shared/contract/errors';
import { given } from './ask';
import { withoutKey } from './mark';
import type { JobRecord } from './record';

/** One option of sbatch; `value` null: as if it had not been given. */
interface Option {
  long: string;
  /** its letter, where it has one */
  short?: string;
  value: string | true | null;
  /** what takes it back where the script asks for it and the job does not have it */
  none?: string;
}

/** All that a job is carried with. */
export const CARRIED_OPTIONS: ReadonlySet<string> = new Set([
  'account',
  'acctg-freq',
  'array',
  'begin',
  'comment',
  'constraint',
  'container',
  'contiguous',
  'core-spec',
  'cores-per-socket',
  'cpu-freq',
  'cpus-per-gpu',
  'cpus-per-task',
  'deadline',
  'delay-boot',
  'distribution',
  'error',
  'exclude',
  'exclusive',
  'gpu-bind',
  'gpu-freq',
  'gpus',
  'gpus-per-socket',
  'gpus-per-task',
  'gres',
  'gres-flags',
  'input',
  'job-name',
  'kill-on-invalid-dep',
  'licenses',
  'mail-type',
  'mail-user',
  'mem',
  'mem-per-cpu',
  'mem-per-gpu',
  'mincpus',
  'network',
  'nice',
  'no-requeue',
  'nodelist',
  'nodes',
  'ntasks',
  'ntasks-per-core',
  'ntasks-per-node',
  'ntasks-per-socket',
  'output',
  'open-mode',
  'oversubscribe',
  'partition',
  'qos',
  'reboot',
  'requeue',
  'sockets-per-node',
  'spread-job',
  'switches',
  'thread-spec',
  'threads-per-core',
  'time',
  'time-min',
  'tmp',
  'use-min-nodes',
  'wckey',
]);

/**
 * Options for sbatch that make the same job again, all that SLURM tells of. What the script itself
 * asks for stands in the script still; an option wins over it.
 * @param environment as it was stored for the job
 * @param now unix seconds
 * @throws Failure INVALID_INPUT where a wish of the job cannot be put into an option
 */
export function optionsOf(
  job: JobRecord,
  script: string,
  environment: readonly string[],
  now: number,
): string[] {
  const asked = directivesIn(script);
  return wishesOf(job, environment, asked, now).flatMap(({ long, short, value, none }) => {
    if (value === true) return [`--${long}`];
    if (value !== null) return [`--${long}=${value}`];
    if (!asks(asked, long, short)) return [];
    if (none === undefined) throw takenBack(long);
    return [none === '' ? `--${long}` : `--${long}=${none}`];
  });
}

function wishesOf(
  job: JobRecord,
  environment: readonly string[],
  asked: string,
  now: number,
): Option[] {
  const { texts, fields, tasks } = job;
  const has = (name: string) => environment.some((one) => one.startsWith(`${name}=`));
  const cpus = numberOf(fields['cpus-per-task']);
  const perNode = numberOf(fields.NTPerNode);
  const showsTasks = has('SLURM_NTASKS') || asks(asked, 'ntasks', 'n');
  const minCpus = numberOf(fields.MinCpus);
  return [
    { long: 'job-name', short: 'J', value: texts.name },
    { long: 'partition', short: 'p', value: texts.partition },
    { long: 'account', short: 'A', value: text(texts.account) },
    { long: 'qos', short: 'q', value: text(texts.qos) },
    { long: 'wckey', value: texts.wckey.startsWith('*') ? null : text(texts.wckey) },
    { long: 'comment', value: text(withoutKey(given(texts.comment))), none: '' },
    { long: 'array', short: 'a', value: text(tasks) },
    { long: 'time', short: 't', value: fields.TimeLimit },
    { long: 'time-min', value: unless(fields.MinTime, '0:00') },
    { long: 'begin', short: 'b', value: timeOf(fields.EligibleTime, now), none: 'now' },
    { long: 'deadline', value: timeOf(fields.Deadline, 0) },
    { long: 'delay-boot', value: minutesOf(fields.DelayBoot) },
    { long: 'nodes', short: 'N', value: nodesOf(job) },
    { long: 'ntasks', short: 'n', value: showsTasks ? fields.NumTasks : null },
    { long: 'cpus-per-task', short: 'c', value: cpus > 1 ? `${cpus}` : null, none: '1' },
    { long: 'ntasks-per-node', value: perNode > 0 ? `${perNode}` : null },
    { long: 'ntasks-per-core', value: star(fields.NTPerCore) },
    { long: 'ntasks-per-socket', value: star(fields.NTPerSocket) },
    { long: 'sockets-per-node', value: star(fields.Sockets) },
    { long: 'cores-per-socket', value: star(fields.Cores) },
    { long: 'threads-per-core', value: star(fields.Threads) },
    { long: 'mincpus', value: minCpus > cpus * Math.max(1, perNode) ? `${minCpus}` : null },
    ...memoryOf(job),
    { long: 'tmp', value: unless(fields.MinTmpDisk, '0'), none: '0' },
    { long: 'constraint', short: 'C', value: text(texts.features) },
    { long: 'nodelist', short: 'w', value: text(texts.required) },
    { long: 'exclude', short: 'x', value: text(texts.excluded) },
    { long: 'licenses', short: 'L', value: text(texts.licenses) },
    { long: 'network', value: text(fields.Network) },
    { long: 'container', value: text(fields.Container) },
    { long: 'contiguous', value: fields.Contiguous === '1' || null },
    ...sharingOf(fields.OverSubscribe),
    ...coresOf(job),
    ...gpusOf(job),
    { long: 'switches', value: text(job.shown('Switches')) },
    { long: 'nice', value: unless(fields.Nice, '0'), none: '0' },
    { long: fields.Requeue === '0' ? 'no-requeue' : 'requeue', value: true },
    { long: 'reboot', value: fields.Reboot === '1' || null },
    { long: 'spread-job', value: job.shown('SpreadJob') === 'Yes' || null },
    { long: 'use-min-nodes', value: job.shown('UseMinNodes') === 'Yes' || null },
    { long: 'kill-on-invalid-dep', value: yesNo(job.shown('KillOInInvalidDependent')), none: 'no' },
    ...mailOf(job),
    ...pathsOf(job),
    ...rememberedOf(environment),
  ];
}

/**
 * Options that SLURM shows nowhere; sbatch leaves them in the job's environment. A job that another
 * job submitted has that one's there.
 */
function rememberedOf(environment: readonly string[]): Option[] {
  const values = new Map(
    environment.map((one) => [one.replace(/=.*/s, ''), one.replace(/^.*?=/s, '')]),
  );
  if (values.has('SLURM_JOB_ID')) return [];
  const mode = { a: 'append', t: 'truncate' }[values.get('SLURM_OPEN_MODE') ?? ''] ?? null;
  const value = (name: string) => values.get(name) || null;
  return [
    { long: 'open-mode', value: mode },
    { long: 'acctg-freq', value: value('SLURM_ACCTG_FREQ') },
    { long: 'cpu-freq', value: value('SLURM_CPU_FREQ_REQ') },
    { long: 'distribution', short: 'm', value: value('SLURM_DISTRIBUTION') },
  ].filter((option) => option.value !== null);
}

/** As `--mem` or for each CPU; SLURM shows 0 where nothing was asked for, and where all was. */
function memoryOf({ shown }: JobRecord): Option[] {
  const perCpu = shown('MinMemoryCPU');
  const perNode = shown('MinMemoryNode');
  return perCpu === ''
    ? [{ long: 'mem', value: unless(perNode, '0'), none: '0' }]
    : [{ long: 'mem-per-cpu', value: perCpu }];
}

/** `2-4` or `3-3` where it was asked for; one number where SLURM only reckons. */
function nodesOf({ shown }: JobRecord): string | null {
  const range = /^(\d+)-(\d+)$/.exec(shown('NumNodes'));
  return range === null ? null : range[0];
}

function sharingOf(word: string): Option[] {
  const kinds: Record<string, string | true> = { NO: true, USER: 'user', MCS: 'mcs' };
  return [
    { long: 'exclusive', value: kinds[word] ?? null },
    { long: 'oversubscribe', short: 's', value: word === 'YES' || null, none: '' },
  ].filter(({ long, value }) => long === 'exclusive' || value !== null);
}

function coresOf({ shown }: JobRecord): Option[] {
  return [
    { long: 'core-spec', short: 'S', value: star(shown('CoreSpec')) },
    { long: 'thread-spec', value: star(shown('ThreadSpec')) },
  ];
}

function gpusOf({ fields, shown }: JobRecord): Option[] {
  const megabytes = given(fields['mem-per-tres']) === '' ? '' : 'M';
  return [
    { long: 'gres', value: withoutWord(fields['tres-per-node'], /^gres[:/]/) },
    { long: 'gpus', short: 'G', value: gpu(fields['tres-per-job']) },
    { long: 'gpus-per-socket', value: gpu(fields['tres-per-socket']) },
    { long: 'gpus-per-task', value: gpu(fields['tres-per-task']) },
    { long: 'cpus-per-gpu', value: gpu(fields['cpus-per-tres']) },
    { long: 'mem-per-gpu', value: gpu(fields['mem-per-tres'], megabytes) },
    { long: 'gpu-bind', value: gpu(fields['tres-bind']) },
    { long: 'gpu-freq', value: gpu(fields['tres-freq']) },
    { long: 'gres-flags', value: shown('GresEnforceBind') === 'Yes' ? 'enforce-binding' : null },
  ];
}

function mailOf({ shown }: JobRecord): Option[] {
  const types = shown('MailType');
  return [
    { long: 'mail-type', value: text(types), none: 'NONE' },
    { long: 'mail-user', value: types === '' ? null : text(shown('MailUser')), none: '' },
  ];
}

/** Where SLURM would write by itself is not said, for it has the job's number in its name. */
function pathsOf({ texts, fields }: JobRecord): Option[] {
  const numbers = `(${texts.raw}|${texts.base}_\\d+)`;
  const usual = new RegExp(`/slurm-${numbers}\\.out$`);
  const out = usual.test(fields.STDOUT) ? null : text(fields.STDOUT);
  const error = usual.test(fields.STDERR) ? null : text(fields.STDERR);
  return [
    { long: 'input', short: 'i', value: unless(fields.STDIN, '/dev/null') },
    { long: 'output', short: 'o', value: out },
    { long: 'error', short: 'e', value: error === out ? null : error },
  ];
}

const text = (value: string) => given(value) || null;
const unless = (value: string, usual: string) => (value === usual ? null : text(value));
const star = (value: string) => (value === '*' || value === '0' ? null : text(value));
const numberOf = (value: string) => (/^\d+$/.test(value) ? Number(value) : 0);
const yesNo = (value: string) => (value === '' ? null : value.toLowerCase());
/** SLURM's own word for unix seconds. */
const timeOf = (seconds: string, after: number) =>
  numberOf(seconds) > after ? `uts${seconds}` : null;

/** SLURM tells `1:30` as `-O`, and sbatch takes minutes. */
function minutesOf(value: string): string | null {
  return /^[0:]*$/.test(value) ? null : text(value);
}

function withoutWord(value: string, word: RegExp): string | null {
  const parts = given(value).split(',');
  return parts.map((one) => one.replace(word, '')).join(',') || null;
}

/** Of `gres:gpu:a100:2` what the options for GPUs take. */
function gpu(value: string, unit = ''): string | null {
  const plain = withoutWord(value, /^gres[:/]/);
  if (plain === null) return null;
  const parts = plain.split(',');
  if (parts.some((one) => !/^gpu[:/]/.test(one))) throw unknownWish(value);
  return parts.map((one) => `${one.replace(/^gpu[:/]/, '')}${unit}`).join(',');
}

/** The lines by which a script asks for options. */
const directivesIn = (script: string) =>
  script
    .split('\n')
    .filter((line) => line.startsWith('#SBATCH'))
    .join('\n');

function asks(directives: string, long: string, short?: string): boolean {
  const names = short === undefined ? `--${long}\\b` : `(--${long}\\b|-${short})`;
  return new RegExp(`\\s${names}`).test(directives);
}

const REMEDY = 'Submit this job by hand in the other cluster, or cancel it.';

const takenBack = (option: string) =>
  fail(
    'INVALID_INPUT',
    { remedy: REMEDY },
    `Its script asks for --${option}, which was taken back since.`,
  );

const unknownWish = (wish: string) =>
  fail('INVALID_INPUT', { remedy: REMEDY }, `It asks for ${wish}, which no option can say.`);
