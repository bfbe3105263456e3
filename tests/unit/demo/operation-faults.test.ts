import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { DemoOperations, failedChecks, isAt } from '#tests/support/demo-operations';

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
