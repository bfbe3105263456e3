import { expect, test, vi } from 'vitest';
import { newCluster, startNode, type TestNode } from '#tests/support/serf-nodes';

vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { timeout: 30_000, interval: 50 };

const seen = (node: TestNode) =>
  node.membership.members().map(({ name, status, authenticated }) => [name, status, authenticated]);

test('three nodes started at once become one cluster, founded by the founder alone', async () => {
  const { enrolment, store, enrol } = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment, store });
  const [a2, a3] = await Promise.all(
    ['a2', 'a3'].map((name) => startNode({ name, enrolment: enrol([a1.seed]), store })),
  );
  if (a2 === undefined || a3 === undefined) throw new Error('two nodes were started');

  expect(await a1.settled).toEqual({ how: 'founded' });
  expect((await a2.settled).how).toBe('joined');
  expect((await a3.settled).how).toBe('joined');

  const all = [
    ['a1', 'alive', true],
    ['a2', 'alive', true],
    ['a3', 'alive', true],
  ];
  for (const node of [a1, a2, a3]) {
    await vi.waitFor(() => expect(seen(node)).toEqual(all), PATIENT);
    expect(node.membership.problems()).toEqual([]);
  }
  const a2AtA1 = a1.membership.members().find(({ name }) => name === 'a2');
  expect(a2AtA1?.fingerprint).toBe(a2.identity.fingerprint);
  expect(a2AtA1?.id).toBe(a2.identity.id);
});
