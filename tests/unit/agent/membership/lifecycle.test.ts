import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createPeers } from '#agent/membership/peers';
import type { Member } from '#agent/membership/types';
import { freePorts } from '#tests/support/etcd';
import { newCluster, startNode, type TestCluster, type TestNode } from '#tests/support/serf-nodes';
import { tempFolder } from '#tests/support/temp-folder';

vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { timeout: 40_000, interval: 50 };

const find = (node: TestNode, name: string): Member | undefined =>
  node.membership.members().find((member) => member.name === name);
const statusOf = (node: TestNode, name: string) => find(node, name)?.status;

async function pair(cluster: TestCluster): Promise<[TestNode, TestNode]> {
  const { enrolment, store, enrol } = cluster;
  const a1 = await startNode({ name: 'a1', enrolment, store });
  const a2 = await startNode({ name: 'a2', enrolment: enrol([a1.seed]), store });
  await a2.settled;
  await vi.waitFor(() => expect(statusOf(a1, 'a2')).toBe('alive'), PATIENT);
  return [a1, a2];
}

test('a node that loses power is seen failed, and is the same member when it comes back', async () => {
  const [a1, a2] = await pair(newCluster('a1'));
  const before = find(a1, 'a2');
  const told: string[] = [];
  a1.membership.onChange(({ member }) => told.push(`${member.name} ${member.status}`));

  await a2.powerOff();
  await vi.waitFor(() => expect(statusOf(a1, 'a2')).toBe('failed'), PATIENT);
  const failed = find(a1, 'a2');
  expect(failed?.authenticated).toBe(true);
  expect(failed?.lastSeen).toBeGreaterThanOrEqual(before?.lastSeen ?? Number.NaN);

  const back = await startNode(a2.wish);
  expect((await back.settled).how).toBe('resumed');
  await vi.waitFor(() => expect(statusOf(a1, 'a2')).toBe('alive'), PATIENT);
  expect(find(a1, 'a2')).toMatchObject({
    id: before?.id,
    joinedAt: before?.joinedAt,
    fingerprint: before?.fingerprint,
  });
  expect(told).toContain('a2 failed');
  expect(told.findLast((line) => line.startsWith('a2'))).toBe('a2 alive');
});

test('an agent that is restarted finds its serf running and nobody notices', async () => {
  const [a1, a2] = await pair(newCluster('a1'));
  const told: string[] = [];
  a1.membership.onChange(({ member }) => told.push(`${member.name} ${member.status}`));
  const serf = await a2.supervisor.state('clusterdeck-serf');

  await a2.stopAgent();
  const again = await startNode({ ...a2.wish });
  expect((await again.settled).how).toBe('resumed');
  await vi.waitFor(() => expect(statusOf(again, 'a1')).toBe('alive'), PATIENT);

  expect((await again.supervisor.state('clusterdeck-serf')).pid).toBe(serf.pid);
  expect(told.filter((line) => !line.endsWith(' alive'))).toEqual([]);
});

test('a node that leaves is seen to have left, and nobody calls it failed', async () => {
  const [a1, a2] = await pair(newCluster('a1'));
  const told: string[] = [];
  a1.membership.onChange(({ member }) => told.push(`${member.name} ${member.status}`));
  await a2.membership.leave();
  await vi.waitFor(() => expect(statusOf(a1, 'a2')).toBe('left'), PATIENT);
  expect(told).not.toContain('a2 failed');
  expect((await a2.supervisor.state('clusterdeck-serf')).state).toBe('stopped');
});

test('a founder that lost its disk founds nothing, and is taken in again once the old one is forgotten', async () => {
  const cluster = newCluster('a1');
  const [a1, a2] = await pair(cluster);
  await a1.powerOff();
  await vi.waitFor(() => expect(statusOf(a2, 'a1')).toBe('failed'), PATIENT);

  const reborn = await startNode({
    name: 'a1',
    enrolment: cluster.enrol([a2.seed]),
    store: cluster.store,
    foundAfterMs: 100,
  });
  await vi.waitFor(
    () => expect(reborn.membership.problems()[0]?.title).toContain('Another node of this cluster'),
    PATIENT,
  );
  expect(reborn.membership.self.authenticated).toBe(false);
  // of whom did not prove the key, the others believe nothing
  await vi.waitFor(() => {
    const stranger = a2.membership.members().find(({ authenticated }) => !authenticated);
    expect(stranger).toMatchObject({ tags: {}, roles: [], fingerprint: '', apiPort: 0 });
  }, PATIENT);

  await expect(a2.membership.forget(a2.identity.id)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await a2.membership.forget(a1.identity.id);
  expect((await reborn.settled).how).toBe('joined');
  expect(reborn.membership.problems()).toEqual([]);
  await vi.waitFor(() => expect(find(a2, 'a1')?.id).toBe(reborn.identity.id), PATIENT);
});

test('only the founder founds; the others wait and say for what', async () => {
  const { enrolment, store, enrol } = newCluster('a1');
  const [deadPort = 0] = await freePorts(1);
  const seeds = [`127.0.0.1:${deadPort}`];
  const a2 = await startNode({ name: 'a2', enrolment: enrol(seeds), store, foundAfterMs: 50 });
  await vi.waitFor(() => {
    expect(a2.membership.problems()[0]).toMatchObject({ code: 'waiting-for-cluster' });
    expect(a2.membership.problems()[0]?.title).toContain('127.0.0.1');
  }, PATIENT);

  // a founder whose only seed waits itself, or does not answer, founds
  const a1 = await startNode({ name: 'a1', enrolment: enrol([a2.seed, ...seeds]), store });
  expect(await a1.settled).toEqual({ how: 'founded' });
  expect((await a2.settled).how).toBe('joined');
  expect(enrolment.founder).toBe('a1');
});

test('a member that is alone for long founds no second cluster', async () => {
  const cluster = newCluster('a1');
  const [a1, a2] = await pair(cluster);
  const founding = foundingOf(a1);
  await a1.powerOff();
  await a2.powerOff();
  // nobody is left; the founder starts alone, and its shared state is new and empty
  const lonely = await startNode({ ...a1.wish, foundAfterMs: 0 });
  expect(await lonely.settled).toMatchObject({ how: 'resumed' });
  await vi.waitFor(() => expect(lonely.membership.isRunning()).toBe(true), PATIENT);
  expect(foundingOf(lonely)).toBe(founding);
  expect(statusOf(lonely, 'a2')).not.toBe('alive');
  expect(find(lonely, 'a2')?.authenticated).toBe(true);
});

test('a membership file that is damaged, or of another cluster, ends the start and is left as it is', async () => {
  const first = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment: first.enrolment, store: first.store });
  await a1.settled;
  await a1.powerOff();
  const path = join(a1.folder, 'membership.json');
  const good = readFileSync(path, 'utf8');

  const other = newCluster('a1', 'anvil');
  const moved = await startNode({ ...a1.wish, enrolment: other.enrolment, store: other.store });
  await expect(moved.settled).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('forge'),
  });
  writeFileSync(path, good.slice(0, good.length / 2));
  const damaged = await startNode(a1.wish);
  await expect(damaged.settled).rejects.toMatchObject({ code: 'STORE_BROKEN' });
  expect(readFileSync(path, 'utf8')).toBe(good.slice(0, good.length / 2));
});

test('agents call each other with both certificates pinned, and nobody else is answered', async () => {
  const { enrolment, store, enrol } = newCluster('a1');
  const asked: string[] = [];
  const a1 = await startNode({
    name: 'a1',
    enrolment,
    store,
    routes: [
      {
        method: 'POST',
        path: '/api/v1/peer/munge-key',
        access: 'member',
        handle: async (request, caller) => {
          asked.push(`${caller?.name} ${JSON.stringify(request.body)}`);
          return { status: 200, body: { key: 'sealed' } };
        },
      },
    ],
  });
  const a2 = await startNode({ name: 'a2', enrolment: enrol([a1.seed]), store });
  await a2.settled;
  await vi.waitFor(() => expect(find(a2, 'a1')?.authenticated).toBe(true), PATIENT);
  const target = find(a2, 'a1');
  if (target === undefined) throw new Error('a2 knows a1');
  const peers = createPeers(a2.identity);
  const path = '/api/v1/peer/munge-key';
  const options = { body: { why: 'start' }, deadlineMs: 10_000 };

  expect(await peers.call(target, 'POST', path, options)).toEqual({ key: 'sealed' });
  expect(asked).toEqual(['a2 {"why":"start"}']);

  const swapped = { ...target, fingerprint: a2.identity.fingerprint };
  await expect(peers.call(swapped, 'POST', path, options)).rejects.toMatchObject({
    code: 'TLS_CHANGED',
    data: { offered: target.fingerprint },
  });
  const stranger = { ...target, authenticated: false };
  await expect(peers.call(stranger, 'POST', path, options)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
  });
  const { enrolment: foreignEnrolment, store: foreignStore } = newCluster('x1', 'anvil');
  const x1 = await startNode({ name: 'x1', enrolment: foreignEnrolment, store: foreignStore });
  const foreign = createPeers(x1.identity);
  await expect(foreign.call(target, 'POST', path, options)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
    data: { status: 403 },
  });
  expect(asked).toHaveLength(1);
  await peers.close();
  await foreign.close();
});

test('no file of the node, and no argument of its serf, has the cluster key', async () => {
  const { path, remove } = tempFolder();
  const { enrolment, store } = newCluster('a1');
  const a1 = await startNode({ name: 'a1', enrolment, store, folder: path });
  await a1.settled;
  const { pid } = await a1.supervisor.state('clusterdeck-serf');
  const gossipKey = Buffer.from(enrolment.keys.gossipKey()).toString('base64');
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(gossipKey);
  expect(readFileSync(join(path, 'serf', 'keyring'), 'utf8')).toContain(gossipKey);
  for (const name of ['serf.json', 'tags']) {
    expect(readFileSync(join(path, 'serf', name), 'utf8')).not.toContain(gossipKey);
  }
  expect(a1.log.join('\n')).not.toContain(gossipKey);
  await a1.powerOff();
  remove();
});

function foundingOf(node: TestNode): string {
  const file: { cluster: { founding: string } } = JSON.parse(
    readFileSync(join(node.folder, 'membership.json'), 'utf8'),
  );
  return file.cluster.founding;
}
