import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { operationAnswer } from '#shared/contract/agent/operations';
import { DemoOperations, failedChecks, waitsAt } from '#tests/support/demo-operations';

vi.setConfig({ testTimeout: 90_000 });

const SOON = { timeout: 40_000 };
let lab: DemoLab;
let forge: DemoClusterOs;
let operations: DemoOperations;

beforeEach(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 1 });
  const [first] = lab.clusteros;
  if (first === undefined) throw new Error('no cluster');
  forge = first;
  operations = new DemoOperations(forge);
});
afterEach(async () => {
  await operations.close();
  await lab.close();
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

test('the node with the controller hands it over, and leaves once no job from before runs', async () => {
  const plan = await operations.plan('leave', { node: 'forge-1', reboot: false });
  expect(failedChecks(plan)).toEqual([]);
  expect(plan.irreversible.length).toBeGreaterThan(0);
  const { id } = await operations.start(plan);
  const { operation } = await operations.once(id, waitsAt('slurm-relay'));
  expect(operation.coordinator).not.toBe('forge-1');
  expect(forge.controllers.primary).toBe('forge-2');
  // those that begin just now count as from before for a few seconds
  const isOver = async () => {
    for (const { spec } of forge.nodes) forge.finishJobs(spec.name);
    return (await operations.ask(operationAnswer, `operations/${id}`)).operation.state;
  };
  await expect.poll(isOver, { timeout: 60_000, interval: 500 }).toBe('done');
  const names = forge.nodes.filter(({ isOn }) => isOn).map(({ spec }) => spec.name);
  expect(names).toEqual(['forge-2', 'forge-3', 'forge-4', 'forge-5']);
});
