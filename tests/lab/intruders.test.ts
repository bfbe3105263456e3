import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterAnswer } from '#shared/contract/agent/dashboard';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { enrolHost, newEnrolment } from '#tests/lab/setup';
import {
  ask,
  daemonPids,
  jobState,
  memberStatuses,
  nodesOf,
  problemCodes,
  ready,
  statusOf,
  workerStates,
} from '#tests/lab/views';

// a whole cluster, and z1: a machine on the same network that is none of its nodes at first
let lab: Lab;
let enrolment: string;
const host = (name: string): LabHost => lab.host(name);
const members = () => ['a1', 'a2', 'a3'].map(host);

const FOUND_AFTER_S = 1;
const configOf = (one: LabHost, name = one.name) => ({
  identity: { name },
  networking: { address: one.address },
  discovery: { found_after: FOUND_AFTER_S },
  roles: { 'slurm-worker': { enabled: true } },
});

beforeAll(async () => {
  lab = await startLab({
    clusters: { a: 3, z: 1 },
    configure: (config, one) =>
      one.name === 'z1' ? null : { ...config, discovery: { found_after: FOUND_AFTER_S } },
  });
  await ready(members());
  enrolment = await host('a1').sh('cat /etc/clusterdeck/enrolment.yaml');
});
afterAll(() => lab?.down());

/** Starts z1's agent as a machine that was never a node of anything. */
async function asNewMachine(file: string, config: ReturnType<typeof configOf>): Promise<void> {
  await host('z1').agent('stop');
  await host('z1').poweroff();
  await host('z1').poweron();
  await host('z1').sh(
    'lab-agent stop; rm -rf /var/lib/clusterdeck /etc/clusterdeck /etc/munge/munge.key',
  );
  await enrolHost(host('z1'), file, config);
  await host('z1').agent('start');
  await until(async () => (await host('z1').api('/health')).status === 200, 'z1 to answer');
}

/** What nobody gets without proving the key. */
async function expectOutside(): Promise<void> {
  const seen = (await nodesOf(host('a1'))).nodes.find(({ name }) => name === 'z1');
  expect(seen?.authenticated ?? false).toBe(false);
  expect(seen?.roles ?? []).toEqual([]);
  expect((await host('z1').exec(['test', '-e', '/etc/munge/munge.key'])).code).toBe(1);
  expect((await statusOf(host('z1'))).agent.state).toBe('unreachable');
  expect(await workerStates(host('a2'))).toEqual({ a1: 'idle', a2: 'idle', a3: 'idle' });
}

it('leaves out a node of another cluster that knows the seeds', async () => {
  const foreign = await newEnrolment(host('a1'), members());
  await asNewMachine(
    foreign.replace('name: lab-a', 'name: other').replace('founder: a1', 'founder: nobody'),
    configOf(host('z1')),
  );
  await until(
    async () => (await problemCodes(host('z1'))).length > 0,
    'z1 to say what it waits for',
  );
  await expectOutside();
});

it('leaves out a node that names this cluster and has another key', async () => {
  const [, key = ''] = /key: (\S+)/.exec(await newEnrolment(host('a1'), members())) ?? [];
  expect(key).not.toBe('');
  await asNewMachine(enrolment.replace(/key: \S+/, `key: ${key}`), configOf(host('z1')));
  await until(
    async () => (await problemCodes(host('z1'))).length > 0,
    'z1 to say what it waits for',
  );
  await expectOutside();
});

it("refuses a node with another one's name, and leaves that one alone", async () => {
  const before = (await nodesOf(host('a1'))).nodes;
  await asNewMachine(enrolment, configOf(host('z1'), 'a3'));
  await until(
    async () =>
      (await statusOf(host('z1'))).problems.some(({ title }) =>
        title.startsWith('Another node of this cluster has the name a3'),
      ),
    'z1 to be told',
  );
  await host('z1').agent('stop');
  await until(async () => (await memberStatuses(host('a1')))['a3'] === 'alive', 'a3 to be alive');
  expect((await workerStates(host('a1')))['a3']).toBe('idle');
  const after = (await nodesOf(host('a1'))).nodes.filter(({ authenticated }) => authenticated);
  expect(after.map(({ name, id, fingerprint }) => ({ name, id, fingerprint }))).toEqual(
    before.map(({ name, id, fingerprint }) => ({ name, id, fingerprint })),
  );
});

it('takes up a new worker without touching the controller or a running job', async () => {
  const id = await host('a1').submit('#!/bin/sh\nexec sleep 600\n');
  await until(async () => (await jobState(host('a1'), id)) === 'RUNNING', 'the job to run');
  const before = await daemonPids(host('a1'), ['slurmctld', 'slurmd']);
  await asNewMachine(enrolment, configOf(host('z1')));
  await until(async () => (await workerStates(host('a1')))['z1'] === 'idle', 'z1 to be idle', {
    withinMs: 40_000,
  });
  expect(await daemonPids(host('a1'), ['slurmctld', 'slurmd'])).toEqual(before);
  expect(await jobState(host('a1'), id)).toBe('RUNNING');
  expect(await host('z1').must(['srun', '-w', 'z1', 'hostname'])).toBe('z1\n');
  await host('a1').must(['scancel', id]);
});

it('loses a worker without touching the controller or a job elsewhere', async () => {
  const script = '#!/bin/sh\nexec sleep 600\n';
  const id = await host('a1').submit(script, 'elsewhere', ['-w', 'a2']);
  await until(async () => (await jobState(host('a1'), id)) === 'RUNNING', 'the job to run');
  const before = await daemonPids(host('a1'), ['slurmctld']);
  await host('z1').poweroff();
  await until(async () => (await memberStatuses(host('a1')))['z1'] === 'failed', 'z1 to be failed');
  expect(await daemonPids(host('a1'), ['slurmctld'])).toEqual(before);
  expect(await jobState(host('a1'), id)).toBe('RUNNING');
  await host('a1').must(['scancel', id]);
});

it("tells of a munge key that is not the cluster's", async () => {
  await host('a3').sh(
    'head -c 128 /dev/urandom >/tmp/key && cat /tmp/key >/etc/munge/munge.key && kill $(pidof munged)',
  );
  await until(
    async () => (await problemCodes(host('a1'))).includes('munge-mismatch'),
    'the mismatch to be told',
    { withinMs: 60_000 },
  );
  // jobs of others are not touched by that
  await expect.poll(async () => (await workerStates(host('a1')))['a2']).toBe('idle');
});

it('forms no second cluster however often a lonely founder starts', async () => {
  const before = await ask(host('a1'), '/api/v1/cluster', clusterAnswer);
  const token = (
    await host('a1').must(['node-agent', 'token', 'create', '--role', 'viewer'])
  ).trim();
  await host('a1').cut();
  for (let start = 0; start < 3; start += 1) {
    await host('a1').agent('kill');
    await until(async () => (await statusOf(host('a1'))).agent.state !== 'ok', 'a1 to answer');
    // many times the time after which a founder without a past would found
    const alone = performance.now() + FOUND_AFTER_S * 4_000;
    await until(
      async () => {
        expect((await statusOf(host('a1'))).agent.state).not.toBe('ok');
        return performance.now() > alone;
      },
      'the time to pass',
      { everyMs: 500 },
    );
  }
  expect(await ask(host('a1'), '/api/v1/cluster', clusterAnswer)).toMatchObject({
    uuid: before.uuid,
    created_at: before.created_at,
    total_nodes: 4,
  });
  await host('a1').heal();
  await until(async () => (await memberStatuses(host('a1')))['a2'] === 'alive', 'a1 to be back', {
    withinMs: 60_000,
  });
  await until(
    async () => (await statusOf(host('a1'))).agent.state === 'ok',
    'its state to be back',
  );
  const code = [
    'curl',
    '-sk',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    `Authorization: Bearer ${token}`,
  ];
  for (const one of members()) {
    expect(
      await host('a2').must([
        'sh',
        '-c',
        '"$@"',
        'sh',
        ...code,
        `https://${one.address}:9090/api/v1/status`,
      ]),
    ).toBe('200');
  }
});
