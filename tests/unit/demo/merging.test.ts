import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { mergeCard, pactAnswer } from '#shared/contract/agent/merge';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { DemoOperations, failedChecks, waitsAt } from '#tests/support/demo-operations';

vi.setConfig({ testTimeout: 240_000 });

const FORGE = ['forge-1', 'forge-2', 'forge-3', 'forge-4', 'forge-5'];
const SOON = { timeout: 40_000 };
const BENCH = ['bench-1', 'bench-2'];
let lab: DemoLab;
let forge: DemoClusterOs;
let bench: DemoClusterOs;
let operations: DemoOperations;

beforeEach(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 2 });
  const [first, second] = lab.clusteros;
  if (first === undefined || second === undefined) throw new Error('no cluster');
  [forge, bench] = [first, second];
  operations = new DemoOperations(forge, 'admin');
});
afterEach(async () => {
  await operations.close();
  await lab.close();
});

/** Shows each the other's card, as an admin of both does, and plans at the one that stays. */
async function planned() {
  const others = new DemoOperations(bench, 'admin');
  const [ours, theirs] = [
    await operations.ask(mergeCard, 'merge/card'),
    await others.ask(mergeCard, 'merge/card'),
  ];
  const { decision } = await operations.ask(pactAnswer, 'merge/pact', { post: { card: theirs } });
  await others.ask(pactAnswer, 'merge/pact', { post: { card: ours } });
  await others.close();
  expect([decision.gaining.name, decision.losing.name]).toEqual(['forge', 'bench']);
  return operations.plan('merge', { losing: theirs.cluster.uuid });
}

const namesOf = ({ nodes }: DemoClusterOs) => nodes.map(({ spec }) => spec.name).toSorted();
const waiting = ({ world }: DemoClusterOs) =>
  world.jobs().filter(({ startedAt, endedAt }) => startedAt === null && endedAt === null);

/** What runs on a node is done, as often as it takes. */
async function until(id: string, state: string): Promise<void> {
  const isThere = async () => {
    for (const cluster of lab.clusteros) {
      for (const name of ['bench-1', 'bench-2']) cluster.finishJobs(name);
    }
    const { operation } = await operations.once(id, () => true);
    return operation.state;
  };
  await expect.poll(isThere, { timeout: 110_000, interval: 500 }).toBe(state);
}

test('a whole merge: jobs are carried, nodes cross one after another, and all comes back', async () => {
  const before = waiting(bench).map(({ name, held }) => ({ name, held }));
  expect(before).toContainEqual({ name: 'thesis-rerun', held: true });
  expect(before).toContainEqual({ name: 'thesis-figures', held: false });
  const plan = await planned();
  expect(failedChecks(plan)).toEqual([]);
  expect(plan.confirm).toBe('bench');
  const { id } = await operations.start(plan);
  await until(id, 'done');
  expect([namesOf(bench), namesOf(forge)]).toEqual([[], [...FORGE, ...BENCH].toSorted()]);
  const names = () => waiting(forge).map(({ name }) => name);
  // the one that is held waits at its new place, and the one behind it still waits for that one
  expect(names()).toEqual(expect.arrayContaining(['thesis-rerun', 'thesis-figures']));
  expect(forge.world.partitions().map(({ name }) => name)).toContain('lab');
  // whoever asks a node that has crossed hears of the whole cluster
  const there = await operations.ask(mergeCard, 'merge/card', { node: 'bench-1' });
  expect(there.nodes.map(({ name }) => name).toSorted()).toEqual([...FORGE, ...BENCH].toSorted());

  await operations.wish(id, 'rollback');
  await until(id, 'undone');
  expect([namesOf(bench), namesOf(forge)]).toEqual([BENCH, FORGE]);
  expect(bench.controllers.primary).toBe('bench-1');
  const back = waiting(bench);
  const held = back.find(({ name }) => name === 'thesis-rerun');
  expect(held).toMatchObject({ held: true, startedAt: null });
  expect(back.find(({ name }) => name === 'thesis-figures')?.after).toBe(held?.id);
  const partitions = () => forge.world.partitions().map(({ name }) => name);
  await expect.poll(partitions, SOON).toEqual(['batch', 'short', 'gpu']);
});

test('a node that cannot cross halts it, and stays with its cluster when it is left out', async () => {
  bench.faults.set('bench-2', 'kept-damaged', true);
  const { id } = await operations.start(await planned());
  await until(id, 'stuck');
  const { operation } = await operations.once(id, ({ state }) => state === 'stuck');
  expect(operation.steps.find((step) => step.id === 'cross-bench-2')?.error).toContain('not whole');
  expect([namesOf(bench), namesOf(forge)]).toEqual([BENCH, FORGE]);
  await operations.wish(id, 'skip');
  await until(id, 'done');
  expect([namesOf(bench), namesOf(forge)]).toEqual([BENCH, FORGE]);
  // it takes jobs again, as a cluster of its own
  expect(bench.world.isClosed).toBe(false);
  expect(bench.world.nodes.map(({ drainReason }) => drainReason)).toEqual([null, null]);
});

test('a bridge that is lost is waited for, and a full disk lets nothing begin', async () => {
  const plan = await planned();
  bench.faults.set('bench-2', 'disk-full', true);
  const { code, message } = await operations.refused(plan);
  expect([code, message]).toEqual(['checks-failed', expect.stringContaining('bench-2')]);
  bench.faults.set('bench-2', 'disk-full', false);
  const again = await operations.start(await planned());
  await operations.once(again.id, waitsAt('empty-bench-2'));
  bench.faults.set('bench-2', 'bridge-cut', true);
  const isSilent = ({ steps }: AgentOperation) =>
    steps.some(({ waiting_on: what }) => what?.includes('bench-2 to answer') === true);
  await operations.once(again.id, isSilent);
  bench.faults.set('bench-2', 'bridge-cut', false);
  await until(again.id, 'done');
  expect(namesOf(forge)).toContain('bench-1');
});
