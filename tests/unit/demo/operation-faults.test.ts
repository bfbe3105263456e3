import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { DemoOperations, failedChecks, isAt, waitsAt } from '#tests/support/demo-operations';

vi.setConfig({ testTimeout: 90_000 });

const SOON = { timeout: 40_000 };
let lab: DemoLab;
let forge: DemoClusterOs;
let bench: DemoClusterOs;
let operations: DemoOperations;

beforeEach(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 2 });
  const [first, second] = lab.clusteros;
  if (first === undefined || second === undefined) throw new Error('no cluster');
  [forge, bench] = [first, second];
  operations = new DemoOperations(forge);
});
afterEach(async () => {
  await operations.close();
  await lab.close();
});

test('SLURM goes to a node with a folder of its own, and back with what happened there', async () => {
  const own = new DemoOperations(bench);
  const plan = await own.planSlurm('bench-2');
  expect([plan.procedure, failedChecks(plan)]).toEqual(['B', []]);
  const stateOf = (node: string) => bench.controllers.folderOf(node)?.stateId;
  const old = stateOf('bench-1');
  const { operation, pulse } = await own.run(plan);
  expect([operation.state, bench.controllers.primary]).toEqual(['done', 'bench-2']);
  expect(pulse).toMatchObject({ failed: 0, jobs_found: pulse?.jobs_known });
  // what stayed behind is old from now on, and nothing starts on it
  expect(stateOf('bench-1')).toBe(old);
  expect(stateOf('bench-2')).not.toBe(old);
  await own.wish(operation.id, 'rollback');
  await own.once(operation.id, ({ state }) => state === 'undone');
  expect(bench.controllers.primary).toBe('bench-1');
  expect(stateOf('bench-1')).not.toBe(old);
  await own.close();
});

test('a disk that fills up after the plan was made stops it before anything happens', async () => {
  const own = new DemoOperations(bench);
  const plan = await own.planSlurm('bench-2');
  bench.faults.set('bench-2', 'disk-full', true);
  const { code, message } = await own.refused(plan);
  expect([code, message]).toEqual(['checks-failed', expect.stringContaining('free')]);
  expect(bench.controllers.primary).toBe('bench-1');
  await own.close();
});

test('the old controller stands by again once no job from before runs', async () => {
  await operations.run(await operations.planSlurm('forge-2'));
  const { controllers } = forge;
  expect(controllers.isRunning('forge-1')).toBe(false);
  expect(controllers.relayOf('forge-1')).toBe('forge-2');
  const isStandby = () => {
    // those that began just now count as from before for a few seconds
    for (const { spec } of forge.nodes) forge.finishJobs(spec.name);
    return controllers.isRunning('forge-1') && controllers.relayOf('forge-1') === null;
  };
  await expect.poll(isStandby, SOON).toBe(true);
  expect(controllers.primary).toBe('forge-2');
});

test('another node goes on where the coordinator lost its power', async () => {
  forge.faults.set('forge-5', 'agent-slow', true);
  const { id } = await operations.start(await operations.planSlurm('forge-2'));
  const { operation } = await operations.once(id, isAt('spread'));
  await forge.powerOff(operation.coordinator);
  forge.faults.set('forge-5', 'agent-slow', false);
  await operations.once(id, ({ coordinator }) => coordinator !== operation.coordinator);
  await forge.powerOn(operation.coordinator);
  const { operation: end } = await operations.over(id);
  expect([end.state, end.pivot_passed]).toEqual(['done', true]);
  await expect.poll(() => forge.controllers.primary, SOON).toBe('forge-2');
});

/** A handoff whose target lost its power right after it took over. */
async function withoutTarget(): Promise<string> {
  forge.faults.set('forge-5', 'agent-slow', true);
  const { id } = await operations.start(await operations.planSlurm('forge-2'));
  await operations.once(id, isAt('spread'));
  await forge.powerOff('forge-2');
  forge.faults.set('forge-5', 'agent-slow', false);
  const { operation } = await operations.once(id, ({ state }) => state === 'stuck');
  expect(operation.reason).toContain('forge-2 does not answer');
  return id;
}

test('a target that dies after the pivot is waited for, and it goes on once that is back', async () => {
  const id = await withoutTarget();
  await forge.powerOn('forge-2');
  await operations.wish(id, 'retry');
  const { operation } = await operations.over(id);
  expect([operation.state, operation.pivot_passed]).toEqual(['done', true]);
  expect(forge.controllers.primary).toBe('forge-2');
});

test('a target that is proved gone leaves the controller to the old one by a rollback', async () => {
  const id = await withoutTarget();
  await operations.wish(id, 'rollback');
  await operations.once(id, ({ state }) => state === 'undone');
  expect(forge.controllers.primary).toBe('forge-1');
});

test('a node without jobs leaves, and is a member again when it is switched on', async () => {
  const plan = await operations.plan('leave', { node: 'forge-5', reboot: false });
  expect(failedChecks(plan)).toEqual([]);
  const { operation } = await operations.run(plan);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  await expect.poll(() => forge.node('forge-5').isOn, SOON).toBe(false);
  await forge.powerOn('forge-5');
  const seen = () => forge.world.nodes.find(({ spec }) => spec.name === 'forge-5');
  await expect.poll(seen, SOON).toMatchObject({ isUp: true, isListed: true, drainReason: null });
});

test('a node that is to be rebooted waits for its jobs, and takes work again afterwards', async () => {
  const plan = await operations.plan('leave', { node: 'forge-3', reboot: true });
  expect(failedChecks(plan)).toEqual([]);
  const { id } = await operations.start(plan);
  const { operation } = await operations.once(id, waitsAt('slurm-empty'));
  expect(operation.state).toBe('running');
  forge.finishJobs('forge-3');
  expect((await operations.over(id)).operation).toMatchObject({ state: 'done', reason: '' });
  const seen = () => forge.world.nodes.find(({ spec }) => spec.name === 'forge-3')?.drainReason;
  expect(seen()).toContain(id);
  await forge.powerOff('forge-3');
  await forge.powerOn('forge-3');
  await expect.poll(seen, SOON).toBeNull();
});

test('pods that may not go are named, waited for, and free the drain when they may', async () => {
  forge.faults.set('forge-5', 'pods-blocked', true);
  const plan = await operations.plan('leave', { node: 'forge-5', reboot: false });
  const { id } = await operations.start(plan);
  const waits = await operations.once(id, waitsAt('k3s-drain'));
  const drain = waits.operation.steps.find((step) => step.id === 'k3s-drain');
  expect(drain?.waiting_on).toMatch(/budget wants \d ready, and \d are/);
  forge.faults.set('forge-5', 'pods-blocked', false);
  expect((await operations.over(id)).operation.state).toBe('done');
});
