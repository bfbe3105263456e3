import { afterAll, beforeAll, expect, it } from 'vitest';
import { actionAnswer } from '#shared/contract/agent/actions';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { enrolHost } from '#tests/lab/setup';
import {
  daemonPids,
  jobState,
  jobsOf,
  leadersOf,
  nodesOf,
  problemCodes,
  ready,
} from '#tests/lab/views';

// a: two controllers that share their state; b: two that do not; each test leaves both whole
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);
const SLEEP = '#!/bin/sh\nexec sleep 600\n';
/** what a's nodes do after each job; it lasts as long as that file is there */
const EPILOG = '/usr/local/sbin/epilog';
const HOLD = '/shared/hold';
/** a backup waits for SlurmctldTimeout, then for the lease of who led before */
const TAKEN_OVER_MS = 60_000;

beforeAll(async () => {
  lab = await startLab({
    clusters: { a: 3, b: 2 },
    configure: (config, { name, cluster }) => {
      if (name === 'a3') return null;
      const { roles } = config;
      const controller =
        cluster === 'a'
          ? { ...roles['slurm-controller'], extra: [`Epilog=${EPILOG}`] }
          : { enabled: true, shared: false, slurmctld_timeout: 10 };
      return { ...config, roles: { ...roles, 'slurm-controller': controller } };
    },
  });
  const lasts = `while [ -e ${HOLD} ]; do sleep 0.2; done`;
  for (const name of ['a1', 'a2', 'a3']) {
    await host(name).sh(`printf '#!/bin/sh\\n${lasts}\\n' >${EPILOG} && chmod 755 ${EPILOG}`);
  }
  await ready(['a1', 'a2'].map(host));
  await ready(['b1', 'b2'].map(host));
});
afterAll(() => lab?.down());

async function leaderOf(from: LabHost): Promise<string | null> {
  const leader = (await leadersOf(from)).leaders['slurm-controller'];
  return 'status' in leader ? null : (leader.name ?? null);
}
const runs = async (one: LabHost, program: string) =>
  (await one.exec(['pidof', program])).stdout.trim() !== '';
/**
 * SLURM saves what it knows some seconds later; a power cut before that loses it. With a change that
 * comes last, all before it is saved too.
 */
async function saved(on: LabHost, folder: string): Promise<void> {
  await on.sh('touch /tmp/now');
  const last = await on.submit(SLEEP, 'last', ['--hold']);
  await until(
    async () => (await on.sh(`find ${folder} -name job_state -newer /tmp/now`)).trim() !== '',
    'SLURM to save its jobs',
    { withinMs: 30_000 },
  );
  await on.must(['scancel', last]);
}

it('acts on nodes and jobs over its API, and tells what came of it', async () => {
  const token = await host('b1').must(['node-agent', 'token', 'create', '--role', 'operator']);
  const bearer = `Authorization: Bearer ${token.trim()}`;
  const headers = ['-H', bearer, '-H', 'Content-Type: application/json'];
  const act = async (path: string, body: object) => {
    const post = ['curl', '-sk', '-X', 'POST', '-d', JSON.stringify(body), ...headers];
    const url = `https://${host('b2').address}:9090/api/v1/slurm/${path}`;
    const text = await host('b1').must([...post, url]);
    return actionAnswer.parse(JSON.parse(text)).state;
  };
  const node = async (name: string) =>
    (await nodesOf(host('b1'))).nodes.find((one) => one.name === name)?.slurm;
  await until(
    () =>
      act('nodes/b2/drain', { reason: 'fan is dead' }).then(
        (state) => state === 'drained',
        () => false,
      ),
    'the token to be known there',
  );
  await until(async () => (await node('b2'))?.drain === 'drained', 'the drain to be shown');
  expect(await node('b2')).toMatchObject({ reason: 'fan is dead' });
  expect(await act('nodes/b2/resume', {})).toMatch(/^idle/);

  const id = await host('b1').submit(SLEEP, 'held', ['--hold']);
  expect(await act(`jobs/${id}/release`, {})).toMatch(/PENDING|RUNNING/);
  await until(async () => (await jobState(host('b2'), id)) === 'RUNNING', 'the job to run');
  expect(await act(`jobs/${id}/cancel`, {})).toMatch(/CANCELLED|COMPLETING/);
  await until(async () => (await jobState(host('b2'), id)) === undefined, 'the job to be gone');
});

it('takes a worker with a partition of its own in while jobs run', async () => {
  const id = await host('a1').submit(SLEEP, 'steady', ['-w', 'a1']);
  await until(async () => (await jobState(host('a1'), id)) === 'RUNNING', 'the job to run');
  const before = await daemonPids(host('a1'), ['slurmd', 'munged']);
  const enrolment = await host('a1').sh('cat /etc/clusterdeck/enrolment.yaml');
  await enrolHost(host('a3'), enrolment, {
    networking: { address: host('a3').address },
    roles: { 'slurm-worker': { enabled: true, partitions: ['gpu'], features: ['big'] } },
  });
  await ready(['a1', 'a2', 'a3'].map(host));
  await until(
    async () => (await host('a2').sh('sinfo -h -p gpu -o "%N %T %f"')).startsWith('a3 idle'),
    'the partition to have its node',
  );
  expect(await host('a2').sh('sinfo -h -n a3 -o %f')).toContain('big,partition_gpu');
  expect(await daemonPids(host('a1'), ['slurmd', 'munged'])).toEqual(before);
  const steps = await host('a1').must(['srun', '-N', '2', '-n', '2', '--overcommit', 'hostname']);
  expect(new Set(steps.trim().split('\n')).size).toBe(2);
  expect(await jobState(host('a1'), id)).toBe('RUNNING');
  // all nodes have one configuration and one key
  const sums = await Promise.all(
    ['a1', 'a2', 'a3'].map((name) =>
      host(name).sh('cat /etc/slurm/slurm.conf /etc/munge/munge.key | sha256sum'),
    ),
  );
  expect(new Set(sums).size).toBe(1);
  await host('a1').must(['scancel', id]);
});

it('loses no node where files are read anew while a job is completing', async () => {
  const steady = await host('a1').submit(SLEEP, 'steady', ['-w', 'a1']);
  await until(async () => (await jobState(host('a1'), steady)) === 'RUNNING', 'the job to run');
  await host('a1').sh(`touch ${HOLD}`);
  const short = await host('a1').submit('#!/bin/sh\ntrue\n', 'short', ['-w', 'a2']);
  await until(async () => (await jobState(host('a1'), short)) === 'COMPLETING', 'it to complete');
  // what an admin may do at any time, and no agent does while a job runs
  await host('a1').must(['scontrol', 'reconfigure']);
  await host('a1').sh(`rm ${HOLD}`);
  await until(async () => (await jobState(host('a1'), short)) === undefined, 'its end');
  const a2 = () => host('a1').sh('sinfo -h -N -n a2 -o %T');
  expect(await a2()).toContain('completing');
  await until(async () => (await a2()).startsWith('idle'), 'a2 to be free', {
    withinMs: TAKEN_OVER_MS,
  });
  await host('a1').must(['srun', '-w', 'a2', '--immediate=10', 'true']);
  expect(await jobState(host('a1'), steady)).toBe('RUNNING');
  expect(await host('a1').sh(`scontrol show job ${steady}`)).toContain('Restarts=0');
  await ready(['a1', 'a2', 'a3'].map(host));
  await host('a1').must(['scancel', steady]);
  // it was counted twice, and its node is free with the next job's end at the latest
  await host('a1').must(['srun', '-w', 'a1', '--immediate=10', 'true']);
  await until(
    async () => /^(idle\s*)+$/.test(await host('a1').sh('sinfo -h -N -o %T')),
    'all nodes to be idle',
  );
});

it('follows the backup that takes over, and the primary that comes back', async () => {
  const id = await host('a1').submit(SLEEP, 'through', ['-w', 'a2']);
  await until(async () => (await jobState(host('a2'), id)) === 'RUNNING', 'the job to run');
  expect(await leaderOf(host('a2'))).toBe('a1');
  await saved(host('a2'), '/shared/slurmctld');
  await host('a1').poweroff();
  await until(async () => (await leaderOf(host('a3'))) === 'a2', 'a2 to lead', {
    withinMs: TAKEN_OVER_MS,
  });
  expect(await jobState(host('a3'), id)).toBe('RUNNING');
  const next = await host('a3').submit(SLEEP, 'meanwhile', ['-w', 'a3']);
  expect(Number(next)).toBeGreaterThan(Number(id));
  // SLURM may first wait in vain for answers of the node without power
  await until(async () => (await jobState(host('a3'), next)) === 'RUNNING', 'the new job to run', {
    withinMs: TAKEN_OVER_MS,
  });
  await host('a1').poweron();
  await until(async () => (await leaderOf(host('a3'))) === 'a1', 'a1 to lead again', {
    withinMs: TAKEN_OVER_MS,
  });
  await ready(['a1', 'a2', 'a3'].map(host));
  const { jobs } = (await jobsOf(host('a3'))).jobs.slurm;
  // what ended in the seconds before the power cut may be shown again: SLURM had not saved it yet
  const states = Object.fromEntries(jobs.map((job) => [job.id, job.state]));
  expect(states).toMatchObject({ [id]: 'RUNNING', [next]: 'RUNNING' });
  await host('a1').must(['scancel', '-u', 'root']);
});

it('starts no controller without the jobs of the one that is gone', async () => {
  const id = await host('b2').submit(SLEEP, 'waits', ['--hold']);
  await until(async () => (await jobState(host('b2'), id)) === 'PENDING', 'the job to be shown');
  await saved(host('b1'), '/var/spool/slurmctld');
  await host('b1').poweroff();
  // no quorum of two: what b2 shows is its own copy and what it sees itself
  await until(
    async () => (await problemCodes(host('b2'))).includes('slurm-primary-lost'),
    'the lost primary to be told',
    { withinMs: TAKEN_OVER_MS },
  );
  expect(await runs(host('b2'), 'slurmctld')).toBe(false);
  await host('b1').poweron();
  await ready(['b1', 'b2'].map(host));
  await until(async () => (await jobState(host('b2'), id)) === 'PENDING', 'the job to be back');
  await host('b1').must(['scancel', id]);
});

it('starts no controller on a folder that lost its jobs', async () => {
  const folder = '/var/spool/slurmctld';
  await host('b1').agent('stop');
  await host('b1').sh('kill -9 $(pidof slurmctld)');
  await host('b1').sh(`mv ${folder} ${folder}.away`);
  await host('b1').agent('start');
  await until(
    async () => (await problemCodes(host('b1'))).includes('slurm-state-missing'),
    'the missing folder to be told',
    { withinMs: TAKEN_OVER_MS },
  );
  expect(await runs(host('b1'), 'slurmctld')).toBe(false);
  expect((await host('b1').exec(['ls', folder])).code).not.toBe(0);
  await host('b1').sh(`mv ${folder}.away ${folder}`);
  await ready(['b1', 'b2'].map(host));
});

it('tells of a munge key that is not of the cluster, and mends it when the agent starts', async () => {
  await host('a3').sh('head -c 128 /dev/urandom >/etc/munge/munge.key && kill $(pidof munged)');
  await until(
    async () => (await problemCodes(host('a1'))).includes('munge-mismatch'),
    'the key to be told',
    { withinMs: 30_000 },
  );
  expect((await host('a3').exec(['sinfo'])).code).not.toBe(0);
  await host('a3').agent('restart');
  await ready(['a1', 'a2', 'a3'].map(host));
  await until(
    async () => !(await problemCodes(host('a1'))).includes('munge-mismatch'),
    'the trouble to end',
  );
});
