import { expect, test } from 'vitest';
import { z } from 'zod';
import type { AgentOperation, OperationAnswer } from '#shared/contract/agent/operations';
import { eventually } from '#tests/support/etcd';
import { type Fleet, type FleetNode, stageFleet } from '#tests/support/operations';

const progress = z.looseObject({ pulse: z.looseObject({}) });
const REQUEST = { kind: 'moving', params: {} };

async function begun(node: FleetNode, by = 'ada'): Promise<AgentOperation> {
  const { operations } = node.operations;
  const plan = await operations.plan(REQUEST, by);
  return operations.start(plan.hash, 'a2', by);
}

/** What a watcher at another node is told, to its end. */
async function watched(node: FleetNode, id: string): Promise<OperationAnswer[]> {
  const seen: OperationAnswer[] = [];
  const patience = AbortSignal.timeout(30_000);
  for await (const answer of node.operations.operations.watch(id, patience)) seen.push(answer);
  return seen;
}

async function ended(node: FleetNode, id: string): Promise<AgentOperation> {
  const last = (await watched(node, id)).at(-1);
  if (last === undefined) throw new Error('Nothing was told of it');
  return last.operation;
}

async function reached(fleet: Fleet, id: string, holds: (answer: OperationAnswer) => boolean) {
  const { operations } = fleet.nodes[0]?.operations ?? fleet.node('a1').operations;
  await eventually(async () => holds(await operations.get(id)), 'the operation gets there', 20_000);
  return operations.get(id);
}

const present = ({ ground }: Fleet) => [...ground.there].toSorted();
const MOVED = ['a1 drained', 'a2 controller', 'a2 settled'];
const AS_BEFORE = ['a1 controller'];

test('is planned, approved and carried out, and any node tells of it', async () => {
  const fleet = stageFleet();
  const heard: string[] = [];
  fleet.node('a3').operations.operations.onChange(({ state }) => heard.push(state));
  const operation = await begun(fleet.node('a1'));
  const seen = await watched(fleet.node('a2'), operation.id);
  const last = seen.at(-1);
  expect(last?.operation).toMatchObject({ state: 'done', created_by: 'ada', reason: '' });
  expect(last?.operation.steps.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['done', 1],
    ['done', 1],
    ['done', 1],
    ['done', 1],
  ]);
  expect(present(fleet)).toEqual(MOVED);
  expect(last?.operation.rollback_until).toBeGreaterThan(Date.now());
  // what the nodes said stands in the log, with their names
  expect(last?.log).toContainEqual(
    expect.objectContaining({ step: 'start', node: 'a2', text: 'controller: true' }),
  );
  expect(last?.pulse).toMatchObject({ longest_ms: 5, failed: 0, jobs_known: 3, jobs_found: 3 });
  expect(last?.pulse?.points.length).toBeGreaterThan(0);
  expect(last?.plan).toMatchObject({ hash: operation.plan_hash, confirm: 'a2' });
  const serials = seen.map(({ operation: { serial } }) => serial);
  expect(serials).toEqual(serials.toSorted((a, b) => a - b));
  await eventually(() => heard.includes('done'), 'the third node hears of the end');
  expect(await fleet.node('a3').operations.operations.list()).toHaveLength(1);
});

test('the jobs that are accounted for are those of the operation as it stands', async () => {
  const fleet = stageFleet();
  const operation = await begun(fleet.node('a1'));
  await ended(fleet.node('a1'), operation.id);
  // the end is known a moment before the last that was told on the way
  const { state } = fleet.node('a2');
  const key = `operations/progress/${operation.id}`;
  const told = progress.parse((await state.get(key))?.value);
  const early = { ...told, pulse: { ...told.pulse, jobs_known: 0, jobs_found: 0 } };
  await state.commit([], [{ key, put: early }]);
  const answer = await fleet.node('a2').operations.operations.get(operation.id);
  expect(answer.pulse).toMatchObject({ longest_ms: 5, jobs_known: 3, jobs_found: 3 });
});

test('a plan changes nothing', async () => {
  const fleet = stageFleet();
  const plan = await fleet.node('a2').operations.operations.plan(REQUEST, 'ada');
  expect(plan.steps.map(({ id }) => id)).toEqual(['drain', 'stop', 'start', 'settle']);
  expect(present(fleet)).toEqual(AS_BEFORE);
  expect(await fleet.node('a1').operations.operations.list()).toEqual([]);
});

test('a plan whose facts have changed is refused, and told what changed', async () => {
  const fleet = stageFleet();
  const { operations } = fleet.node('a1').operations;
  const plan = await operations.plan(REQUEST, 'ada');
  fleet.ground.facts = { controller: 'a3' };
  await expect(operations.start(plan.hash, 'a2', 'ada')).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message: expect.stringContaining('controller'),
  });
  await expect(operations.start('0'.repeat(64), 'a2', 'ada')).rejects.toMatchObject({
    code: 'PLAN_STALE',
  });
  expect(await operations.list()).toEqual([]);
});

test('a failed check or a wrong name starts nothing; another node may start what one planned', async () => {
  const fleet = stageFleet();
  const { operations } = fleet.node('a1').operations;
  const check = { id: 'clocks', title: 'Clocks agree', detail: 'They do not.', remedy: 'Sync.' };
  fleet.ground.checks = [{ ...check, state: 'failed', node: 'a2' }];
  const plan = await operations.plan(REQUEST, 'ada');
  expect(plan.checks).toContainEqual(expect.objectContaining({ id: 'clocks', state: 'failed' }));
  await expect(operations.start(plan.hash, 'a2', 'ada')).rejects.toMatchObject({
    code: 'CHECKS_FAILED',
    data: { remedy: 'Sync.' },
  });
  fleet.ground.checks = [{ ...check, state: 'warning' }];
  await expect(operations.start(plan.hash, 'a1', 'ada')).rejects.toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
  });
  expect(await operations.list()).toEqual([]);
  const operation = await fleet.node('a3').operations.operations.start(plan.hash, 'a2', 'bob');
  expect(await ended(fleet.node('a3'), operation.id)).toMatchObject({
    state: 'done',
    created_by: 'bob',
  });
});

test('of two operators who start at once, one is refused', async () => {
  const fleet = stageFleet();
  fleet.ground.busy.add('job 7');
  const [one, two] = [
    fleet.node('a1').operations.operations,
    fleet.node('a2').operations.operations,
  ];
  const [first, second] = await Promise.all([one.plan(REQUEST, 'ada'), two.plan(REQUEST, 'bob')]);
  const both = await Promise.allSettled([
    one.start(first.hash, 'a2', 'ada'),
    two.start(second.hash, 'a2', 'bob'),
  ]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = both.find((one) => one.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: expect.stringMatching(/REVISION_CHANGED|CHECKS/) });
  // and whoever plans meanwhile is told why it cannot be started
  const plan = await one.plan(REQUEST, 'eve');
  expect(plan.checks).toContainEqual(expect.objectContaining({ id: 'alone', state: 'failed' }));
  const [running] = await one.list();
  fleet.ground.busy.clear();
  await ended(fleet.node('a1'), running?.id ?? '');
  expect(await one.list()).toHaveLength(1);
});

test('is aborted in the middle of its waiting, and undone', async () => {
  const fleet = stageFleet();
  fleet.ground.busy.add('job 7');
  const { id } = await begun(fleet.node('a1'));
  const waiting = await reached(
    fleet,
    id,
    ({ operation }) => operation.steps[0]?.waiting_on !== null,
  );
  expect(waiting.operation.steps[0]).toMatchObject({ waiting_on: 'job 7 to end', progress: 0.5 });
  await fleet.node('a2').operations.operations.ask(id, 'abort', 'bob');
  const end = await ended(fleet.node('a2'), id);
  expect(end).toMatchObject({ state: 'undone', reason: 'It was aborted by bob.' });
  expect(present(fleet)).toEqual(AS_BEFORE);
  await expect(
    fleet.node('a1').operations.operations.ask(id, 'abort', 'bob'),
  ).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('is paused in the middle of its waiting, and goes on when told so', async () => {
  const fleet = stageFleet();
  fleet.ground.busy.add('job 7');
  const { id } = await begun(fleet.node('a1'));
  const { operations } = fleet.node('a2').operations;
  await reached(fleet, id, ({ operation }) => operation.steps[0]?.waiting_on !== null);
  await operations.ask(id, 'pause', 'bob');
  await reached(fleet, id, ({ operation }) => operation.state === 'paused');
  fleet.ground.busy.clear();
  await expect(operations.ask(id, 'retry', 'bob')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await operations.ask(id, 'resume', 'bob');
  expect(await ended(fleet.node('a1'), id)).toMatchObject({ state: 'done' });
  // the drain was not done twice
  expect(fleet.ground.made.get('a1 drained')).toBe(1);
});

test('no pause comes while users wait', async () => {
  const fleet = stageFleet();
  const stopped = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  fleet.ground.before = async (node, what) => {
    if (`${node} ${what}` !== 'a1 controller') return;
    stopped.resolve();
    await goOn.promise;
  };
  const { id } = await begun(fleet.node('a1'));
  await stopped.promise;
  const { operations } = fleet.node('a2').operations;
  await operations.ask(id, 'pause', 'bob');
  goOn.resolve();
  const { operation } = await reached(fleet, id, (one) => one.operation.state === 'paused');
  expect(operation.steps.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'pending']);
  await operations.ask(id, 'resume', 'bob');
  expect(await ended(fleet.node('a1'), id)).toMatchObject({ state: 'done' });
});

test('asks at the deadline of what may take long, forces nothing, and goes on when told so', async () => {
  const fleet = stageFleet();
  fleet.ground.patienceMs = 1_000;
  fleet.ground.busy.add('job 7');
  const { id } = await begun(fleet.node('a1'));
  const { operation } = await reached(fleet, id, (one) => one.operation.state === 'stuck');
  expect(operation).toMatchObject({ pivot_passed: false, reason: 'job 7 to end' });
  expect(operation.steps[0]?.waiting_on).toBe('job 7 to end');
  expect(present(fleet)).toEqual(['a1 controller', 'a1 drained']);
  await eventually(
    () => fleet.node('a3').operations.problems().length === 1,
    'every node tells of the problem',
  );
  expect(fleet.node('a3').operations.problems()[0]?.remedy).toContain(id);
  fleet.ground.busy.clear();
  await fleet.node('a2').operations.operations.ask(id, 'retry', 'bob');
  expect(await ended(fleet.node('a1'), id)).toMatchObject({ state: 'done' });
  await eventually(() => fleet.node('a3').operations.problems().length === 0, 'it is solved');
});

test('is rolled back hours after its end, once', async () => {
  const fleet = stageFleet();
  const { id } = await begun(fleet.node('a1'));
  await ended(fleet.node('a1'), id);
  const { operations } = fleet.node('a3').operations;
  await operations.ask(id, 'rollback', 'bob');
  const end = await ended(fleet.node('a1'), id);
  expect(end).toMatchObject({
    state: 'undone',
    reason: 'It was rolled back by bob.',
    rollback_until: null,
  });
  expect(present(fleet)).toEqual(AS_BEFORE);
  await expect(operations.ask(id, 'rollback', 'bob')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(fleet.ground.broken).toBeNull();
});

test('what was committed stays', async () => {
  const fleet = stageFleet();
  const { id } = await begun(fleet.node('a1'));
  await ended(fleet.node('a1'), id);
  const { operations } = fleet.node('a2').operations;
  await operations.ask(id, 'commit', 'bob');
  expect((await operations.get(id)).operation.rollback_until).toBeNull();
  await expect(operations.ask(id, 'rollback', 'bob')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: 'Its time for a rollback is over.',
  });
  expect(present(fleet)).toEqual(MOVED);
});

test('a failed step after the pivot is stuck, and can be rolled back', async () => {
  const fleet = stageFleet();
  fleet.ground.failing.set('a2 settled', 'The disk is full.');
  const { id } = await begun(fleet.node('a1'));
  const { operation, log } = await reached(fleet, id, (one) => one.operation.state === 'stuck');
  expect(operation).toMatchObject({ pivot_passed: true });
  expect(operation.reason).toContain('The disk is full.');
  expect(log.some(({ text }) => text.includes('The disk is full.'))).toBe(true);
  const { operations } = fleet.node('a2').operations;
  await expect(operations.ask(id, 'abort', 'bob')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  fleet.ground.failing.clear();
  await operations.ask(id, 'rollback', 'bob');
  expect(await ended(fleet.node('a1'), id)).toMatchObject({ state: 'undone' });
  expect(present(fleet)).toEqual(AS_BEFORE);
});

test('failed submissions are counted, and a kind may measure nothing', async () => {
  const fleet = stageFleet();
  fleet.ground.submission = null;
  const one = await begun(fleet.node('a1'));
  await ended(fleet.node('a1'), one.id);
  const answer = await fleet.node('a1').operations.operations.get(one.id);
  expect(answer.pulse?.failed).toBeGreaterThan(0);
  expect(answer.pulse?.points.every(([, ms]) => ms === null)).toBe(true);
  fleet.ground.there.clear();
  fleet.ground.there.add('a1 controller');
  fleet.ground.submission = undefined;
  const two = await begun(fleet.node('a1'));
  await ended(fleet.node('a1'), two.id);
  expect((await fleet.node('a1').operations.operations.get(two.id)).pulse).toBeNull();
});
