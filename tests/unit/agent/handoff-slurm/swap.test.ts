import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type StagedSlurmNode } from '#tests/support/slurm-cluster';
import { stageHandoff, TIMEOUT_MS, WAIT } from './world';

const conf = (node: StagedSlurmNode) => readFileSync(join(node.etc.slurm, 'slurm.conf'), 'utf8');
const order = (node: StagedSlurmNode) =>
  [...conf(node).matchAll(/^SlurmctldHost=(\w+)/gm)].map(([, name]) => name);
const done = ({ supervisor }: StagedSlurmNode) =>
  supervisor.done.filter((what) => what.endsWith('slurmctld'));

async function staged(timeoutMs = TIMEOUT_MS) {
  const controller = { slurmctld_timeout: timeoutMs };
  const world = stageHandoff({
    a1: { controller, worker: {} },
    a2: { controller, worker: {} },
    a3: { worker: {} },
  });
  const [a1, a2, a3] = ['a1', 'a2', 'a3'].map((name) => world.node(name)) as [
    StagedSlurmNode,
    StagedSlurmNode,
    StagedSlurmNode,
  ];
  a1.start();
  await vi.waitFor(() => expect(a1.supervisor.runs('slurmctld')).toBe(true), WAIT);
  a2.start();
  a3.start();
  await world.whole();
  await vi.waitFor(
    async () => expect((await world.record()).controllers).toEqual(['id-a1', 'id-a2']),
    WAIT,
  );
  await vi.waitFor(() => expect(order(a3)).toEqual(['a1', 'a2']), WAIT);
  a1.supervisor.done.length = 0;
  a2.supervisor.done.length = 0;
  return { world, a1, a2, a3 };
}

test('two that share the folder swap; the old one relays until no job from before runs', async () => {
  const { world, a1, a2, a3 } = await staged();
  world.jobs.push({ id: '7', state: 'RUNNING', start: Math.floor(Date.now() / 1000) - 60 });
  world.jobs.push({ id: '8_[1-4]', state: 'PENDING', start: 0 });
  const { operation, plan, log } = await world.handOver('a3', 'a2');
  expect(operation).toMatchObject({
    state: 'done',
    reason: '',
    notes: { jobsKnown: 2, jobsFound: 2 },
  });
  expect(plan).toMatchObject({ procedure: 'A', confirm: 'a2' });
  expect(plan.blast.goes_on.items.map(({ id }) => id)).toEqual(['7']);
  expect(plan.blast.waits.items.map(({ id }) => id)).toEqual(['8_[1-4]']);
  expect(done(a1)).toEqual(['stop slurmctld']);
  expect(done(a2)).toEqual(['stop slurmctld', 'start slurmctld']);
  for (const node of [a2, a3]) expect(order(node)).toEqual(['a2']);
  expect(log.map(({ text }) => text).join('\n')).toContain('what comes for it is handed on to a2');
  expect(await world.record()).toMatchObject({
    controllers: ['id-a2'],
    held: ['id-a1'],
    relays: [{ from: 'id-a1', to: 'id-a2' }],
    moving: null,
    epoch: operation.epoch,
  });

  // its agent goes on looking after it, and starts nothing
  const before = done(a1).length;
  await vi.waitFor(() => expect(a1.commands.count('squeue', '-h', '-a')).toBeGreaterThan(2), WAIT);
  expect(done(a1).slice(before)).not.toContain('start slurmctld');
  world.jobs.length = 0;
  await vi.waitFor(async () => {
    expect(await world.record()).toMatchObject({
      controllers: ['id-a2', 'id-a1'],
      held: [],
      relays: [],
    });
    expect(a1.supervisor.runs('slurmctld')).toBe(true);
  }, WAIT);
  await vi.waitFor(() => expect(order(a3)).toEqual(['a2', 'a1']), WAIT);
  expect(done(a2)).toEqual(['stop slurmctld', 'start slurmctld']);
});

test('the old place is kept until no client sleeps any more that was turned away during the move', async () => {
  const timeoutMs = 6_000;
  const { world } = await staged(timeoutMs);
  await world.handOver('a3', 'a2');
  const [relay] = (await world.record()).relays;
  await vi.waitFor(async () => expect((await world.record()).relays).toEqual([]), WAIT);
  expect(Date.now() - (relay?.since ?? Number.NaN)).toBeGreaterThanOrEqual(1.5 * timeoutMs);
});

test('where the new one does not come up, all is as before and the old one works', async () => {
  const { world, a1, a2, a3 } = await staged();
  const before = await world.record();
  world.jobs.push({ id: '7', state: 'RUNNING', start: 1 });
  const begin = a2.supervisor.onBegin;
  a2.supervisor.onBegin = (daemon) => {
    if (daemon === 'slurmctld') a2.supervisor.set(daemon, 'failed', 'fatal: no such plugin');
    else begin(daemon);
  };
  const { operation } = await world.handOver('a3', 'a2');
  expect(operation.state).toBe('undone');
  expect(operation.reason).toContain('slurmctld did not come up: fatal: no such plugin');
  expect(operation.pivot_passed).toBe(false);
  a2.supervisor.onBegin = begin;
  const { revision: _then, epoch: _older, ...known } = before;
  expect(await world.record()).toMatchObject(known);
  expect(done(a1)).toEqual(['stop slurmctld', 'start slurmctld']);
  for (const node of [a1, a2, a3]) expect(order(node)).toEqual(['a1', 'a2']);
  // the standby is its agent's to bring back
  await vi.waitFor(() => expect(a2.supervisor.runs('slurmctld')).toBe(true), WAIT);
  const mark = JSON.parse(
    readFileSync(join(world.shared, 'slurmctld', '.clusterdeck.json'), 'utf8'),
  );
  expect(mark).toMatchObject({ stateId: before.stateId, hasRun: true });
});

test('rolled back after its end, the new one relays to the old one', async () => {
  const { world, a1, a2, a3 } = await staged();
  const { operation } = await world.handOver('a3', 'a2');
  await vi.waitFor(async () => expect((await world.record()).relays).toEqual([]), WAIT);
  world.jobs.push({ id: '9', state: 'RUNNING', start: 1 });
  await world.on('a3').ask(operation.id, 'rollback', 'tester');
  await vi.waitFor(async () => {
    expect((await world.on('a3').get(operation.id)).operation.state).toBe('undone');
  }, WAIT);
  expect(a1.supervisor.runs('slurmctld')).toBe(true);
  expect(a2.supervisor.runs('slurmctld')).toBe(false);
  expect(await world.record()).toMatchObject({
    controllers: ['id-a1'],
    held: ['id-a2'],
    relays: [{ from: 'id-a2', to: 'id-a1' }],
    moving: null,
  });
  await vi.waitFor(() => expect(order(a3)).toEqual(['a1']), WAIT);
});

test('a job that is found nowhere holds the end back, and is named', async () => {
  const { world } = await staged();
  world.jobs.push({ id: '7', state: 'RUNNING', start: 1 });
  const { a2 } = { a2: world.node('a2') };
  const begin = a2.supervisor.onBegin;
  a2.supervisor.onBegin = (daemon) => {
    begin(daemon);
    if (daemon === 'slurmctld') world.jobs.length = 0;
  };
  const plan = await world.plan('a3', 'a2');
  const { id } = await world.on('a3').start(plan.hash, plan.confirm, 'tester');
  await vi.waitFor(async () => {
    const { operation } = await world.on('a3').get(id);
    const prove = operation.steps.find((step) => step.id === 'prove');
    expect(prove?.waiting_on).toBe('1 of 1 jobs: 7');
  }, WAIT);
  // the accounting knows how it ended
  a2.commands.on('sacct', (argv) => (argv.includes('--completion') ? '7|COMPLETED\n' : ''));
  expect((await world.ended('a3', id)).operation).toMatchObject({ state: 'done' });
});

test('a controller that lost its place while its node was away is stopped when it is back', async () => {
  const { world, a1 } = await staged();
  world.jobs.push({ id: '7', state: 'RUNNING', start: 1 });
  const { operation } = await world.handOver('a3', 'a2');
  expect(operation.state).toBe('done');
  // as after a power cut: something started it at boot
  a1.supervisor.set('slurmctld', 'running');
  await vi.waitFor(() => expect(a1.supervisor.runs('slurmctld')).toBe(false), WAIT);
});

test('plans name what is not right, each with what to do', async () => {
  const { world, a2 } = await staged();
  a2.commands.on('slurmctld', () => 'slurm-wlm 21.08.1\n');
  const { checks } = await world.plan('a3', 'a2');
  expect(checks.filter(({ state }) => state === 'failed').map(({ id }) => id)).toEqual(['version']);
  for (const { state, remedy } of checks) expect(remedy === '').toBe(state === 'ok');
  const plan = await world.plan('a3', 'a2');
  await expect(world.on('a3').start(plan.hash, plan.confirm, 'tester')).rejects.toMatchObject({
    code: 'CHECKS_FAILED',
  });
  expect((await world.record()).moving).toBeNull();
});

test('who fits is told with why, and the one that has it is not offered', async () => {
  const { world, a2 } = await staged();
  const fits = async () => {
    const { handoff } = await world.on('a3').candidates();
    const [slurm] = handoff;
    return slurm?.candidates.map(({ node, holds, fit }) => ({ node, holds, fit }));
  };
  expect(await fits()).toEqual([
    { node: 'a1', holds: true, fit: false },
    { node: 'a2', holds: false, fit: true },
  ]);
  a2.isOff = true;
  expect(await fits()).toContainEqual({ node: 'a2', holds: false, fit: false });
  await expect(world.plan('a3', 'a1')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(world.plan('a3', 'zz')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(existsSync(join(world.shared, 'slurmctld', '.clusterdeck-arriving'))).toBe(false);
});
