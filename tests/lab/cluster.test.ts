import { cpus } from 'node:os';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  clusterAnswer,
  healthAnswer,
  overviewAnswer,
  servicesAnswer,
} from '#shared/contract/agent/dashboard';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import {
  ask,
  daemonPids,
  jobState,
  jobsOf,
  leadersOf,
  memberStatuses,
  nodesOf,
  problemCodes,
  ready,
  statusOf,
  workerStates,
} from '#tests/lab/views';

/** A node that is dead or cut off is shown so within this time; measured in tests/bench. */
const SHOWN_MS = 20_000;
const SLURM = ['slurmctld', 'slurmd', 'munged'];
const SLEEP = (seconds: number) => `#!/bin/sh\nexec sleep ${seconds}\n`;
/** Counts its own starts, and says when it ends. */
const COUNTED = (seconds: number) =>
  `#!/bin/sh\necho $SLURM_JOB_ID >>/shared/starts\nsleep ${seconds}\necho $SLURM_JOB_ID >>/shared/ends\n`;

// one cluster for all, in order: each test leaves it whole
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);

beforeAll(async () => {
  lab = await startLab({ clusters: { a: 3 } });
  await ready(lab.hosts);
});
afterAll(() => lab?.down());

it('answers the truth on every host', async () => {
  for (const one of lab.hosts) {
    expect(await ask(one, '/health', healthAnswer)).toMatchObject({ status: 'ok' });
    const status = await statusOf(one);
    expect(status.node).toMatchObject({ name: one.name, cluster: 'lab-a', region: 'lab' });
    expect(status.discovery).toMatchObject({ serf: { running: true }, members: 3 });
    expect(status.resources.cpu_cores).toBe(cpus().length);
    expect(status.agent.state).toBe('ok');
    expect(status.system_services).toContainEqual(
      expect.objectContaining({ Name: 'slurmd', Status: 'running' }),
    );

    const { count, nodes } = await nodesOf(one);
    expect(count).toBe(3);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(3);
    for (const node of nodes) {
      expect(node).toMatchObject({
        status: 'alive',
        address: host(node.name).address,
        authenticated: true,
        api_port: 9090,
        capabilities: { cpu: cpus().length, gpu: 0 },
        slurm: { state: 'idle', drain: 'none', cpus: cpus().length },
        running_jobs: 0,
      });
      expect(node.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(node.roles).toContain('slurm-worker');
    }
    const cluster = await ask(one, '/api/v1/cluster', clusterAnswer);
    expect(cluster).toMatchObject({ total_nodes: 3, alive_nodes: 3, name: 'lab-a' });
    expect(cluster.capacity.total_cpu_cores).toBe(3 * cpus().length);
    expect(cluster.capacity.total_ram).toMatch(/^\d+GB$/);
    expect(cluster.role_distribution).toEqual({ 'slurm-controller': 2, 'slurm-worker': 3 });

    const { services, partitions } = await ask(one, '/api/v1/services', servicesAnswer);
    expect(services.slurm.controller.status).toBe('running');
    expect(services.slurm).toMatchObject({ nodes_in_partition: 3, queued_jobs: 0 });
    expect(partitions).toMatchObject([{ state: 'up', default: true, nodes: 3 }]);
    expect((await jobsOf(one)).jobs).toMatchObject({ slurm: { count: 0 }, k3s: { count: 0 } });
  }
});

it('agrees on leaders and tells which of them this node is', async () => {
  const answers = await Promise.all(lab.hosts.map((one) => leadersOf(one)));
  const controllers = answers.map(({ leaders }) => leaders['slurm-controller']);
  for (const one of controllers) expect(one).toEqual(controllers[0]);
  // SLURM itself says the same
  const ping = await host('a3').must(['scontrol', 'ping']);
  const primary = /\(primary\) at (\w+) is UP/.exec(ping)?.[1];
  expect(controllers[0]).toMatchObject({ name: primary });
  expect(answers[0]?.leaders.raft).toHaveProperty('node_id');
});

it('is read only on loopback, and asks for a token elsewhere', async () => {
  const onLoopback = await host('a1').api('/api/v1/slurm/nodes/a1/drain', { method: 'POST' });
  expect(onLoopback.status).toBe(403);
  const url = 'https://10.77.1.2:9090/api/v1/overview';
  const code = ['curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}'] as const;
  expect(await host('a1').must([...code, url])).toBe('401');
  const token = await host('a1').must(['node-agent', 'token', 'create', '--role', 'viewer']);
  const bearer = ['-H', `Authorization: Bearer ${token.trim()}`];
  // a token made on one node is good on all
  await until(
    async () => (await host('a1').must([...code, ...bearer, url])) === '200',
    'the token',
  );
  const text = await host('a1').must(['curl', '-sk', ...bearer, url]);
  expect(overviewAnswer.parse(JSON.parse(text)).rights).toBe('viewer');
  const drain = 'https://10.77.1.2:9090/api/v1/slurm/nodes/a3/drain';
  expect(
    await host('a1').must([...code, ...bearer, '-X', 'POST', '-d', '{"reason":"x"}', drain]),
  ).toBe('403');
});

it('shows a job from its submission to its end', async () => {
  const id = await host('a2').submit(SLEEP(600), 'hello');
  const job = await until(
    async () =>
      (await jobsOf(host('a1'))).jobs.slurm.jobs.find(
        (one) => one.id === id && one.nodes.length > 0,
      ),
    'the job to be shown as running',
  );
  expect(job).toMatchObject({ name: 'hello', state: 'RUNNING', user: 'root', cpus: 1, reason: '' });
  const [worker = ''] = job.nodes;
  await until(
    async () =>
      (await nodesOf(host('a3'))).nodes.find((one) => one.name === worker)?.running_jobs === 1,
    'its node to be shown with it',
  );
  await host('a3').must(['scancel', id]);
  await until(async () => (await jobState(host('a1'), id)) !== 'RUNNING', 'its end to be shown');
});

it('keeps jobs and daemons running while every agent is killed and starts again', async () => {
  const id = await host('a1').submit(COUNTED(12));
  await until(async () => (await jobState(host('a1'), id)) === 'RUNNING', 'the job to run');
  const before = await Promise.all(lab.hosts.map((one) => daemonPids(one, SLURM)));
  await Promise.all(lab.hosts.map((one) => one.agent('kill')));
  await ready(lab.hosts);
  expect(await Promise.all(lab.hosts.map((one) => daemonPids(one, SLURM)))).toEqual(before);
  await until(async () => (await host('a1').sh('cat /shared/ends')).includes(id), 'the job to end');
  expect((await host('a1').sh('cat /shared/starts')).trim()).toBe(id);
});

it('shows a cut cable and its healing', async () => {
  await host('a3').cut();
  await until(
    async () => (await memberStatuses(host('a1')))['a3'] === 'failed',
    'a3 to be failed',
    {
      withinMs: SHOWN_MS,
    },
  );
  expect(await problemCodes(host('a1'))).toContain('node-failed');
  // the lonely one knows that it is alone, answers and does not pretend
  await until(async () => (await statusOf(host('a3'))).agent.state !== 'ok', 'a3 to see no quorum');
  await until(async () => (await nodesOf(host('a3'))).stale, 'a3 to call its view old', {
    withinMs: 30_000,
  });
  await host('a3').heal();
  await ready(lab.hosts);
  expect(await problemCodes(host('a1'))).not.toContain('node-failed');
});

it('shows a power cut, and takes the node back when it boots', async () => {
  const { epoch } = await controller(host('a1'));
  await host('a3').poweroff();
  await until(
    async () => (await memberStatuses(host('a2')))['a3'] === 'failed',
    'a3 to be failed',
    {
      withinMs: SHOWN_MS,
    },
  );
  await host('a3').poweron();
  await ready(lab.hosts);
  // nobody else's leadership was touched by that
  expect((await controller(host('a1'))).epoch).toBe(epoch);
});

it('stays up and truthful with a sinfo that hangs', async () => {
  const hang =
    'mv /usr/bin/sinfo /usr/bin/sinfo.real && printf "#!/bin/sh\\nexec sleep 60\\n" >/usr/bin/sinfo && chmod 755 /usr/bin/sinfo';
  for (const one of lab.hosts) await one.sh(hang);
  await until(
    async () => (await problemCodes(host('a1'))).includes('slurm-unanswered'),
    'the trouble to be told',
    { withinMs: 40_000 },
  );
  const answer = await host('a1').api('/api/v1/services', { deadlineMs: 1_000 });
  expect(answer).toMatchObject({ status: 200, body: { stale: true } });
  for (const one of lab.hosts) await one.sh('mv /usr/bin/sinfo.real /usr/bin/sinfo');
  await ready(lab.hosts);
});

it('tells of a full disk and works on', async () => {
  onTestFinished(async () => void (await host('a3').exec(['rm', '-f', '/var/full'])));
  await host('a3').exec(['sh', '-c', 'cat /dev/zero >/var/full']);
  await until(
    async () => (await problemCodes(host('a1'))).includes('disk-full'),
    'the full disk to be told',
    { withinMs: 30_000 },
  );
  expect((await memberStatuses(host('a3')))['a3']).toBe('alive');
  await host('a3').agent('kill');
  await host('a3').sh('rm /var/full');
  await ready(lab.hosts);
});

/** Who leads, and under which epoch: a host that was alone just now tells it a moment later. */
async function controller(from: LabHost): Promise<{ epoch: number }> {
  let told: number | undefined;
  await until(async () => {
    const leader = (await leadersOf(from)).leaders['slurm-controller'];
    told = 'status' in leader ? undefined : leader.epoch;
    return told !== undefined;
  }, 'a leader with its epoch');
  return { epoch: told ?? Number.NaN };
}

it('tells of a clock that runs apart', async () => {
  onTestFinished(async () => void (await host('a3').exec(['rm', '-f', '/etc/lab-environment'])));
  await host('a3').clock('+90s');
  await until(
    async () => (await problemCodes(host('a1'))).includes('clock-skew'),
    'the clock to be told',
    { withinMs: 40_000 },
  );
  await host('a3').clock(null);
  await ready(lab.hosts);
  expect(await workerStates(host('a1'))).toEqual({ a1: 'idle', a2: 'idle', a3: 'idle' });
});

it('reads on without quorum and says so, and comes back whole', async () => {
  const { nodes } = await nodesOf(host('a1'));
  await Promise.all([host('a2').poweroff(), host('a3').poweroff()]);
  await until(async () => (await statusOf(host('a1'))).agent.state === 'read-only', 'no quorum', {
    withinMs: 30_000,
  });
  const alone = await nodesOf(host('a1'));
  expect(alone).toMatchObject({ count: 3, stale: true });
  expect(await problemCodes(host('a1'))).toContain('state-no-quorum');
  await Promise.all([host('a2').poweron(), host('a3').poweron()]);
  await ready(lab.hosts);
  expect((await nodesOf(host('a1'))).nodes.map(({ id }) => id)).toEqual(nodes.map(({ id }) => id));
});
