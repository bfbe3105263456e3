import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { actionAnswer } from '#shared/contract/agent/actions';
import { overviewAnswer, samplesAnswer } from '#shared/contract/agent/dashboard';
import type { TokenRole } from '#shared/contract/agent/tokens';

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

const overview = (node?: string) => ask(overviewAnswer, 'overview', node === undefined ? {} : { node });

test('every agent tells the same cluster, and each its own node', async () => {
  await expect.poll(async () => (await overview()).leaders.leaders['slurm-controller']).toMatchObject(
    { name: 'forge-1' },
  );
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
