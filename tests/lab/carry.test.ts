import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { z } from 'zod';
import { systemClock } from '#agent/host/clock';
import type { Hand } from '#agent/operations/hands/types';
import { translateDependency } from '#agent/operations/merge/carry/dependency';
import { listMergeJobs } from '#agent/operations/merge/carry/queue';
import { carryRoutes } from '#agent/operations/merge/carry/routes';
import {
  cancelCarried,
  findCarried,
  holdJob,
  type JobParcel,
  packJob,
  unholdJob,
  unpackJob,
} from '#agent/operations/merge/carry-hands';
import { eventually } from '#tests/support/etcd';
import { type RealSlurm, startSlurm } from '#tests/support/real-slurm';

// two real SLURMs on loopback: what waits in one is carried to the other, and back
const OPERATION = randomUUID();

class Side {
  readonly uuid = randomUUID();
  readonly logged: string[] = [];
  slurm!: RealSlurm;

  async call<In extends z.ZodType, Out extends z.ZodType>(
    hand: Hand<In, Out>,
    input: z.input<In>,
  ): Promise<z.output<Out>> {
    const { commands } = this.slurm;
    const routes = carryRoutes({ commands, clock: systemClock, cluster: () => this.uuid });
    const route = routes.find((one) => one.hand.name === hand.name);
    const signal = new AbortController().signal;
    const log = (line: string) => void this.logged.push(line);
    const answer = await route?.run(hand.input.parse(input), {
      operation: OPERATION,
      epoch: 1,
      log,
      signal,
    });
    return hand.output.parse(answer);
  }

  /** @returns the number of the new job */
  async submit(...args: string[]): Promise<string> {
    const [id = ''] = (await this.slurm.must('sbatch', '--parsable', ...args)).split(';');
    return id;
  }
  async shown(id: string, letter: string): Promise<string> {
    return this.slurm.must('squeue', '-h', '-a', '-j', id, '-t', 'all', '-o', letter);
  }
  /** All that SLURM shows of a job but what must differ. */
  async wishes(id: string): Promise<string> {
    const text = await this.slurm.must('scontrol', 'show', 'job', id);
    return text
      .replace(/\b(JobId|ArrayJobId|Command|Comment|AdminComment)=.*?(?= \w+=|$)/gm, '')
      .replace(/\b\w*(Time|Eval|Sid|Reason|Priority)=\S+/g, '')
      .replaceAll(new RegExp(`\\b${id}\\b`, 'g'), 'ID')
      .replace(/^\s+\n/gm, '');
  }
  async hold(id: string) {
    return this.call(holdJob, { id, operation: OPERATION });
  }
  async pack(id: string): Promise<JobParcel> {
    const { wasHeld } = await this.hold(id);
    const { parcel, why } = await this.call(packJob, { id, wasHeld });
    if (parcel === null) throw new Error(why);
    return parcel;
  }
  stays = async (id: string) => {
    const jobs = await listMergeJobs(this.slurm.commands);
    return jobs.find((job) => job.id === id)?.stays;
  };
}

const [from, to] = [new Side(), new Side()];
let folder = '';
const inactive = (state: 'INACTIVE' | 'UP') =>
  from.slurm.must('scontrol', 'update', 'PartitionName=batch', `State=${state}`);

beforeAll(async () => {
  folder = mkdtempSync('/tmp/carried-');
  const [a, b] = await Promise.all([
    startSlurm('carry_from', [
      'FirstJobId=1001',
      'Licenses=matlab:4',
      'PartitionName=long Nodes=ALL',
    ]),
    startSlurm('carry_to', [
      'FirstJobId=5001',
      'Licenses=matlab:4',
      'PartitionName=long Nodes=ALL',
    ]),
  ]);
  from.slurm = a;
  to.slurm = b;
});
afterAll(async () => {
  await Promise.all([from.slurm?.close(), to.slurm?.close()]);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => inactive('UP'));

const script = (name: string, ...lines: string[]) => {
  // tests beside each other write scripts of one name
  const path = join(mkdtempSync(join(folder, 'script-')), name);
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return path;
};

/** What makes a job the same one, whatever its number. */
const same = ({ key: _key, id: _id, wasHeld: _was, heldByAdmin: _by, ...rest }: JobParcel) => rest;

it.concurrent.each([
  [
    'what only its environment tells',
    ['-H', '--open-mode=append', '--acctg-freq=7', '--cpu-freq=low', '--distribution=cyclic'],
  ],
  ['nothing but a script', ['-H', '-D', '/']],
  [
    'time and size',
    ['-H', '-t', '1-02:03:04', '--time-min=30', '-n2', '-c2', '--mem=300', '--tmp=1'],
  ],
  [
    'nodes and memory by CPU',
    ['-H', '-N1', '--ntasks-per-node=2', '--mem-per-cpu=100', '--exclusive'],
  ],
  [
    'where it may run',
    ['-H', '-p', 'long', '-C', 'fast', '-w', 'n1', '-L', 'matlab:2', '--contiguous'],
  ],
  [
    'when it may run',
    ['-H', '--begin=now+2hours', '--deadline=now+3days', '--nice=17', '--no-requeue'],
  ],
  [
    'files and mail',
    ['-H', '-o', '%x-%j.out', '-e', '/tmp/%u.err', '--mail-type=END,FAIL', '--mail-user=x@y.z'],
  ],
  ['an array', ['-H', '--array=1-9:2,20%3', '-o', 'task-%A-%a']],
  [
    'words of a user',
    ['-H', '-J', 'odd "name" \\ %j', '--comment=it\'s "mine"\t$HOME', '-A', 'physics'],
  ],
  ['another user', ['-H', '--uid=nobody', '--gid=nogroup', '--switches=1@10', '--spread-job']],
])('carries a job whole: %s', async (_what, options) => {
  const path = script('run job.sh', '#SBATCH --signal=B:USR1@60', 'echo "$@" >&2; sleep 600');
  const id = await from.submit(...options, path, 'two words', '', "a'b", '--help');
  const parcel = await from.pack(id);
  const { id: there, found } = await to.call(unpackJob, { parcel, dependency: '' });
  expect(found).toBe(false);
  expect(same(await to.pack(there))).toEqual(same(parcel));
  expect(await to.wishes(there)).toEqual(await from.wishes(id));
  expect(parcel.args).toEqual(['two words', '', "a'b", '--help']);
  expect(parcel.script).toBe(readFileSync(path, 'utf8'));
});

it('carries the environment exactly, tells nobody of it, and runs the job once', async () => {
  const out = join(folder, 'ran');
  const path = script('env.sh', `env -0 >${out}.$SLURM_JOB_ID`, `echo "$1" >>${out}`);
  await inactive('INACTIVE').catch(() => undefined);
  await inactive('UP');
  const secret = `token-${randomUUID()}`;
  const odd = { SECRET: secret, LINES: 'two\nlines "q" $x', SBATCH_QOS: 'nope' };
  const sent = await from.slurm.commands.run(
    ['sh', '-c', 'umask 027; cd /tmp && exec sbatch --parsable -q x -H "$@"', 'sh', path, 'once'],
    { deadlineMs: 20_000, env: odd },
  );
  const id = sent.stdout.trim();
  const parcel = await from.pack(id);
  expect(parcel.environment).toEqual(
    expect.arrayContaining([`SECRET=${secret}`, `LINES=${odd.LINES}`, 'SLURM_UMASK=0027']),
  );
  const first = await to.call(unpackJob, { parcel, dependency: '' });
  const second = await to.call(unpackJob, { parcel, dependency: '' });
  expect(second).toEqual({ id: first.id, found: true });
  expect(await to.call(findCarried, { from: from.uuid })).toMatchObject({
    jobs: expect.arrayContaining([{ key: parcel.key, id: first.id, state: 'PENDING', held: true }]),
  });
  await from.call(cancelCarried, { id, operation: OPERATION });
  expect(await from.shown(id, '%T')).toBe('CANCELLED');
  await to.call(unholdJob, { id: first.id });
  await eventually(async () => (await to.shown(first.id, '%T')) === 'COMPLETED', 'its end', 30_000);
  expect(readFileSync(out, 'utf8')).toBe('once\n');
  const ran = readFileSync(`${out}.${first.id}`, 'utf8').split('\0');
  expect(ran).toEqual(expect.arrayContaining([`SECRET=${secret}`, `LINES=${odd.LINES}`]));
  expect(ran).toContain('SLURM_SUBMIT_DIR=/tmp');
  expect([...from.logged, ...to.logged].join('\n')).not.toContain(secret);
  // one that has ended is found as well, so that it is not submitted again
  expect(await to.call(unpackJob, { parcel, dependency: '' })).toEqual(second);
});

it('lets a job be as it was, whoever held it', async () => {
  const sleeper = script('sleep.sh', 'sleep 600');
  const ids = await Promise.all(
    [1, 2, 3].map(() => from.submit('-H', '--begin=now+1day', sleeper)),
  );
  const [free = '', user = '', admin = ''] = ids;
  await from.slurm.must('scontrol', 'release', free);
  await from.slurm.must('scontrol', 'hold', admin);
  await from.slurm.must('scontrol', 'update', `JobId=${user}`, 'AdminComment=by "me"');
  for (const id of ids) {
    const wasHeld = id !== free;
    expect(await from.hold(id)).toEqual({ state: 'held', wasHeld });
    // asked again after a lost answer
    expect(await from.hold(id)).toEqual({ state: 'held', wasHeld });
    expect(await from.shown(id, '%r')).toBe('JobHeldAdmin');
  }
  const { heldByAdmin } = await from.pack(admin);
  expect(heldByAdmin).toBe(true);
  for (const id of [...ids, ...ids]) await from.call(unholdJob, { id });
  // the scheduler says it in its next round
  await expect.poll(() => from.shown(free, '%r')).toBe('BeginTime');
  expect(await from.shown(user, '%r')).toBe('JobHeldUser');
  expect(await from.shown(admin, '%r')).toBe('JobHeldAdmin');
  expect(await from.slurm.must('squeue', '-h', '-j', user, '-O', 'admin_comment:40')).toBe(
    'by "me"',
  );
  await expect(from.call(cancelCarried, { id: free, operation: OPERATION })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(await from.shown(free, '%T')).toBe('PENDING');
});

it('carries what an admin held so that its user cannot release it', async () => {
  const id = await from.submit(
    '-H',
    '--uid=nobody',
    '--gid=nogroup',
    '-D',
    '/',
    '--wrap',
    'sleep 600',
  );
  await from.slurm.must('scontrol', 'hold', id);
  const parcel = await from.pack(id);
  const { id: there } = await to.call(unpackJob, { parcel, dependency: '' });
  expect(await to.shown(there, '%r %u')).toBe('JobHeldAdmin nobody');
});

it('carries of an array what has not begun', async () => {
  const sleeper = script('task.sh', 'sleep 600');
  const id = await from.submit('--array=1-5', '-c', '2', '-D', '/', sleeper);
  await eventually(
    async () => (await from.shown(id, '%T')).includes('RUNNING'),
    'a task to run',
    30_000,
  );
  const parcel = await from.pack(id);
  const begun = (
    await from.slurm.must('squeue', '-h', '-r', '-t', 'R', '-j', id, '-o', '%K')
  ).split('\n');
  const { id: there } = await to.call(unpackJob, { parcel, dependency: '' });
  await from.call(cancelCarried, { id, operation: OPERATION });
  const carried = (await to.slurm.must('squeue', '-h', '-r', '-j', there, '-o', '%K')).split('\n');
  expect([...begun, ...carried].toSorted()).toEqual(['1', '2', '3', '4', '5']);
  expect(
    (await from.slurm.must('squeue', '-h', '-r', '-j', id, '-o', '%K %T')).split('\n').toSorted(),
  ).toEqual(begun.map((task) => `${task} RUNNING`).toSorted());
  expect(await from.hold(id)).toEqual({ state: 'gone', wasHeld: false });
  await from.slurm.must('scancel', id);
});

it('carries what waits for others with their new numbers, and says what cannot be carried', async () => {
  const sleeper = script('dep.sh', 'sleep 600');
  const first = await from.submit('-H', '-D', '/', sleeper);
  const array = await from.submit('-H', '-D', '/', '--array=1-3', sleeper);
  const last = await from.submit(
    '-D',
    '/',
    `--dependency=afterok:${first},aftercorr:${array}_2,after:${first}+5`,
    sleeper,
  );
  const running = await from.submit('-D', '/', sleeper);
  await eventually(
    async () => (await from.shown(running, '%T')) === 'RUNNING',
    'a job to run',
    30_000,
  );
  const behind = await from.submit('-D', '/', `--dependency=afterany:${running}`, sleeper);
  const behindThat = await from.submit('-D', '/', `--dependency=afterany:${behind}`, sleeper);
  const alone = await from.submit('-D', '/', '--dependency=singleton', sleeper);
  const [leader = ''] = (
    await from.slurm.must('sbatch', '--parsable', '-H', '-n1', ':', '-n1', '--wrap', 'true')
  ).split('+');
  expect(await from.stays(first)).toBe('');
  expect(await from.stays(array)).toBe('');
  expect(await from.stays(last)).toBe('');
  expect(await from.stays(alone)).toBe('');
  expect(await from.stays(running)).toContain('It has begun');
  expect(await from.stays(behind)).toContain(`waits for job ${running}, which runs still`);
  expect(await from.stays(behindThat)).toContain(`waits for job ${behind}, which stays too`);
  expect(await from.stays(leader)).toContain('heterogeneous');
  expect((await from.call(packJob, { id: leader, wasHeld: true })).why).toContain('heterogeneous');

  const numbers = new Map<string, string>();
  for (const id of [first, array]) {
    const { id: there } = await to.call(unpackJob, { parcel: await from.pack(id), dependency: '' });
    numbers.set(id, there);
  }
  const parcel = await from.pack(last);
  const dependency = translateDependency(parcel.dependency, numbers);
  expect(translateDependency(parcel.dependency, new Map([[first, '1']]))).toBeNull();
  const { id: there } = await to.call(unpackJob, { parcel, dependency: dependency ?? '' });
  const [a, b] = [numbers.get(first), numbers.get(array)];
  const waits = (await to.shown(there, '%E')).replaceAll('(unfulfilled)', '').split(',').toSorted();
  expect(waits).toEqual([`after:${a}+5`, `aftercorr:${b}_2`, `afterok:${a}`]);
  await from.slurm.must('scancel', running, behind, behindThat, alone);
});

it('is not taken where its user, its partition or its node is unknown', async () => {
  const id = await from.submit('-H', '-D', '/', '--wrap', 'true');
  const parcel = await from.pack(id);
  const asked = (change: Partial<JobParcel>) =>
    to.call(unpackJob, { parcel: { ...parcel, ...change }, dependency: '' });
  await expect(asked({ user: 'nobody' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(asked({ user: 'no-such-user' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  for (const option of ['--partition=gpu', '--nodelist=n9', '--constraint=rare']) {
    await expect(asked({ options: [option] })).rejects.toMatchObject({ code: 'PARAMETER_REFUSED' });
  }
  expect(
    (await to.call(findCarried, { from: from.uuid })).jobs.map(({ key }) => key),
  ).not.toContain(parcel.key);
});

it('submits nothing that is more than a job, whatever the other cluster sends', async () => {
  const id = await from.submit('-H', '-D', '/', '--wrap', 'true');
  const parcel = await from.pack(id);
  const asked = (change: Partial<JobParcel>) =>
    to.call(unpackJob, { parcel: { ...parcel, ...change }, dependency: '' });
  for (const option of [
    '/etc/shadow',
    '--export-file=/etc/shadow',
    '--wrap=id',
    '--uid=0',
    '-p',
    '',
  ]) {
    await expect(asked({ options: [option] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  const target = join(folder, 'outside');
  await asked({ scriptName: `../../../../..${target}` });
  expect(() => readFileSync(target)).toThrow('ENOENT');
});

it('gives up a copy, after which the original can be carried again', async () => {
  const id = await from.submit('-H', '-D', '/', '--wrap', 'true');
  const parcel = await from.pack(id);
  const first = await to.call(unpackJob, { parcel, dependency: '' });
  await to.call(cancelCarried, { id: first.id, operation: OPERATION });
  const second = await to.call(unpackJob, { parcel, dependency: '' });
  expect(second.found).toBe(false);
  expect(second.id).not.toBe(first.id);
  // and back to where it came from, by its key there
  const back = await to.pack(second.id);
  expect(back.key).toBe(`${to.uuid}/${second.id}`);
  const home = await from.call(unpackJob, { parcel: back, dependency: '' });
  expect(await from.shown(home.id, '%k')).toBe(back.key);
});
