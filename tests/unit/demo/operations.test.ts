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

async function ask<T>(
  schema: z.ZodType<T>,
  path: string,
  {
    cluster = forge,
    node = 'forge-1',
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

const planned = (post: PlanRequest) => ask(operationPlan, 'operations/plan', { post });
const begun = ({ hash, confirm }: OperationPlan) =>
  ask(agentOperation, 'operations', { post: { plan_hash: hash, confirm } });
async function ended(id: string, node = 'forge-1') {
  const answer = () => ask(operationAnswer, `operations/${id}`, { node });
  await expect.poll(async () => isOver((await answer()).operation), { timeout: 15_000 }).toBe(true);
  return answer();
}

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
