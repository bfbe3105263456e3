import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { fail } from '#shared/contract/errors';
import { StillClock } from '#tests/support/still-clock';
import { killedAfter, withoutWaitingForDisks } from './death';
import { type NodeFiles, nodeFiles, OPERATION, type TestCluster, testCluster } from './node';

/** Each is killed some hundred times. */
const PATIENCE_MS = 120_000;

let waitAgain: () => void;
beforeAll(async () => {
  waitAgain = await withoutWaitingForDisks();
});
afterAll(() => waitAgain());

interface Stage {
  node: NodeFiles;
  losing: TestCluster;
  gaining: TestCluster;
  /** every file of the node while it is in the losing cluster */
  before: Record<string, string>;
}

/** A node of the losing cluster with all that a crossing needs. */
async function stage(): Promise<Stage> {
  const node = nodeFiles();
  const [losing, gaining] = [testCluster('south'), testCluster('north')];
  node.fillOwn();
  node.fill(losing);
  const before = node.all();
  const { kept } = await node.crossing();
  const snapshot = async (path: string) => node.write(path, 'the whole state');
  await kept.keep({ operation: OPERATION, cluster: short(losing), jobs: node.jobs, snapshot });
  await kept.stage(OPERATION, gaining.text);
  return { node, losing, gaining, before };
}

const short = ({ uuid, name }: TestCluster) => ({ uuid, name });

/** What the hand writes down before the agent goes. */
async function begin({ node, losing, gaining }: Stage, direction: 'over' | 'back'): Promise<void> {
  const [from, to] = direction === 'over' ? [losing, gaining] : [gaining, losing];
  const crossing = await node.crossing();
  const wish = { operation: OPERATION, direction, jobs: node.jobs };
  await crossing.begin({ ...wish, from: short(from), to: short(to) });
}

/** One start of the agent, until it is composed; it arrives where it went to. */
async function start({ node }: Stage): Promise<void> {
  const crossing = await node.crossing();
  await crossing.carryOut();
  await crossing.arrived();
}

function expectOver({ node, losing, gaining }: Stage): void {
  expect(node.read(node.etc, 'enrolment.yaml')).toBe(gaining.text);
  const left = Object.keys(node.all()).filter((path) => !path.endsWith('enrolment.yaml'));
  expect(left.toSorted()).toEqual(
    [
      join(node.root, 'identity', 'identity.key'),
      join(node.root, 'daemons', 'slurmd.json'),
      join(node.jobs, '.clusterdeck-previous', 'old'),
    ].toSorted(),
  );
  const aside = join(node.root, 'kept', OPERATION, 'losing');
  expect(node.read(aside, 'enrolment.yaml')).toBe(losing.text);
  expect(node.read(aside, 'etcd', 'data', 'member', 'wal')).toBe('log of south');
  const jobs = join(node.jobs, `.clusterdeck-losing-${OPERATION}`);
  expect(node.read(jobs, 'hash.1', 'job.11', 'script')).toBe('#!/bin/sh\n');
}

function expectBack({ node, before, gaining }: Stage, { isStaged = false } = {}): void {
  expect(node.all()).toEqual(before);
  if (isStaged) return;
  expect(node.everything()).not.toContain('north');
  expect(node.everything()).not.toContain(gaining.text);
}

test('crosses over and comes back to what it was, with nothing of the other cluster left', async () => {
  const it = await stage();
  await begin(it, 'over');
  await start(it);
  expectOver(it);
  expect(it.node.stopped).toEqual([
    'slurmd',
    'slurmctld',
    'clusterdeck-etcd',
    'clusterdeck-serf',
    'munge',
  ]);
  it.node.fill(it.gaining);
  await begin(it, 'back');
  await start(it);
  expectBack(it);
});

test('goes on from wherever it was killed on its way over', { timeout: PATIENCE_MS }, async () => {
  let hasEnded = false;
  for (let after = 0; !hasEnded; after += 1) {
    const it = await stage();
    hasEnded = await killedAfter(after, async () => {
      await begin(it, 'over');
      await start(it);
    });
    const crossing = await it.node.crossing();
    // before it was written down that it crosses nothing had happened, and it is asked again
    if ((await crossing.pending()) === null && !hasEnded) {
      expectBack(it, { isStaged: true });
      await begin(it, 'over');
    }
    await start(it);
    expectOver(it);
    expect(await crossing.pending()).toBeNull();
  }
});

test('goes on from wherever it was killed on its way back', { timeout: PATIENCE_MS }, async () => {
  let hasEnded = false;
  for (let after = 0; !hasEnded; after += 1) {
    const it = await stage();
    await begin(it, 'over');
    await start(it);
    it.node.fill(it.gaining);
    await begin(it, 'back');
    hasEnded = await killedAfter(after, () => start(it));
    await start(it);
    expectBack(it);
  }
});

test('is killed twice on its way, and arrives all the same', async () => {
  for (const [first, second] of [
    [4, 9],
    [11, 3],
    [17, 17],
    [25, 8],
  ] as const) {
    const it = await stage();
    await begin(it, 'over');
    await killedAfter(first, () => start(it));
    await killedAfter(second, () => start(it));
    await start(it);
    expectOver(it);
    it.node.fill(it.gaining);
    await begin(it, 'back');
    await killedAfter(second, () => start(it));
    await killedAfter(first, () => start(it));
    await start(it);
    expectBack(it);
  }
});

test('stays where it was when it cannot leave, and says why', async () => {
  const it = await stage();
  await begin(it, 'over');
  it.node.onStop = async (name) => {
    if (name === 'slurmctld') throw fail('TIMEOUT', { remedy: '' }, 'slurmctld did not stop.');
  };
  await start(it);
  expectBack(it);
  expect(it.node.log.lines.map(({ message }) => message)).toContain(
    'This node cannot leave its cluster, and stays there',
  );
  expect(await (await it.node.crossing()).pending()).toBeNull();
});

test('ends the agent when it can go neither way, and goes on with its next start', async () => {
  const it = await stage();
  await begin(it, 'over');
  await start(it);
  it.node.fill(it.gaining);
  it.node.onStop = async () => {
    throw fail('TIMEOUT', { remedy: '' }, 'It did not stop.');
  };
  const clock = new StillClock();
  const late = await it.node.crossing(clock);
  await begin(it, 'back');
  await expect(late.carryOut()).resolves.toBe(true);
  // turned round, it is in the gaining cluster and waits to take part in it again
  expect(it.node.read(it.node.etc, 'enrolment.yaml')).toBe(it.gaining.text);
  it.node.onStop = async () => undefined;
  await late.arrived();
  await begin(it, 'back');
  await start(it);
  expectBack(it);
});

test('turns round when it finds no way into the other cluster', async () => {
  const it = await stage();
  const clock = new StillClock();
  const crossing = await it.node.crossing(clock);
  await begin(it, 'over');
  expect(await crossing.carryOut()).toBe(true);
  const ends = new AbortController();
  const watched = crossing.watched(new Promise(() => undefined), ends.signal);
  await clock.advance(119_000);
  expect((await crossing.pending())?.phase).toBe('arriving');
  await clock.advance(1_000);
  expect(await watched).toBe('turned');
  expect(await crossing.carryOut()).toBe(false);
  expectBack(it);
});

test('has arrived as soon as it takes part', async () => {
  const it = await stage();
  const clock = new StillClock();
  const crossing = await it.node.crossing(clock);
  await begin(it, 'over');
  expect(await crossing.carryOut()).toBe(true);
  expect(await crossing.watched(Promise.resolve(), new AbortController().signal)).toBe('arrived');
  expect(await crossing.pending()).toBeNull();
  await start(it);
  expectOver(it);
});

/** A node that runs pods, too. @param role as its configuration has it */
async function kubeStage(role: string) {
  const it = await stage();
  const { node } = it;
  const agent = join(node.etc, 'k3s', 'agent');
  const paths = {
    certificate: join(agent, 'client-kubelet.crt'),
    servers: join(agent, 'etc', 'k3s-agent-load-balancer.json'),
    password: join(node.etc, 'rancher-node', 'password'),
    image: join(agent, 'containerd', 'image'),
  };
  for (const [name, path] of Object.entries(paths)) node.write(path, `${name} at south`);
  const start = async () => {
    const crossing = await node.crossing(systemClock, [role]);
    await crossing.carryOut();
    await crossing.arrived();
  };
  return { it, node, paths, start, before: node.all() };
}

test('an agent of k3s keeps its images, and joins the other servers as a newcomer', async () => {
  const { it, node, paths, start, before } = await kubeStage('k3s-agent: { enabled: true }');
  await begin(it, 'over');
  await start();
  expect(node.stopped).toContain('k3s-agent');
  const { certificate, servers, password, image } = paths;
  expect([certificate, servers, password].map((path) => node.read(path))).toEqual([
    null,
    null,
    null,
  ]);
  expect(node.read(image)).toBe('image at south');
  node.write(certificate, 'certificate at north');
  await begin(it, 'back');
  await start();
  expect(node.all()).toEqual(before);
});

test('an agent of a k3s elsewhere is left alone', async () => {
  const role = 'k3s-agent: { enabled: true, server: "https://k3s.example:6443" }';
  const { it, node, paths, start } = await kubeStage(role);
  await begin(it, 'over');
  await start();
  expect(node.stopped).not.toContain('k3s-agent');
  for (const [name, path] of Object.entries(paths))
    expect(node.read(path)).toBe(`${name} at south`);
});

test('takes one crossing at a time, and the same one twice', async () => {
  const it = await stage();
  const clock = new StillClock();
  const crossing = await it.node.crossing(clock);
  const wish = {
    operation: OPERATION,
    from: short(it.losing),
    to: short(it.gaining),
    direction: 'over' as const,
    jobs: null,
  };
  await crossing.begin(wish);
  await crossing.begin(wish);
  const other = { ...wish, operation: '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0002' };
  await expect(crossing.begin(other)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await expect(crossing.needOver(OPERATION)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await clock.advance(100);
  await crossing.asked;
});
