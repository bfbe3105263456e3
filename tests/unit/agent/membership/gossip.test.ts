import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fail } from '#shared/contract/errors';
import { newCluster, startNode, type TestNode } from '#tests/support/serf-nodes';

vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { timeout: 60_000, interval: 50 };

const statuses = (node: TestNode) =>
  node.membership.members().map(({ name, status }) => `${name} ${status}`);

async function pidOf(node: TestNode): Promise<number> {
  const { pid } = await node.supervisor.state('clusterdeck-serf');
  if (pid === null) throw new Error('serf runs');
  return pid;
}

test('a serf that hangs says nothing about now; what it said is not taken for truth', async () => {
  const { enrolment, store, enrol } = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment, store });
  const a2 = await startNode({ name: 'a2', enrolment: enrol([a1.seed]), store });
  await a2.settled;
  await vi.waitFor(() => expect(statuses(a1)).toEqual(['a1 alive', 'a2 alive']), PATIENT);
  const pid = await pidOf(a1);
  process.kill(pid, 'SIGSTOP');
  try {
    await vi.waitFor(() => expect(statuses(a1)).toEqual(['a1 alive', 'a2 unknown']), PATIENT);
    expect(a1.membership.isRunning()).toBe(false);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await vi.waitFor(() => expect(statuses(a1)).toEqual(['a1 alive', 'a2 alive']), PATIENT);
  expect(a1.membership.isRunning()).toBe(true);
});

test('a killed serf is started again with the tags of a member', async () => {
  const { enrolment, store, enrol } = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment, store });
  const a2 = await startNode({ name: 'a2', enrolment: enrol([a1.seed]), store });
  await a2.settled;
  const before = await pidOf(a2);
  const key = statSync(join(a2.folder, 'serf', 'rpc-key')).ino;
  process.kill(before, 'SIGKILL');
  await vi.waitFor(async () => expect(await pidOf(a2)).not.toBe(before), PATIENT);
  await vi.waitFor(() => {
    const seen = a1.membership.members().find(({ name }) => name === 'a2');
    expect(seen).toMatchObject({ status: 'alive', tags: { s: 'm', id: a2.identity.id } });
    expect(statuses(a2)).toEqual(['a1 alive', 'a2 alive']);
  }, PATIENT);
  expect(statSync(join(a2.folder, 'serf', 'rpc-key')).ino).toBe(key);
});

test('a full disk is told and waited for, and then the node founds its cluster', async () => {
  const { enrolment, store } = newCluster('a1');
  let tries = 0;
  const a1 = await startNode({
    name: 'a1',
    enrolment,
    store,
    beforeGossip: () => {
      tries += 1;
      if (tries === 1) throw fail('STORE_FULL', { remedy: 'Make room for /var.' });
    },
  });
  await vi.waitFor(() => {
    expect(a1.membership.problems()).toMatchObject([
      { code: 'membership-not-saved', remedy: 'Make room for /var.' },
    ]);
  }, PATIENT);
  expect(await a1.settled).toEqual({ how: 'founded' });
  expect(a1.membership.problems()).toEqual([]);
});

test('an agent that ends while it begins waits for what it began, so that no serf is left behind', async () => {
  const { enrolment, store } = newCluster('a1');
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const order: string[] = [];
  const a1 = await startNode({
    name: 'a1',
    enrolment,
    store,
    async beforeGossip() {
      begun.resolve();
      await goOn.promise;
      order.push('started');
    },
  });
  await begun.promise;
  const closing = a1.membership.close().then(() => order.push('closed'));
  await new Promise((done) => setImmediate(done));
  goOn.resolve();
  await closing;
  expect(order).toEqual(['started', 'closed']);
  await a1.powerOff();
  expect((await a1.supervisor.state('clusterdeck-serf')).state).toBe('stopped');
});
