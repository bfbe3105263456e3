import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { argumentsOf } from '#agent/operations/merge/carry/arguments';
import { CARRIED_OPTIONS, optionsOf } from '#agent/operations/merge/carry/options';
import type { JobRecord } from '#agent/operations/merge/carry/record';
import { readSpooled } from '#agent/operations/merge/carry/spool';
import { sweptFolder } from '#tests/support/temp-folder';

interface Told {
  texts?: Partial<JobRecord['texts']>;
  fields?: Partial<JobRecord['fields']>;
  shown?: Record<string, string>;
  tasks?: string;
}

/** A job as SLURM tells of it, nothing asked for but what the test says. */
function job({ texts, fields, shown = {}, tasks = '' }: Told): JobRecord {
  const nothing = (names: string) =>
    Object.fromEntries(names.split(' ').map((name) => [name, '(null)']));
  return {
    texts: {
      ...nothing('account qos command comment dependency excluded required features licenses'),
      raw: '12',
      base: '12',
      tasks: 'N/A',
      name: 'fit',
      state: 'PENDING',
      user: 'ada',
      uid: '1000',
      gid: '1000',
      partition: 'batch',
      workDir: '/home/ada',
      wckey: '*default',
      reservation: '(null)',
      ...texts,
    } as JobRecord['texts'],
    fields: {
      ...nothing('Network Container BurstBuffer STDOUT STDERR'),
      ...nothing('tres-bind tres-freq'),
      ...Object.fromEntries(
        ['job', 'node', 'socket', 'task'].map((one) => [`tres-per-${one}`, 'N/A']),
      ),
      'cpus-per-tres': 'N/A',
      'mem-per-tres': 'N/A',
      'cpus-per-task': '1',
      NumTasks: '1',
      JobID: '12',
      BatchFlag: '1',
      HetJobID: 'N/A',
      STDIN: '/dev/null',
      MinCpus: '1',
      MinTmpDisk: '0',
      MinTime: '0:00',
      TimeLimit: 'UNLIMITED',
      DelayBoot: '0:00',
      Deadline: 'N/A',
      EligibleTime: 'N/A',
      Contiguous: '0',
      OverSubscribe: 'OK',
      Requeue: '1',
      Reboot: '0',
      Nice: '0',
      NTPerNode: '0',
      NTPerCore: 'N/A',
      NTPerSocket: 'N/A',
      Sockets: '*',
      Cores: '*',
      Threads: '*',
      ...fields,
    } as JobRecord['fields'],
    shown: (key) => shown[key] ?? '',
    tasks,
  };
}

const NOW = 1_700_000_000;
const USUAL = ['--job-name=fit', '--partition=batch', '--time=UNLIMITED', '--requeue'];
const options = (told: Told, script = '#!/bin/sh\n', environment: string[] = []) =>
  optionsOf(job(told), script, environment, NOW);

it('asks for nothing that the job did not ask for', () => {
  expect(options({})).toEqual(USUAL);
});

it.each<[string, Told, string[]]>([
  [
    'GPUs of a node',
    { fields: { 'tres-per-node': 'gres:gpu:a100:2,gres:disk:1' } },
    ['--gres=gpu:a100:2,disk:1'],
  ],
  [
    'GPUs of a job',
    {
      fields: {
        'tres-per-job': 'gres:gpu:4',
        'cpus-per-tres': 'gres:gpu:8',
        'mem-per-tres': 'gres:gpu:1024',
      },
    },
    ['--gpus=4', '--cpus-per-gpu=8', '--mem-per-gpu=1024M'],
  ],
  [
    'GPUs of a task',
    {
      fields: { 'tres-per-task': 'gres:gpu:1', 'tres-bind': 'gres:gpu:closest' },
      shown: { GresEnforceBind: 'Yes' },
    },
    ['--gpus-per-task=1', '--gpu-bind=closest', '--gres-flags=enforce-binding'],
  ],
  [
    'cores of its own',
    { fields: { OverSubscribe: 'USER' }, shown: { CoreSpec: '2' } },
    ['--exclusive=user', '--core-spec=2'],
  ],
  ['a time to come', { fields: { EligibleTime: `${NOW + 60}` } }, [`--begin=uts${NOW + 60}`]],
  ['a time that is past', { fields: { EligibleTime: `${NOW - 60}` } }, []],
  ['tasks of an array', { tasks: '1-4,7%2' }, ['--array=1-4,7%2']],
  ['nodes from and to', { shown: { NumNodes: '2-4' } }, ['--nodes=2-4']],
  ['nodes that SLURM reckoned', { shown: { NumNodes: '16' } }, []],
  [
    'its usual file',
    { fields: { STDOUT: '/home/ada/slurm-12.out', STDERR: '/home/ada/slurm-12.out' } },
    [],
  ],
])('carries %s', (_what, told, expected) => {
  const found = options(told);
  expect(found.filter((one) => !USUAL.includes(one))).toEqual(expected);
  for (const one of found) expect(CARRIED_OPTIONS).toContain(/^--([a-z-]+)/.exec(one)?.[1]);
});

it('wins over what the script asks for and its user took back', () => {
  const script =
    '#!/bin/sh\n#SBATCH -c 8 --nice=5\n#SBATCH --mail-type=ALL\n#SBATCH --begin=16:00\n';
  expect(options({}, script)).toEqual(
    expect.arrayContaining(['--cpus-per-task=1', '--nice=0', '--mail-type=NONE', '--begin=now']),
  );
});

it('refuses what no option can say', () => {
  const script = '#!/bin/sh\n#SBATCH --constraint=fast\n';
  expect(() => options({}, script)).toThrow('--constraint');
  expect(options({ texts: { features: 'fast' } }, script)).toContain('--constraint=fast');
  expect(() => options({ fields: { 'tres-per-job': 'gres:fpga:1' } })).toThrow('fpga');
});

it('says how many tasks there are only where the job knows', () => {
  expect(options({ fields: { NumTasks: '3' } })).toEqual(USUAL);
  expect(options({ fields: { NumTasks: '3' } }, '#!/bin/sh\n', ['SLURM_NTASKS=3'])).toContain(
    '--ntasks=3',
  );
});

it("takes from the environment what SLURM shows nowhere, where it is the job's own", () => {
  const left = ['SLURM_OPEN_MODE=a', 'SLURM_DISTRIBUTION=cyclic', 'TEXT=SLURM_ACCTG_FREQ=1'];
  expect(options({}, '#!/bin/sh\n', left).filter((one) => !USUAL.includes(one))).toEqual([
    '--open-mode=append',
    '--distribution=cyclic',
  ]);
  expect(options({}, '#!/bin/sh\n', [...left, 'SLURM_JOB_ID=7'])).toEqual(USUAL);
});

const saved = (...arrays: string[][]) =>
  Buffer.concat(
    arrays.flatMap((texts) => [
      Buffer.from('some other bytes'),
      number(texts.length),
      ...texts.flatMap((text) => [number(Buffer.byteLength(text) + 1), Buffer.from(`${text}\0`)]),
    ]),
  );
function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

it('tells the arguments of a script apart by the saved state', async () => {
  const folder = sweptFolder();
  const submitted = 1_700_000_000_000;
  const told = (command: string) => argumentsOf(command, folder, submitted);
  expect(await told('/a/run.sh')).toEqual([]);
  expect(await told('/a/run.sh a b')).toBe('unsaved');
  const path = join(folder, 'job_state');
  const save = (after: number, ...arrays: string[][]) => {
    writeFileSync(path, saved(...arrays));
    utimesSync(path, new Date(), new Date(submitted + after));
  };
  save(500, ['/a/run.sh', 'a', 'b']);
  expect(await told('/a/run.sh a b')).toBe('unsaved');
  save(9_000, ['/a/run.sh', 'a b'], ['/my run.sh', '', 'x'], ['/other', 'a']);
  expect(await told('/a/run.sh a b')).toEqual(['a b']);
  expect(await told('/my run.sh  x')).toEqual(['', 'x']);
  expect(await told('/nobody knows')).toBeNull();
  save(9_000, ['/a/run.sh', 'a b'], ['/a/run.sh', 'a', 'b']);
  expect(await told('/a/run.sh a b')).toBeNull();
});

it('reads a stored job whole or not at all', async () => {
  const folder = sweptFolder();
  const place = join(folder, 'hash.2', 'job.12');
  mkdirSync(place, { recursive: true });
  const store = (script: Buffer | string, environment: Buffer) => {
    writeFileSync(join(place, 'script'), script);
    writeFileSync(join(place, 'environment'), environment);
  };
  const two = Buffer.from('\u0002\0\0\0A=1\0B=two\nlines\0');
  store('#!/bin/sh\n\0', two);
  expect(await readSpooled(folder, '12')).toEqual({
    script: '#!/bin/sh\n',
    environment: ['A=1', 'B=two\nlines'],
  });
  expect(await readSpooled(folder, '13')).toBeNull();
  store(Buffer.from([0x23, 0x21, 0xff, 0]), two);
  await expect(readSpooled(folder, '12')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  store('#!/bin/sh\n\0', two.subarray(0, 10));
  await expect(readSpooled(folder, '12')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
