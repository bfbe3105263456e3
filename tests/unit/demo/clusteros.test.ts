import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { SlurmWorld } from '#electron/demo/clusteros/slurm/world';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { actionAnswer } from '#shared/contract/agent/actions';
import { agentError, overviewAnswer, samplesAnswer } from '#shared/contract/agent/dashboard';
import type { TokenRole } from '#shared/contract/agent/tokens';

const NOON = Date.parse('2026-11-18T12:00:00Z');
let lab: DemoLab;
let forge: DemoClusterOs;
// whether the fingerprint is the pinned one is asserted by itself
const agent = new Agent({ connect: { rejectUnauthorized: false } });

beforeAll(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 2 });
  const [first] = lab.clusteros;
  if (first === undefined) throw new Error('no cluster');
  forge = first;
});
afterAll(async () => {
  await agent.close();
  await lab.close();
});

async function ask<T>(
  schema: z.ZodType<T>,
  path: string,
  options: { node?: string; role?: TokenRole; post?: object } = {},
): Promise<T> {
  const { node = 'forge-1', role = 'operator', post } = options;
  const answer = await request(`https://127.0.0.1:${forge.node(node).port}/api/v1/${path}`, {
    dispatcher: agent,
    method: post === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${forge.token(role)}`,
      ...(post !== undefined && { 'content-type': 'application/json' }),
    },
    ...(post !== undefined && { body: JSON.stringify(post) }),
  });
  return schema.parse(await answer.body.json());
}

const overview = (node?: string) =>
  ask(overviewAnswer, 'overview', node === undefined ? {} : { node });

test('every agent tells the same cluster, and each its own node', async () => {
  await expect
    .poll(async () => (await overview()).leaders.leaders['slurm-controller'])
    .toMatchObject({ name: 'forge-1' });
  const answers = await Promise.all(forge.nodes.map(({ spec }) => overview(spec.name)));
  expect(answers.map(({ status }) => status.node.name)).toEqual(
    forge.nodes.map(({ spec }) => spec.name),
  );
  for (const { cluster, nodes, rights } of answers) {
    expect(cluster).toMatchObject({ name: 'forge', total_nodes: 5, alive_nodes: 5 });
    expect(nodes.nodes.find(({ name }) => name === 'forge-5')?.slurm).toMatchObject({
      drain: 'drained',
      reason: 'DIMM B2 throws ECC errors, spare ordered',
    });
    expect(rights).toBe('operator');
  }
});

test('jobs arrive, wait for a reason, run where they fit and end', () => {
  const { world } = forge;
  const running = () => world.jobs().filter((job) => job.startedAt !== null && !job.endedAt);
  for (const { spec, allocated } of world.nodes) {
    const own = running().filter(({ node }) => node === spec.name);
    expect(own.reduce((sum, { cpus }) => sum + cpus, 0)).toBe(allocated);
    expect(allocated).toBeLessThanOrEqual(spec.cores);
    for (const job of own) expect(spec.partitions).toContain(job.partition);
  }
  const waiting = world.jobs().filter(({ startedAt, endedAt }) => !startedAt && !endedAt);
  for (const { reason } of waiting) {
    expect(['Resources', 'Priority', 'ReqNodeNotAvail', 'JobHeldUser', 'Dependency']).toContain(
      reason,
    );
  }
  const fresh = new SlurmWorld({ ...forge.spec, seed: 7, startMs: NOON });
  const seen = new Map<number, number>();
  for (let minute = 0; minute < 600; minute += 1) {
    fresh.advance(NOON + minute * 60_000);
    for (const { id, startedAt } of fresh.jobs()) if (startedAt !== null) seen.set(id, startedAt);
  }
  const left = new Set(fresh.jobs().map(({ id }) => id));
  expect([...seen.keys()].filter((id) => !left.has(id)).length).toBeGreaterThan(100);
});

test('draining, holding and cancelling act as in SLURM and are read back', async () => {
  const post = { reason: 'new fans' };
  const drained = await ask(actionAnswer, 'slurm/nodes/forge-2/drain', { post });
  expect(drained.state).toBe('draining');
  const shown = async () =>
    (await overview('forge-4')).nodes.nodes.find(({ name }) => name === 'forge-2')?.slurm;
  await expect.poll(shown).toMatchObject({ drain: 'draining', reason: 'new fans' });
  const resumed = await ask(actionAnswer, 'slurm/nodes/forge-2/resume', { post: {} });
  expect(['mixed', 'allocated', 'idle']).toContain(resumed.state);

  const [running] = forge.world.jobs().filter((job) => job.startedAt !== null && !job.endedAt);
  const cancelled = await ask(actionAnswer, `slurm/jobs/${running?.id}/cancel`, { post: {} });
  expect(cancelled.state).toBe('CANCELLED');
  const held = await ask(agentError, `slurm/jobs/${running?.id}/hold`, { post: {} });
  expect(held.code).toBeTruthy();
});

test('a held job waits until it is released, and so does the one that depends on it', async () => {
  const job = async (name: string) =>
    (await overview()).jobs.jobs.slurm.jobs.find((one) => one.name === name);
  await expect.poll(() => job('thesis-rerun')).toMatchObject({ reason: 'JobHeldUser' });
  const held = await job('thesis-rerun');
  await expect.poll(() => job('thesis-figures')).toMatchObject({ reason: 'Dependency' });
  await ask(actionAnswer, `slurm/jobs/${held?.id}/release`, { post: {} });
  await expect.poll(async () => (await job('thesis-rerun'))?.reason).not.toBe('JobHeldUser');
  await ask(actionAnswer, `slurm/jobs/${held?.id}/cancel`, { post: {} });
  await expect.poll(async () => (await job('thesis-figures'))?.reason).not.toBe('Dependency');
});

test('a token of a viewer looks and acts on nothing', async () => {
  const refused = await ask(agentError, 'slurm/nodes/forge-3/drain', {
    role: 'viewer',
    post: { reason: 'no' },
  });
  expect(refused.ok).toBe(false);
  expect(forge.world.nodes.find(({ spec }) => spec.name === 'forge-3')?.drainReason).toBeNull();
});

test('charts have a day behind them from the first moment', async () => {
  const day = await ask(samplesAnswer, 'samples?minutes=1440');
  const measured = day.series['node/forge-2/cpu']?.filter((value) => value !== null) ?? [];
  expect(measured.length).toBeGreaterThan(1_400);
  const hour = await ask(samplesAnswer, 'samples?minutes=60');
  expect(hour.step_s).toBe(10);
  expect(Object.keys(hour.series)).toEqual(
    expect.arrayContaining(['cluster/cpu', 'cluster/jobs/running', 'cluster/jobs/pending']),
  );
});

test('a node that is switched off is told of by the others, and comes back as itself', async () => {
  const { fingerprint, port } = forge.node('forge-3');
  await forge.powerOff('forge-3');
  const seen = async () => {
    const { nodes, status } = await overview('forge-2');
    const node = nodes.nodes.find(({ name }) => name === 'forge-3');
    return [
      node?.status,
      node?.running_jobs,
      status.problems.some((p) => p.code === 'node-failed'),
    ];
  };
  await expect.poll(seen).toEqual(['failed', 0, true]);
  await forge.powerOn('forge-3');
  expect([forge.node('forge-3').fingerprint, forge.node('forge-3').port]).toEqual([
    fingerprint,
    port,
  ]);
  await expect.poll(seen).toMatchObject(['alive', expect.any(Number), false]);
});

test('each Proxmox and each ClusterOS cluster has its card', () => {
  const cards = lab.deckCards();
  expect(
    cards.map(({ kind, clusterId, endpoints }) => [kind, clusterId, endpoints.length]),
  ).toEqual([
    ['clusteros', 'forge', 5],
    ['clusteros', 'bench', 2],
  ]);
});
