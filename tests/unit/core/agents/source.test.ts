import { expect, test } from 'vitest';
import { ClusterosSource } from '#electron/core/agents/source';
import type { AgentClient } from '#electron/core/agents/types';
import { seriesKey } from '#electron/core/metrics/samples';
import { FakeClock } from '#tests/support/fake-clock';
import { AS_OF, agentJob, agentNode, overviewOf } from '#tests/support/overview';

const NOW = AS_OF * 1000;

/** A source over an agent whose answers a test makes up. */
function watched(now = NOW) {
  const clock = new FakeClock(now);
  let answer: unknown = overviewOf();
  const asked: string[] = [];
  const client: AgentClient = {
    get: async (path) => {
      asked.push(path);
      return { data: answer, endpoint: 'a1:9090', latencyMs: 3 };
    },
    post: () => Promise.reject(new Error('not used')),
    delete: () => Promise.reject(new Error('not used')),
    events: async () => {},
    callsPerMinute: () => 6,
    close: async () => {},
  };
  const source = new ClusterosSource('u', { get: () => client, reset: async () => {} }, clock);
  return {
    clock,
    source,
    asked,
    says: (next: unknown) => {
      answer = next;
    },
    look: () => source.look(new AbortController().signal),
  };
}

const calm = { failure: null, verify: 'pin' as const, lastOnline: new Map(), now: NOW };

test('capacity is of nodes that are alive and belong to the cluster', async () => {
  const { source, says, look } = watched();
  says(
    overviewOf({
      nodes: [
        agentNode('a1'),
        agentNode('a2', { status: 'failed' }),
        agentNode('a3', { status: 'left' }),
        agentNode('a1', { id: 'id-foreign', authenticated: false, fingerprint: '', slurm: null }),
      ],
    }),
  );
  await look();
  const { nodes, members } = source.rows();
  expect(nodes.map(({ node, status, cpu }) => [node, status, cpu])).toEqual([
    ['a1', 'online', 0.25],
    ['a2', 'offline', null],
  ]);
  expect(members.map(({ id, status }) => [id, status])).toEqual([
    ['member/a1', 'alive'],
    ['member/a2', 'failed'],
    ['member/a3', 'left'],
    ['member/id-foreign', 'alive'],
  ]);
  expect(source.totals()).toMatchObject({
    cpu: { used: 2, total: 8 },
    memory: { used: 4 * 2 ** 30, total: 16 * 2 ** 30 },
    storage: { used: 25 * 2 ** 30, total: 100 * 2 ** 30 },
    nodes: { online: 1, offline: 1, unknown: 0 },
  });
});

test('leaders stand with their nodes, by name, and nobody is nobody', async () => {
  const { source, look } = watched();
  await look();
  expect(source.facts().clusteros?.leaders).toEqual([
    { role: 'slurm-controller', node: 'a1', epoch: 7 },
    { role: 'k3s-server', node: null, epoch: null },
    { role: 'raft', node: 'a2', epoch: null },
  ]);
  expect(source.rows().members.map(({ leaderOf }) => leaderOf)).toEqual([
    ['slurm-controller'],
    ['raft'],
  ]);
});

test('a running job keeps its start while only its time goes on', async () => {
  const { clock, source, says, look } = watched();
  await look();
  const [first] = source.rows().jobs;
  expect(first?.startedAt).toBe(NOW - 3_600_000);
  clock.advance(10_000);
  says(overviewOf({ jobs: [agentJob(1, { time: '1:00:13' })] }));
  const { delta } = await look();
  expect(delta.jobs).toEqual({ upserts: [], removed: [] });
  // requeued: it began anew
  says(overviewOf({ jobs: [agentJob(1, { time: '0:02' })] }));
  await look();
  expect(source.rows().jobs[0]?.startedAt).toBe(NOW + 8_000);
});

test('jobs are counted from the whole, also from what did not fit', async () => {
  const { source, says, look } = watched();
  const jobs = [agentJob(1), agentJob(2, { state: 'PENDING', time: '0:00', nodes: [] })];
  says(overviewOf({ jobs, jobCount: 25_000 }));
  await look();
  expect(source.facts().clusteros?.jobs).toEqual({
    running: 1,
    waiting: 1,
    other: 24_998,
    total: 25_000,
  });
  expect(source.figures()).toEqual(
    new Map([
      ['jobsRunning', 1],
      ['jobsWaiting', 1],
    ]),
  );
  expect(source.rows().jobs[1]?.startedAt).toBeNull();
});

test('what an agent says of its trouble is told with its remedy, and old knowledge as such', async () => {
  const { source, says, look } = watched(NOW + 40_000);
  says(
    overviewOf({
      stale: 'SLURM did not answer for 40 s.',
      state: 'read-only',
      problems: [
        {
          severity: 'bad',
          code: 'munge-mismatch',
          title: 'a2 has another munge key.',
          detail: 'Its jobs fail.',
          remedy: 'Restart its agent.',
          node: 'a2',
        },
      ],
    }),
  );
  const { measuredAt } = await look();
  expect(measuredAt).toBe(NOW);
  expect(source.facts()).toMatchObject({ quorate: false, clusteros: { state: 'read-only' } });
  expect(source.problems(calm)).toMatchObject([
    {
      severity: 'bad',
      title: 'a2 has another munge key',
      remedy: 'Restart its agent.',
      node: 'a2',
    },
    { severity: 'warning', detail: 'SLURM did not answer for 40 s.' },
  ]);
});

test('a row that lies is left out and counted, and takes no other with it', async () => {
  const { source, says, look } = watched();
  const whole = overviewOf({ jobs: [agentJob(1), agentJob(2)] });
  says({
    ...whole,
    nodes: { ...whole.nodes, nodes: [...whole.nodes.nodes, { name: 7 }, null] },
    jobs: {
      ...whole.jobs,
      jobs: {
        ...whole.jobs.jobs,
        slurm: { jobs: [agentJob(1), { ...agentJob(2), cpus: 'many' }], count: 2 },
      },
    },
  });
  expect((await look()).dropped).toBe(3);
  expect(source.rows().jobs.map(({ id }) => id)).toEqual(['job/1']);
  expect(source.rows().members).toHaveLength(2);
});

test('only web addresses become links', async () => {
  const { source, says, look } = watched();
  const found = {
    service_name: 'ondemand',
    address: '10.0.0.1',
    port: 8080,
    node_id: 'id-a2',
    status: 'running' as const,
    last_seen: AS_OF,
  };
  says(
    overviewOf({
      endpoints: {
        good: { ...found, url: 'https://10.0.0.1:8080/' },
        bad: { ...found, url: 'javascript:alert(1)' },
        none: found,
      },
    }),
  );
  await look();
  expect(source.rows().services.map(({ id, node, url }) => [id, node, url])).toEqual([
    ['service/good', 'a2', 'https://10.0.0.1:8080/'],
    ['service/bad', 'a2', null],
    ['service/none', 'a2', null],
  ]);
});

test('the agents’ samples come under the names of this desk, in bytes', async () => {
  const { source, says, asked, look } = watched();
  await look();
  says({
    step_s: 10,
    from: AS_OF - 20,
    series: { 'cluster/memory': [0.5, null], 'node/a1/cpu': [0.1, 0.2], 'node/gone/cpu': [1, 1] },
  });
  const signal = new AbortController().signal;
  const { fromMs, stepMs, series } = await source.measured(NOW - 150_000, signal);
  expect(asked.at(-1)).toBe('/api/v1/samples?minutes=3');
  expect([fromMs, stepMs]).toEqual([NOW - 20_000, 10_000]);
  expect(series.get(seriesKey('', 'mem'))).toEqual([16 * 2 ** 30, null]);
  expect(series.get(seriesKey('node/a1', 'cpu'))).toEqual([0.1, 0.2]);
  expect([...series.keys()].some((key) => key.includes('gone'))).toBe(false);
  says({ step_s: 10, from: AS_OF, series: { x: ['much'] } });
  await expect(source.measured(NOW, signal)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
});
