import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlanRequest } from '#shared/contract/agent/operations';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { ended, operationFrom, planOn, startOn, wishOn } from '#tests/lab/operations';
import { until } from '#tests/lab/process';
import { votersOf } from '#tests/lab/ready';
import { daemonPids, jobState, leadersOf, memberStatuses, ready } from '#tests/lab/views';

// a: two controllers that share their jobs, and a worker; each test leaves all three whole
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);
const LONG = { withinMs: 90_000, everyMs: 300 };

beforeAll(async () => {
  lab = await startLab({ clusters: { a: 3 } });
  await ready(lab.hosts);
});
afterAll(() => lab?.down());

const leave = (node: string, reboot = false): PlanRequest => ({
  kind: 'leave',
  params: { node, reboot },
});
/** Starts what is asked for as soon as nothing speaks against it: daemons settle after each test. */
async function start(on: LabHost, request: PlanRequest): Promise<string> {
  const plan = await until(
    async () => {
      const made = await planOn(on, request);
      return made.checks.some(({ state }) => state === 'failed') ? null : made;
    },
    'nothing to speak against it',
    LONG,
  );
  return (await startOn(on, plan)).id;
}
/** A job that ends when a file says so, and notes its begin and its end in another one. */
async function work(on: string, name: string): Promise<string> {
  const script = `#!/bin/sh
echo begin >>/shared/${name}.log
while [ ! -e /shared/${name}.end ]; do sleep 0.2; done
echo end >>/shared/${name}.log
`;
  const id = await host('a1').submit(script, name, ['-w', on]);
  await until(async () => (await jobState(host('a1'), id)) === 'RUNNING', `${name} to run`, LONG);
  return id;
}
const finish = (name: string) => host('a1').sh(`touch /shared/${name}.end`);
const noted = (name: string) => host('a1').sh(`cat /shared/${name}.log`);
const worker = async (name: string) =>
  (await host('a2').sh(`sinfo -h -N -n ${name} -o %T`)).trim().replace(/\*$/, '');

/** The operation as it stands while it waits in one of its steps. */
async function waitingIn(id: string, step: string, asking: LabHost): Promise<string> {
  return until(
    async () => {
      const { operation } = await operationFrom([asking], id);
      const { waiting_on: on = null } = operation.steps.find((one) => one.id === step) ?? {};
      return on;
    },
    `${step} to wait`,
    LONG,
  );
}

it('hands the lead of the shared state to the voter that is named', async () => {
  const leader = async () => {
    const text = await host('a1').must(['etcdctl', 'endpoint', 'status', '--cluster']);
    return /^https:\/\/([\d.]+):.*, true, false,/m.exec(text)?.[1];
  };
  const from = await leader();
  const to = lab.hosts.find(({ address }) => address !== from);
  const request = { kind: 'handoff', params: { role: 'etcd', to: to?.name ?? '' } };
  const id = await start(host('a1'), request);
  expect((await ended(lab.hosts, id)).operation).toMatchObject({ state: 'done' });
  expect(await leader()).toBe(to?.address);
});

it('waits for the jobs of a node, lets it go when they have ended, and takes it back whole', async () => {
  const job = await work('a3', 'last');
  const id = await start(host('a1'), leave('a3'));
  expect(await waitingIn(id, 'slurm-empty', host('a1'))).toContain(job);
  expect(await worker('a3')).toBe('draining');
  // nobody else gets there meanwhile, and nothing that runs is touched
  const next = await host('a1').submit('#!/bin/sh\ntrue\n', 'elsewhere');
  await until(async () => (await noted('last')) === 'begin\n', 'the job to run on');
  await finish('last');
  const { operation, log } = await ended(lab.hosts, id);
  expect(operation).toMatchObject({ state: 'done', reason: '' });
  expect(operation.coordinator).not.toBe('a3');
  expect(await noted('last')).toBe('begin\nend\n');
  expect(log.map(({ text }) => text).join('\n')).toContain('State=DRAIN');
  expect(await daemonPids(host('a3'), ['slurmd', 'etcd'])).toEqual({ slurmd: '', etcd: '' });
  await until(async () => (await memberStatuses(host('a1')))['a3'] === 'left', 'a3 to be gone');
  expect(await votersOf(host('a1'))).toBe(2);
  const silent = async () =>
    (await host('a3').exec(['curl', '-s', 'http://localhost:9090/'])).code !== 0;
  await until(silent, 'the agent of a3 to end');
  await until(async () => (await jobState(host('a1'), next)) !== 'RUNNING', 'the next job to end');

  await host('a3').agent('start');
  await ready(lab.hosts);
  await until(async () => (await worker('a3')) === 'idle', 'a3 to take jobs again', LONG);
  expect(await votersOf(host('a1'))).toBe(3);
});

it('gives everything back when a leave is aborted, also where its coordinator died', async () => {
  const job = await work('a3', 'steady');
  const id = await start(host('a2'), leave('a3'));
  await waitingIn(id, 'slurm-empty', host('a2'));
  const { coordinator, epoch } = (await operationFrom([host('a3')], id)).operation;
  await host(coordinator).agent('kill');
  await wishOn(host(coordinator === 'a1' ? 'a2' : 'a1'), id, 'abort');
  const { operation } = await ended(lab.hosts, id);
  expect(operation).toMatchObject({ state: 'undone' });
  expect(operation.epoch).toBeGreaterThan(epoch);
  await ready(lab.hosts);
  expect(await worker('a3')).toMatch(/^(mixed|allocated)$/);
  expect(await jobState(host('a1'), job)).toBe('RUNNING');
  await finish('steady');
  await until(async () => (await noted('steady')) === 'begin\nend\n', 'the job to end', LONG);
});

it('moves the controller away before its node is rebooted, which then comes back by itself', async () => {
  const job = await work('a2', 'through');
  const id = await start(host('a1'), leave('a1', true));
  await waitingIn(id, 'slurm-relay', host('a2'));
  expect(await jobState(host('a2'), job)).toBe('RUNNING');
  await finish('through');
  const { operation, plan } = await ended([host('a2'), host('a3')], id);
  expect(plan).toMatchObject({ procedure: 'A', confirm: 'a1', irreversible: [] });
  expect(operation).toMatchObject({ state: 'done', reason: '' });
  expect(operation.coordinator).not.toBe('a1');
  expect(await worker('a1')).toBe('drained');
  expect(await noted('through')).toBe('begin\nend\n');
  // a restart of the agent alone is no return
  await host('a1').agent('restart');
  await until(async () => (await memberStatuses(host('a1')))['a2'] === 'alive', 'a1 to see', LONG);
  expect(await worker('a1')).toBe('drained');

  await host('a1').poweroff();
  await host('a1').poweron();
  await until(async () => (await worker('a1')) === 'idle', 'a1 to take jobs again', LONG);
  await ready(lab.hosts);
  const leader = (await leadersOf(host('a3'))).leaders['slurm-controller'];
  expect('name' in leader ? leader.name : '').toBe('a2');
  expect(await votersOf(host('a1'))).toBe(3);
});
