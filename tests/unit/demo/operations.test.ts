import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { candidatesAnswer } from '#shared/contract/agent/operations';
import { DemoOperations, failedChecks } from '#tests/support/demo-operations';

vi.setConfig({ testTimeout: 60_000 });

let lab: DemoLab;
let forge: DemoClusterOs;
let operations: DemoOperations;

// each test leaves the controller where it was
beforeAll(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 1 });
  const [first] = lab.clusteros;
  if (first === undefined) throw new Error('no cluster');
  forge = first;
  operations = new DemoOperations(forge);
});
afterAll(async () => {
  await operations.close();
  await lab.close();
});

const running = () =>
  forge.world.jobs().flatMap(({ id, startedAt, endedAt }) => (startedAt && !endedAt ? [id] : []));

test('each node says whether it could take a role, and why', async () => {
  const { handoff, leave } = await operations.ask(candidatesAnswer, 'operations/candidates');
  expect(handoff.map(({ role }) => role)).toEqual(['slurm-controller', 'k3s-server', 'etcd']);
  const slurm = handoff[0]?.candidates ?? [];
  expect(slurm.map(({ node, holds, fit }) => [node, holds, fit])).toEqual([
    ['forge-1', true, false],
    ['forge-2', false, true],
    ['forge-4', false, true],
  ]);
  expect(leave.map(({ node }) => node)).toEqual(forge.nodes.map(({ spec }) => spec.name));
});

test('the lead of etcd moves to another voter', async () => {
  const plan = await operations.plan('handoff', { role: 'etcd', to: 'forge-2' });
  expect(plan.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  const { operation } = await operations.run(plan);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
});

test('a k3s server hands over the lead of its etcd and the nodes that join by it', async () => {
  const plan = await operations.plan('handoff', { role: 'k3s-server', to: 'forge-3' });
  expect(plan.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  const { operation } = await operations.run(plan);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(operation.steps.map(({ id }) => id)).toEqual(['k3s-lead', 'k3s-registration']);
});

test('SLURM goes to its backup and back, and every job is accounted for', async () => {
  const before = running();
  const plan = await operations.planSlurm('forge-2');
  expect([plan.procedure, failedChecks(plan)]).toEqual(['A', []]);
  const { operation, pulse, log } = await operations.run(plan);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(forge.controllers.primary).toBe('forge-2');
  // submissions waited, and none failed
  expect(pulse?.longest_ms).toBeGreaterThan(300);
  expect(pulse).toMatchObject({ failed: 0, jobs_found: pulse?.jobs_known });
  expect(pulse?.jobs_known).toBeGreaterThanOrEqual(before.length);
  expect(log.some(({ node, text }) => node === 'forge-1' && text.includes('SIGTERM'))).toBe(true);
  expect(running().filter((id) => before.includes(id)).length).toBeGreaterThan(0);

  const back = await operations.planSlurm('forge-1');
  expect(failedChecks(back)).toEqual([]);
  expect((await operations.run(back)).operation.state).toBe('done');
  expect(forge.controllers.primary).toBe('forge-1');
});

test('a handoff that is done is rolled back', async () => {
  const { operation } = await operations.run(await operations.planSlurm('forge-2'));
  expect(operation.rollback_until).toBeGreaterThan(Date.now());
  await operations.wish(operation.id, 'rollback');
  await operations.once(operation.id, ({ state }) => state === 'undone');
  expect(forge.controllers.primary).toBe('forge-1');
});

test('a controller that does not start is undone, and the old one works on', async () => {
  const { operation } = await operations.run(await operations.planSlurm('forge-4'));
  expect(operation.state).toBe('undone');
  expect(operation.reason).toContain('ended at once');
  expect(forge.controllers.primary).toBe('forge-1');
});

test('an old controller that does not end is left alone', async () => {
  const plan = await operations.planSlurm('forge-2');
  forge.faults.set('forge-1', 'stop-hangs', true);
  const { operation } = await operations.run(plan);
  forge.faults.set('forge-1', 'stop-hangs', false);
  expect(operation.state).toBe('undone');
  expect(operation.reason).toContain('did not end');
  expect(forge.controllers.primary).toBe('forge-1');
});

test('clocks that do not agree are found before anything happens', async () => {
  forge.faults.set('forge-2', 'clock-ahead', true);
  const [check] = failedChecks(await operations.planSlurm('forge-2'));
  forge.faults.set('forge-2', 'clock-ahead', false);
  expect(check).toMatchObject({ id: 'clocks', remedy: expect.stringContaining('chrony') });
});

test('of two that are started at once one is refused', async () => {
  const plans = await Promise.all([
    operations.plan('handoff', { role: 'etcd', to: 'forge-4' }),
    operations.plan('handoff', { role: 'k3s-server', to: 'forge-2' }),
  ]);
  const answers = await Promise.all(plans.map((plan) => operations.tried(plan)));
  const begun = answers.flatMap((answer) => answer?.id ?? []);
  expect(begun).toHaveLength(1);
  expect((await operations.over(begun[0] ?? '')).operation.state).toBe('done');
});
