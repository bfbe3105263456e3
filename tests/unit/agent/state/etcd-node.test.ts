import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { type OwnedSupervisor, superviseChildren } from '#agent/host/supervisor/children';
import type { KnownNode } from '#agent/state/etcd/keeper';
import { createEtcdNode, type EtcdNode } from '#agent/state/etcd/node';
import { Failure } from '#shared/contract/errors';
import { eventually, freePorts } from '#tests/support/etcd';
import { tempFolder } from '#tests/support/temp-folder';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** One host of the test: what stays when its agent restarts. */
interface Host {
  id: string;
  folder: string;
  address: string;
  clientPort: number;
  peerPort: number;
  supervisor: OwnedSupervisor;
  endpoints: readonly string[];
}

let root: ReturnType<typeof tempFolder>;
let uuid: string;
let seed: Uint8Array;
let hosts: Host[];
let open: EtcdNode[];
let known: KnownNode[];

beforeEach(() => {
  root = tempFolder();
  uuid = randomUUID();
  seed = randomBytes(32);
  [hosts, open, known] = [[], [], []];
});

afterEach(async () => {
  await Promise.all(open.map((node) => node.close()));
  await Promise.all(
    hosts.map(async ({ supervisor }) => {
      await supervisor.stop('clusterdeck-etcd', { force: true });
      supervisor.release();
    }),
  );
  root.remove();
});

async function host(): Promise<Host> {
  const [clientPort = 0, peerPort = 0] = await freePorts(2);
  const id = randomUUID();
  const folder = join(root.path, id);
  mkdirSync(folder);
  const supervisor = superviseChildren({ clock: systemClock, logger: silent, folder });
  const made = { id, folder, address: '127.0.0.1', clientPort, peerPort, supervisor };
  const one: Host = { ...made, endpoints: [] };
  hosts.push(one);
  const now = Math.floor(Date.now() / 1000);
  known.push({
    id,
    authenticated: true,
    status: 'alive',
    lastSeen: now,
    joinedAt: now + hosts.length,
  });
  return one;
}

async function agent(one: Host, replaceAfterMs = 3_600_000): Promise<EtcdNode> {
  const node = await createEtcdNode({
    supervisor: one.supervisor,
    clock: systemClock,
    logger: silent,
    folder: join(one.folder, 'etcd'),
    clusterUuid: uuid,
    caSeed: seed,
    nodeId: one.id,
    address: one.address,
    clientPort: one.clientPort,
    peerPort: one.peerPort,
    mayVote: true,
    replaceAfterMs,
    nodes: () => known,
    onEndpoints: (urls) => {
      one.endpoints = urls;
    },
  });
  open.push(node);
  return node;
}

async function found(): Promise<{ one: Host; node: EtcdNode }> {
  const one = await host();
  const node = await agent(one);
  await node.start({ how: 'founded' });
  return { one, node };
}

async function join_(to: EtcdNode, replaceAfterMs?: number) {
  const one = await host();
  const node = await agent(one, replaceAfterMs);
  await node.start({ how: 'joined', stateEndpoints: to.endpoints() });
  return { one, node };
}

function mark(id: string, status: KnownNode['status'], lastSeen = 0): void {
  known = known.map((node) => (node.id === id ? { ...node, status, lastSeen } : node));
}

const hasVoters = (node: EtcdNode, count: number) =>
  eventually(() => node.status().voters.length === count, `${count} voters`, 60_000);
const aside = (one: Host) =>
  readdirSync(join(one.folder, 'etcd')).filter((name) => name.includes('.aside-'));

describe('a node and the shared state', { timeout: 120_000 }, () => {
  test('founds alone, gives the second node a copy, and lets the third make it three voters', async () => {
    const { node } = await found();
    await node.state.commit([], [{ key: 'kept', put: 'from the start' }]);
    const second = await join_(node);
    expect((await second.node.state.get('kept'))?.value).toBe('from the start');
    await eventually(() => node.status().learners.includes(second.one.id), 'a copy', 60_000);
    expect(node.status().voters).toHaveLength(1);
    const third = await join_(node);
    await hasVoters(third.node, 3);
    await eventually(() => second.one.endpoints.length === 3, 'addresses are told');
    expect(new Set(third.node.status().voters)).toEqual(new Set(hosts.map(({ id }) => id)));

    // any one of them may die
    const [founder] = hosts;
    await founder?.supervisor.stop('clusterdeck-etcd', { force: true });
    await eventually(async () => {
      const done = await third.node.state.commit([], [{ key: 'kept', put: 2 }]).catch(() => null);
      return done !== null;
    }, 'the others go on');

    // without quorum: what is known is still told, and nothing is written
    await second.one.supervisor.stop('clusterdeck-etcd', { force: true });
    await eventually(
      async () => (await third.node.state.health()) === 'read-only',
      'it is read-only',
    );
    expect((await third.node.state.get('kept', { stale: true }))?.value).toBe(2);
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        (error: unknown) => (error instanceof Failure ? error.code : String(error)),
      );
    await eventually(
      async () => (await codeOf(third.node.state.get('kept'))) === 'NO_QUORUM',
      'reading says why',
    );
    const commit = third.node.state.commit([], [{ key: 'kept', put: 3 }]);
    expect(await codeOf(commit)).toBe('NO_QUORUM');
    await eventually(() => third.node.status().health === 'read-only', 'it says so');
  });

  test('goes on after the agent restarts, and after etcd does', async () => {
    const { one, node } = await found();
    await node.state.commit([], [{ key: 'kept', put: 1 }]);
    await eventually(() => node.status().health === 'ok', 'it looked');
    await node.close();
    const again = await agent(one);
    await again.start({ how: 'resumed', stateEndpoints: one.endpoints });
    expect((await again.state.get('kept'))?.value).toBe(1);
    await one.supervisor.stop('clusterdeck-etcd', { force: true });
    await again.close();
    const third = await agent(one);
    await third.start({ how: 'resumed', stateEndpoints: one.endpoints });
    await eventually(async () => (await third.state.health()) === 'ok', 'etcd is back');
    expect((await third.state.get('kept'))?.value).toBe(1);
  });

  test('keeps its data when its address changes', async () => {
    const { one, node } = await found();
    await node.state.commit([], [{ key: 'kept', put: 1 }]);
    await eventually(() => one.endpoints.length === 1, 'addresses are told');
    await node.close();
    one.address = '127.0.0.2';
    const moved = await agent(one);
    await moved.start({ how: 'resumed', stateEndpoints: one.endpoints });
    await eventually(async () => (await moved.state.health()) === 'ok', 'it answers');
    expect((await moved.state.get('kept'))?.value).toBe(1);
    const url = `https://127.0.0.2:${one.clientPort}`;
    await eventually(() => one.endpoints.includes(url), 'the new address is told', 30_000);
    expect(aside(one)).toEqual([]);
  });

  test('replaces a voter that failed for long, and the one that comes back sets its data aside', async () => {
    const { node } = await found();
    const second = await join_(node, 1_000);
    const third = await join_(node, 1_000);
    await hasVoters(node, 3);
    // whoever leads now must be willing to replace soon
    await node.close();
    await second.one.supervisor.stop('clusterdeck-etcd', { force: true });
    await second.node.close();
    mark(second.one.id, 'failed', 1);
    const fourth = await join_(third.node, 1_000);
    await eventually(
      () =>
        fourth.node.status().voters.includes(fourth.one.id) &&
        !fourth.node.status().voters.includes(second.one.id),
      'it is replaced',
      60_000,
    );
    const back = await agent(second.one);
    await back.start({ how: 'resumed', stateEndpoints: second.one.endpoints });
    mark(second.one.id, 'alive', 1);
    await eventually(() => aside(second.one).length === 2, 'its data are aside', 30_000);
    expect(await back.state.get(`voters/${second.one.id}`)).toBeNull();
  });

  test('gives a voter that lost its disk a new copy, under a new name', async () => {
    const { node } = await found();
    const second = await join_(node);
    const third = await join_(node);
    await hasVoters(third.node, 3);
    const before = await node.state.get(`voters/${third.one.id}`);
    await third.one.supervisor.stop('clusterdeck-etcd', { force: true });
    await third.node.close();
    renameSync(join(third.one.folder, 'etcd', 'data'), join(third.one.folder, 'lost'));
    const back = await agent(third.one);
    await back.start({ how: 'resumed', stateEndpoints: third.one.endpoints });
    expect(back.problems().map(({ code }) => code)).toContain('state-member');
    await eventually(
      async () => {
        const now = await node.state.get(`voters/${third.one.id}`).catch(() => null);
        return now !== null && JSON.stringify(now.value) !== JSON.stringify(before?.value);
      },
      'it is asked anew',
      60_000,
    );
    await hasVoters(second.node, 3);
    await eventually(() => back.problems().length === 0, 'nothing is left to tell', 30_000);
  });

  test('hands its lead to the voter that is named, and takes back the seat of one that leaves', async () => {
    const { one, node } = await found();
    const second = await join_(node);
    const third = await join_(node);
    await hasVoters(third.node, 3);
    const leader = async () => (await second.node.seats()).leader;
    expect(await leader()).toBe(one.id);
    await node.yieldLead(third.one.id);
    await eventually(async () => (await leader()) === third.one.id, 'the third leads');
    await expect(third.node.yieldLead('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // one that does not lead has nothing to hand on
    await node.yieldLead(second.one.id);
    expect(await leader()).toBe(third.one.id);

    await node.state.commit([], [{ key: `leaving/${one.id}`, put: { operation: 'x' } }]);
    await eventually(() => aside(one).length === 2, 'the first set its data aside', 60_000);
    const { members } = await second.node.seats();
    expect(members.map((seat) => seat.node).toSorted()).toEqual(
      [second.one.id, third.one.id].toSorted(),
    );
    // it goes on to know the state through the others
    await eventually(async () => (await node.state.health()) === 'ok', 'it still reads');
    await node.state.commit([], [{ key: 'kept', put: 'by the one without a seat' }]);
    // taken back, it gets a new copy
    await node.state.commit([], [{ key: `leaving/${one.id}`, delete: true }]);
    await hasVoters(second.node, 3);
  });

  test('gives up a seat that was taken back while its agent was away', async () => {
    const { node } = await found();
    const second = await join_(node);
    const seated = async () => (await node.seats()).members.map((seat) => seat.node);
    await eventually(() => second.one.endpoints.length === 2, 'it has a copy, and knows of both');
    await second.node.close();
    await node.state.commit([], [{ key: `leaving/${second.one.id}`, put: { operation: 'x' } }]);
    await eventually(async () => !(await seated()).includes(second.one.id), 'it is taken back');
    const again = await agent(second.one);
    await again.start({ how: 'resumed', stateEndpoints: second.one.endpoints });
    await eventually(() => aside(second.one).length === 2, 'it set its data aside', 30_000);
    expect((await again.seats()).members.map((seat) => seat.node)).toEqual(await seated());
  });

  test('refuses data that nobody knows, and leaves them as they are', async () => {
    const one = await host();
    const data = join(one.folder, 'etcd', 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'precious'), 'x');
    const node = await agent(one);
    await expect(node.start({ how: 'founded' })).rejects.toMatchObject({ code: 'STORE_BROKEN' });
    expect(existsSync(join(data, 'precious'))).toBe(true);
  });

  test('writes a snapshot whose checksum holds', async () => {
    const { node } = await found();
    await node.state.commit([], [{ key: 'kept', put: 'x'.repeat(100_000) }]);
    const path = join(root.path, 'snapshot.db');
    const bytes = await node.snapshot(path, new AbortController().signal);
    expect(bytes).toBeGreaterThan(100_000);
    expect(existsSync(`${path}.part`)).toBe(false);
  });
});
