import { expect, test } from 'vitest';
import {
  clusterAnswer,
  jobsAnswer,
  leadersAnswer,
  nodesAnswer,
  overviewAnswer,
  servicesAnswer,
  statusAnswer,
} from '#shared/contract/agent/dashboard';
import { member, type StagedAgent, stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';
import { until } from '#tests/support/tls-server';

const job = {
  id: '7',
  name: 'train',
  state: 'RUNNING',
  user: 'ada',
  time: '1:02',
  partition: 'main',
  nodes: ['a2'],
  reason: '',
  submit_time: 1_763_700_000,
  cpus: 4,
};

function showSlurm({ slurm }: StagedAgent): void {
  slurm.show({
    controller: { status: 'running', message: 'a1 answers.' },
    worker: { status: 'running', message: '' },
    primary: 'a1',
    jobs: [job, { ...job, id: '8', state: 'PENDING', nodes: [], reason: 'Resources' }],
    jobCount: 2,
    nodes: [
      {
        name: 'a2',
        state: 'mixed',
        drain: 'draining',
        reason: 'disk change',
        cpus: 8,
        cpusAllocated: 4,
        partitions: ['main'],
      },
    ],
    partitions: [
      { name: 'main', state: 'up', default: true, nodes: 1, cpus: 8, cpus_allocated: 4 },
    ],
    asOf: Date.now(),
  });
}

async function staged(): Promise<StagedAgent> {
  const agent = await stageAgent({
    own: member('a1', { roles: ['slurm-controller', 'slurm-worker'] }),
    others: [member('a2'), member('a3', { status: 'failed' })],
  });
  showSlurm(agent);
  await until(() => agent.facts.snapshot().slurm?.primary === 'a1', 'SLURM is in the snapshot');
  await until(() => agent.facts.snapshot().leaders.raft !== null, 'the state was looked at');
  return agent;
}

const SCHEMAS = {
  status: statusAnswer,
  nodes: nodesAnswer,
  leaders: leadersAnswer,
  services: servicesAnswer,
  cluster: clusterAnswer,
  jobs: jobsAnswer,
};

test('all six answer on loopback without a token, each in the shape of the contract', async () => {
  const agent = await staged();
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const answer = await fetch(`${agent.plainUrl}/api/v1/${name}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(schema.safeParse(await answer.json()).error).toBeUndefined();
  }
  const health = await fetch(`${agent.plainUrl}/health`);
  expect(await health.json()).toEqual({ status: 'ok', timestamp: expect.any(Number) });
});

test('the overview over HTTPS holds the six, and what the token may do', async () => {
  const agent = await staged();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('operator');
  const answer = await callHub(pinned, { path: '/api/v1/overview', token });
  expect(answer.status).toBe(200);
  const overview = overviewAnswer.parse(answer.json());
  expect(overview.rights).toBe('operator');
  expect(overview.nodes.nodes.map(({ name }) => name)).toEqual(['a1', 'a2', 'a3']);
  expect(overview.jobs.jobs.slurm.count).toBe(2);
  const own = agent.facts.snapshot();
  expect(overview.status.node.id).toBe(own.self.id);
  const viewer = agent.tokens.add('viewer');
  const theirs = await callHub(pinned, { path: '/api/v1/overview', token: viewer });
  expect(overviewAnswer.parse(theirs.json()).rights).toBe('viewer');
});

test('values are counted and measured, not made up', async () => {
  const agent = await staged();
  const get = async (name: string) => (await fetch(`${agent.plainUrl}/api/v1/${name}`)).json();
  const status = statusAnswer.parse(await get('status'));
  expect(status.discovery).toEqual({
    serf: { running: true },
    members: 3,
    member_list: [
      { name: 'a1', address: '10.77.1.1', status: 'alive' },
      { name: 'a2', address: '10.77.1.2', status: 'alive' },
      { name: 'a3', address: '10.77.1.3', status: 'failed' },
    ],
  });
  expect(status.resources).toEqual({
    cpu_cores: 8,
    cpu_used: 0.25,
    memory: { total_kb: 16 * 1024 * 1024, available_kb: 12 * 1024 * 1024 },
    disk: {
      total_bytes: 100e9,
      available_bytes: 60e9,
      used_bytes: 40e9,
      used_percent: 40,
    },
  });
  expect(status.problems.map(({ code, node }) => [code, node])).toContainEqual([
    'node-failed',
    'a3',
  ]);
  const nodes = nodesAnswer.parse(await get('nodes'));
  const a2 = nodes.nodes.find(({ name }) => name === 'a2');
  expect(a2).toMatchObject({
    running_jobs: 1,
    slurm: { state: 'mixed', drain: 'draining', reason: 'disk change', cpus_allocated: 4 },
  });
  expect(nodes.nodes.find(({ name }) => name === 'a1')).toMatchObject({
    capabilities: { cpu: 8, ram: '16GB', gpu: 2, arch: 'amd64' },
    load: { cpu: 0.25, memory_used_bytes: 4 * 1024 ** 3 },
    slurm: null,
  });
  const leaders = leadersAnswer.parse(await get('leaders'));
  expect(leaders.leaders['slurm-controller']).toMatchObject({ node_id: 'id-a1', name: 'a1' });
  expect(leaders.leaders['k3s-server']).toEqual({ status: 'no_leader' });
  expect(leaders.leaders.local_node?.is_leader_for).toEqual(['slurm-controller', 'raft']);
  const cluster = clusterAnswer.parse(await get('cluster'));
  expect(cluster).toMatchObject({
    name: 'forge',
    total_nodes: 3,
    alive_nodes: 2,
    role_distribution: { 'slurm-controller': 1, 'slurm-worker': 2 },
  });
  const services = servicesAnswer.parse(await get('services'));
  expect(services.services.slurm).toMatchObject({ nodes_in_partition: 1, queued_jobs: 1 });
  expect(services.services.k3s.server.status).toBe('stopped');
});

test('an unchanged answer is not sent again, and a changed one is', async () => {
  const agent = await staged();
  const url = `${agent.plainUrl}/api/v1/cluster`;
  // the snapshot may be renewed in between
  await expectSoon(async () => {
    const first = await fetch(url);
    await first.text();
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    return again.status === 304 && (await again.text()) === '';
  });
  const before = (await fetch(url)).headers.get('etag') ?? '';
  agent.membership.change('a2', { status: 'failed' });
  await expectSoon(async () => {
    const after = await fetch(url, { headers: { 'if-none-match': before } });
    return after.status === 200 && clusterAnswer.parse(await after.json()).alive_nodes === 1;
  });
});

async function expectSoon(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 5_000, interval: 20 }).toBe(true);
}
