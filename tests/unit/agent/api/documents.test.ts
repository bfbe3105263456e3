import { expect, test } from 'vitest';
import { z } from 'zod';
import { jobsAnswer } from '#shared/contract/agent/dashboard';
import { member, stageAgent } from '#tests/support/agent';

const operation = z.object({
  summary: z.string(),
  'x-role': z.enum(['viewer', 'operator', 'admin']).optional(),
  security: z.array(z.object({ token: z.array(z.string()) })).optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional(),
  requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

test('the OpenAPI document lists what is answered, with roles and parameters', async () => {
  const agent = await stageAgent();
  const answer = await fetch(`${agent.plainUrl}/api/v1/openapi.json`);
  const { paths } = document.parse(await answer.json());
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      '/health',
      '/metrics',
      '/api/v1/status',
      '/api/v1/overview',
      '/api/v1/slurm/jobs/{id}/cancel',
      '/api/v1/tokens/{id}',
      '/api/cluster-config/{number}',
    ]),
  );
  expect(paths['/health']?.['get']?.security).toBeUndefined();
  const drain = paths['/api/v1/slurm/nodes/{name}/drain']?.['post'];
  expect(drain).toMatchObject({
    'x-role': 'operator',
    parameters: [{ name: 'name', in: 'path' }],
    requestBody: { content: { 'application/json': { schema: { required: ['reason'] } } } },
  });
  for (const [path, methods] of Object.entries(paths)) {
    if (!('get' in methods) || path === '/api/v1/events') continue;
    const asked = await fetch(agent.plainUrl + path);
    // on plain HTTP only what a viewer may see
    const isOpen = methods['get']?.['x-role'] !== 'admin';
    expect([path, asked.status]).toEqual([path, isOpen ? 200 : 403]);
  }
});

/** One line of Prometheus' text format: name, labels, value. */
const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (-?[\d.e+-]+)$/;

test('the metrics are Prometheus text, each with type and help, and true', async () => {
  const agent = await stageAgent({
    own: member('a1', { roles: ['slurm-controller'] }),
    others: [member('a2'), member('a3', { status: 'failed' })],
    roles: () => [
      {
        name: 'slurm-controller',
        running: true,
        healthy: true,
        is_leader: true,
        error: '',
      },
    ],
  });
  agent.slurm.show({
    primary: 'a1',
    asOf: Date.now(),
    nodes: [
      {
        name: 'a"2\n',
        state: 'idle',
        drain: 'drained',
        reason: '',
        cpus: 8,
        cpusAllocated: 0,
        partitions: [],
      },
    ],
  });
  await expect
    .poll(async () => (await (await fetch(`${agent.plainUrl}/metrics`)).text()).split('\n'), {
      timeout: 15_000,
    })
    .toEqual(
      expect.arrayContaining([
        'clusterdeck_members{status="alive"} 2',
        'clusterdeck_members{status="failed"} 1',
        'clusterdeck_node_cpu_used_ratio 0.25',
        'clusterdeck_node_memory_total_bytes 17179869184',
        'clusterdeck_node_role_healthy{role="slurm-controller"} 1',
        'clusterdeck_slurm_nodes{state="drained"} 1',
        'clusterdeck_is_leader{of="slurm"} 1',
        'clusterdeck_state_writable 1',
      ]),
    );
  const answer = await fetch(`${agent.plainUrl}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await answer.text()).trimEnd().split('\n');
  const typed = new Set(
    lines.flatMap((line) => /^# TYPE (\S+) (?:gauge|counter)$/.exec(line)?.[1] ?? []),
  );
  const helped = new Set(lines.flatMap((line) => /^# HELP (\S+) .+$/.exec(line)?.[1] ?? []));
  expect(helped).toEqual(typed);
  for (const line of lines.filter((one) => !one.startsWith('#'))) {
    const name = SAMPLE.exec(line)?.[1];
    expect([line, typed.has(name ?? '')]).toEqual([line, true]);
  }
});

test('large answers are packed for who takes that', async () => {
  const agent = await stageAgent({ own: member('a1', { roles: ['slurm-controller'] }) });
  const job = {
    id: '1',
    name: 'train',
    state: 'RUNNING',
    user: 'ada',
    time: '0:10',
    partition: 'main',
    nodes: ['a2'],
    reason: '',
    submit_time: 0,
    cpus: 1,
  };
  const jobs = Array.from({ length: 10_000 }, (_, n) => ({ ...job, id: String(n) }));
  agent.slurm.show({ jobs, jobCount: jobs.length, asOf: Date.now() });
  await expect
    .poll(() => agent.facts.snapshot().slurm?.jobs.length, { timeout: 15_000 })
    .toBe(10_000);
  const packed = await fetch(`${agent.plainUrl}/api/v1/jobs`);
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(Number(packed.headers.get('content-length'))).toBeLessThan(200_000);
  expect(jobsAnswer.parse(await packed.json()).jobs.slurm.jobs).toHaveLength(10_000);
  const plain = await fetch(`${agent.plainUrl}/api/v1/jobs`, {
    headers: { 'accept-encoding': 'identity' },
  });
  expect(plain.headers.get('content-encoding')).toBeNull();
});
