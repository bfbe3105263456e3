import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import {
  agentOperation,
  isOver,
  type OperationPlan,
  operationAnswer,
  operationPlan,
  type PlanRequest,
} from '#shared/contract/agent/operations';

let lab: DemoLab;
let forge: DemoClusterOs;
// whether the fingerprint is the pinned one is asserted elsewhere
const agent = new Agent({ connect: { rejectUnauthorized: false } });

beforeEach(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 2 });
  const [first] = lab.clusteros;
  if (first === undefined) throw new Error('no cluster');
  forge = first;
});
afterEach(() => lab.close());
afterAll(() => agent.close());

/** which node is asked; the first of Forge where nothing is said */
interface Place {
  cluster?: DemoClusterOs;
  node?: string;
}

async function ask<T>(
  schema: z.ZodType<T>,
  path: string,
  {
    cluster = forge,
    node = cluster.nodes[0]?.spec.name ?? '',
    post,
  }: { cluster?: DemoClusterOs; node?: string; post?: object } = {},
): Promise<T> {
  const answer = await request(`https://127.0.0.1:${cluster.node(node).port}/api/v1/${path}`, {
    dispatcher: agent,
    method: post === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${cluster.token('operator')}`,
      ...(post !== undefined && { 'content-type': 'application/json' }),
    },
    ...(post !== undefined && { body: JSON.stringify(post) }),
  });
  return schema.parse(await answer.body.json());
}

const planned = (post: PlanRequest, place: Place = {}) =>
  ask(operationPlan, 'operations/plan', { ...place, post });
const begun = ({ hash, confirm }: OperationPlan, place: Place = {}) =>
  ask(agentOperation, 'operations', { ...place, post: { plan_hash: hash, confirm } });
const slurmTo = (to: string): PlanRequest => ({
  kind: 'handoff',
  params: { role: 'slurm-controller', to },
});
async function ended(id: string, place: Place = {}) {
  const answer = () => ask(operationAnswer, `operations/${id}`, place);
  await expect.poll(async () => isOver((await answer()).operation), { timeout: 15_000 }).toBe(true);
  return answer();
}
const unfit = ({ checks }: OperationPlan) => checks.filter(({ state }) => state === 'failed');

test('the lead of etcd moves to another voter', async () => {
  const plan = await planned({ kind: 'handoff', params: { role: 'etcd', to: 'forge-2' } });
  expect(plan.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  const { operation } = await ended((await begun(plan)).id);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
});

test('a k3s server hands over the lead of its etcd and the nodes that join by it', async () => {
  const plan = await planned({ kind: 'handoff', params: { role: 'k3s-server', to: 'forge-3' } });
  expect(plan.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  const { operation } = await ended((await begun(plan)).id);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
});

test('SLURM goes to its backup and every job is accounted for', async () => {
  const plan = await planned(slurmTo('forge-2'));
  expect([plan.procedure, unfit(plan)]).toEqual(['A', []]);
  const { operation, pulse } = await ended((await begun(plan)).id);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(forge.controllers.primary).toBe('forge-2');
  expect(pulse).toMatchObject({ failed: 0, jobs_found: pulse?.jobs_known });
  console.log(
    JSON.stringify(operation.steps.map((s) => [s.id, (s.ended_at ?? 0) - (s.started_at ?? 0)])),
    pulse,
    (operation.ended_at ?? 0) - operation.created_at,
  );
});

test('SLURM goes to a node with a folder of its own', async () => {
  const [, bench] = lab.clusteros;
  const place = { cluster: bench ?? forge };
  const plan = await planned(slurmTo('bench-2'), place);
  expect([plan.procedure, unfit(plan)]).toEqual(['B', []]);
  const { operation, pulse } = await ended((await begun(plan, place)).id, place);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(bench?.controllers.primary).toBe('bench-2');
  expect(pulse?.failed).toBe(0);
  console.log(
    JSON.stringify(operation.steps.map((s) => [s.id, (s.ended_at ?? 0) - (s.started_at ?? 0)])),
    pulse?.longest_ms,
    (operation.ended_at ?? 0) - operation.created_at,
  );
});

test('a controller that does not start is undone, and the old one works on', async () => {
  const plan = await planned(slurmTo('forge-4'));
  const { operation } = await ended((await begun(plan)).id);
  expect(operation.state).toBe('undone');
  expect(operation.reason).toContain('ended at once');
  expect(forge.controllers.primary).toBe('forge-1');
});
