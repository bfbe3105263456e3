import { expect, test, vi } from 'vitest';
import { leavingKey } from '#agent/state/etcd/keeper';
import type { OperationAnswer, PlanCheck } from '#shared/contract/agent/operations';
import { LeaveStage, voters } from './stage';

vi.setConfig({ testTimeout: 60_000 });

const leave = (node: string, reboot = false) => ({ kind: 'leave', params: { node, reboot } });
const stepsOf = ({ operation }: OperationAnswer) =>
  operation.steps.map(({ id, state }) => `${id} ${state}`);
const checkOf = (checks: readonly PlanCheck[], id: string) => checks.find((one) => one.id === id);

function threeNodes(): LeaveStage {
  const stage = new LeaveStage();
  stage.seats = voters('a1', 'a2', 'a3');
  for (const name of ['a1', 'a2', 'a3']) stage.add(name);
  return stage;
}
const job = (node: string, id = '4711') => ({
  id,
  name: 'train',
  user: 'alice',
  state: 'RUNNING',
  node,
});

test('a node goes step by step: drained, empty, without a seat, stopped, gone', async () => {
  const stage = threeNodes();
  const { operation } = await stage.carryOut(leave('a3'));
  expect(operation).toMatchObject({ state: 'done', title: 'a3 leaves', reason: '' });
  expect(operation.steps.map(({ id }) => id)).toEqual([
    'slurm-drain',
    'slurm-empty',
    'etcd-lead',
    'etcd-seat',
    'stop',
    'return',
    'goodbye',
  ]);
  const { roles, hasLeft, member } = stage.node('a3');
  expect([roles.map(({ isRunning }) => isRunning), hasLeft, member.status]).toEqual([
    [false],
    true,
    'left',
  ]);
  expect(stage.work.nodes.get('a3')).toMatchObject({
    state: 'drained',
    reason: `leaves (operation ${operation.id})`,
  });
  expect(await stage.state.get(leavingKey('id-a3'))).not.toBeNull();
  // whoever leaves carries nothing out
  expect(operation.coordinator).toBe('a1');
});

test('running jobs are waited for by name, and none is ended', async () => {
  const stage = threeNodes();
  stage.work.jobs.push(job('a3'), job('a2', '4712'));
  const plan = await stage.operations.plan(leave('a3'), 'a test');
  expect(checkOf(plan.checks, 'slurm-work')).toMatchObject({ state: 'warning' });
  expect(plan.blast.goes_on).toMatchObject({ count: 1, items: [{ id: '4711', user: 'alice' }] });
  const id = await stage.begin(leave('a3'));
  const waiting = async () => {
    const { operation } = await stage.operations.get(id);
    return operation.steps.find((step) => step.id === 'slurm-empty')?.waiting_on;
  };
  await expect.poll(waiting, { timeout: 30_000 }).toBe('1 job: 4711 of alice');
  expect(stage.node('a3').roles.every(({ isRunning }) => isRunning)).toBe(true);
  stage.work.jobs.splice(0, 1);
  expect((await stage.end(id)).operation.state).toBe('done');
});

test('nothing goes on while SLURM does not say whether jobs run', async () => {
  const stage = threeNodes();
  stage.work.jobs.push(job('a3'));
  const id = await stage.begin(leave('a3'));
  const drains = () => stage.calls.filter((call) => call === 'a3 leave/drain').length;
  await expect.poll(drains, { timeout: 30_000 }).toBe(1);
  stage.work.isDown = true;
  stage.work.jobs.length = 0;
  const before = stage.calls.length;
  await expect.poll(() => stage.calls.length, { timeout: 30_000 }).toBeGreaterThan(before + 5);
  expect(isPast(await stage.operations.get(id), 'slurm-empty')).toBe(false);
  stage.work.isDown = false;
  expect((await stage.end(id)).operation.state).toBe('done');
});

const isPast = ({ operation }: OperationAnswer, step: string): boolean =>
  operation.steps.find(({ id }) => id === step)?.state === 'done';

test('an abort while it waits gives the node back, with only the own drain undone', async () => {
  const stage = threeNodes();
  stage.work.jobs.push(job('a3'));
  const id = await stage.begin(leave('a3'));
  await expect.poll(() => stage.work.nodes.get('a3')?.state, { timeout: 30_000 }).toBe('drained');
  await stage.operations.ask(id, 'abort', 'bob');
  expect((await stage.end(id)).operation.state).toBe('undone');
  expect(stage.work.nodes.get('a3')).toEqual({ state: 'idle', reason: '' });

  // one that somebody drained before stays drained
  stage.work.nodes.set('a2', { state: 'drained', reason: 'fan is dead' });
  stage.work.jobs.push(job('a2', '4712'));
  const second = await stage.begin(leave('a2'));
  await expect
    .poll(async () => stepsOf(await stage.operations.get(second)), { timeout: 30_000 })
    .toContain('slurm-empty intent');
  await stage.operations.ask(second, 'abort', 'bob');
  expect((await stage.end(second)).operation.state).toBe('undone');
  expect(stage.work.nodes.get('a2')).toEqual({ state: 'drained', reason: 'fan is dead' });
});

test('what does not stop is told, and the node gets its seat and its work back', async () => {
  const stage = threeNodes();
  for (const role of stage.node('a3').roles) role.hangs = true;
  const { operation } = await stage.carryOut(leave('a3'));
  expect(operation.state).toBe('undone');
  expect(operation.reason).toContain('slurm-worker runs still');
  expect(stage.work.nodes.get('a3')?.state).toBe('idle');
  expect(await stage.state.get(leavingKey('id-a3'))).toBeNull();
  expect(stage.node('a3').hasLeft).toBe(false);
});

test('the last node, the only vote and a dead quorum are refused with a remedy', async () => {
  const alone = new LeaveStage();
  alone.seats = voters('a1');
  alone.add('a1');
  const plan = await alone.operations.plan(leave('a1'), 'a test');
  const last = checkOf(plan.checks, 'last');
  expect(last).toMatchObject({ state: 'failed' });
  expect(last?.remedy).not.toBe('');
  await expect(alone.operations.start(plan.hash, 'a1', 'a test')).rejects.toMatchObject({
    code: 'CHECKS_FAILED',
  });

  const stage = threeNodes();
  stage.seats = voters('a1', 'a2', 'a3');
  const dead = stage.seats.members[1];
  if (dead !== undefined) dead.isAnswering = false;
  const { checks } = await stage.operations.plan(leave('a3'), 'a test');
  expect(checkOf(checks, 'etcd-quorum')).toMatchObject({ state: 'failed' });
  stage.seats = voters('a3');
  Object.assign(stage.node('a1').member, { voter: false });
  Object.assign(stage.node('a2').member, { voter: false });
  const only = await stage.operations.plan(leave('a3'), 'a test');
  expect(checkOf(only.checks, 'etcd-quorum')).toMatchObject({ state: 'failed' });
  Object.assign(stage.node('a2').member, { voter: true });
  const other = await stage.operations.plan(leave('a3'), 'a test');
  expect(checkOf(other.checks, 'etcd-quorum')).toMatchObject({ state: 'ok' });
});

test('what cannot be asked refuses the plan, and so does a name that is not typed', async () => {
  const stage = threeNodes();
  stage.node('a3').isSilent = true;
  const { checks } = await stage.operations.plan(leave('a3'), 'a test');
  expect(checkOf(checks, 'asked-0')).toMatchObject({ state: 'failed' });
  stage.node('a3').isSilent = false;
  const plan = await stage.operations.plan(leave('a3'), 'a test');
  expect(plan.confirm).toBe('a3');
  await expect(stage.operations.start(plan.hash, 'a2', 'a test')).rejects.toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
  });
  // another node is gone since: it is planned anew
  Object.assign(stage.node('a2').member, { status: 'failed' });
  await expect(stage.operations.start(plan.hash, 'a3', 'a test')).rejects.toMatchObject({
    code: 'PLAN_STALE',
  });
  await expect(stage.operations.plan(leave('a9'), 'a test')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  const odd = { kind: 'leave', params: { node: 'a3', force: true } };
  await expect(stage.operations.plan(odd, 'a test')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('for a reboot it keeps seats and roles, and the way back is written down', async () => {
  const stage = threeNodes();
  const { operation } = await stage.carryOut(leave('a3', true));
  expect(operation.state).toBe('done');
  expect(operation.steps.map(({ id }) => id)).toEqual([
    'slurm-drain',
    'slurm-empty',
    'etcd-lead',
    'return',
  ]);
  expect(stage.node('a3').roles.every(({ isRunning }) => isRunning)).toBe(true);
  const record = (await stage.state.get('operations/return/id-a3'))?.value;
  expect(record).toMatchObject({
    operation: operation.id,
    drainReason: `leaves (operation ${operation.id})`,
    isCordoned: false,
  });
  // changed one's mind: it is made ready again without a reboot
  expect(operation.rollback_until).toBeGreaterThan(Date.now());
  await stage.operations.ask(operation.id, 'rollback', 'bob');
  expect((await stage.end(operation.id)).operation.state).toBe('undone');
  expect(stage.work.nodes.get('a3')?.state).toBe('idle');
  expect(await stage.state.get('operations/return/id-a3')).toBeNull();
});

test('candidates say who can leave and why not', async () => {
  const stage = threeNodes();
  Object.assign(stage.node('a2').member, { status: 'failed' });
  const { leave: nodes } = await stage.operations.candidates();
  expect(nodes).toMatchObject([
    { node: 'a1', fit: true },
    { node: 'a2', fit: false, reasons: ['It is failed.'] },
    { node: 'a3', fit: true, reasons: ['Its jobs are waited for.'] },
  ]);
});
