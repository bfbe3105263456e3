import { expect, onTestFinished, test } from 'vitest';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { eventually, startEtcd } from '#tests/support/etcd';
import { type Fleet, type FleetNode, stageFleet } from '#tests/support/operations';

async function begun(node: FleetNode, params: Record<string, string | string[]> = {}) {
  const { operations } = node.operations;
  const plan = await operations.plan({ kind: 'moving', params }, 'ada');
  return operations.start(plan.hash, 'a2', 'ada');
}

async function ended(node: FleetNode, id: string): Promise<AgentOperation> {
  const { operations } = node.operations;
  await eventually(
    async () => ['done', 'undone'].includes((await operations.get(id)).operation.state),
    'the operation ends',
    40_000,
  );
  return (await operations.get(id)).operation;
}

const MOVED = ['a1 drained', 'a2 controller', 'a2 settled'];
const present = ({ ground }: Fleet) => [...ground.there].toSorted();

/** The coordinator hangs within a change until it is let go. */
function hanging(fleet: Fleet, at: string) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let isFirst = true;
  fleet.ground.before = async (node, what) => {
    if (`${node} ${what}` !== at || !isFirst) return;
    isFirst = false;
    reached.resolve();
    await goOn.promise;
  };
  return { reached: reached.promise, goOn: () => goOn.resolve() };
}

test.each(['closed', 'killed'] as const)(
  'another node goes on under a higher epoch when the coordinator was %s',
  async (how) => {
    const fleet = stageFleet();
    const first = await fleet.coordinator();
    const others = fleet.nodes.filter((node) => node !== first);
    const hold = hanging(fleet, 'a2 settled');
    const { id } = await begun(first);
    await hold.reached;
    const [watcher] = others;
    if (watcher === undefined) throw new Error('There is no other node');
    const before = (await watcher.operations.operations.get(id)).operation;
    const stopping = first.stop(how);
    hold.goOn();
    await stopping;
    const end = await ended(watcher, id);
    expect(end).toMatchObject({ state: 'done' });
    expect(end.coordinator).not.toBe(first.name);
    expect(end.epoch).toBeGreaterThan(before.epoch);
    expect(present(fleet)).toEqual(MOVED);
    expect(fleet.ground.made.get('a2 controller')).toBe(1);
    const { log } = await watcher.operations.operations.get(id);
    expect(log.filter(({ text }) => text.endsWith('carries it out.'))).toHaveLength(2);
  },
);

test('the node that an operation takes away does not coordinate it', async () => {
  const fleet = stageFleet();
  const first = await fleet.coordinator();
  const { id } = await begun(first, { avoid: [first.name] });
  const end = await ended(first, id);
  expect(end).toMatchObject({ state: 'done' });
  expect(end.coordinator).not.toBe(first.name);
});

test('a node whose agent is of another version leaves it to one that knows its steps', async () => {
  const fleet = stageFleet({ versions: { a1: 2, a3: 2 } });
  const { id } = await begun(fleet.node('a2'));
  expect(await ended(fleet.node('a3'), id)).toMatchObject({ state: 'done', coordinator: 'a2' });
});

test('where no node knows its steps it is stuck, and touches nothing', async () => {
  const fleet = stageFleet({ names: ['a1', 'a2'], versions: { a1: 2 } });
  fleet.ground.busy.add('job 7');
  const { id } = await begun(fleet.node('a2'));
  await fleet.node('a2').stop('closed');
  const { operations } = fleet.node('a1').operations;
  await eventually(
    async () => (await operations.get(id)).operation.state === 'stuck',
    'the other one says that it cannot',
  );
  expect((await operations.get(id)).operation.reason).toContain('version');
  expect(fleet.ground.made.get('a2 controller')).toBeUndefined();
});

test('a node that is alone coordinates also what takes it away', async () => {
  const fleet = stageFleet({ names: ['a1'] });
  fleet.ground.there.clear();
  const { id } = await begun(fleet.node('a1'), { avoid: ['a1'], to: 'a1' });
  expect(await ended(fleet.node('a1'), id)).toMatchObject({ state: 'done', coordinator: 'a1' });
});

test('the oldest that are over are forgotten, with all that was kept of them', async () => {
  const fleet = stageFleet({ names: ['a1'] });
  const { state } = fleet.node('a1');
  const { id } = await begun(fleet.node('a1'), { to: 'a1' });
  const done = await ended(fleet.node('a1'), id);
  for (let n = 0; n < 100; n += 1) {
    const later = { ...done, id: crypto.randomUUID(), created_at: done.created_at + n + 1 };
    await state.commit([], [{ key: `operations/list/${later.id}`, put: later }]);
  }
  const next = await begun(fleet.node('a1'), { to: 'a1' });
  await ended(fleet.node('a1'), next.id);
  await eventually(
    async () => (await state.list('operations/list/')).length === 100,
    'the oldest two are forgotten',
  );
  const left = (await state.list('operations/')).map(({ key }) => key);
  expect(left.filter((key) => key.includes(id))).toEqual([]);
  expect(left).toContain(`operations/list/${next.id}`);
});

/** Somebody takes the lead away, as when the node was cut off: it does not hear of that at once. */
async function replaced(fleet: Fleet, first: FleetNode): Promise<void> {
  const [seat] = (await first.state.list('elections/operations/')).toSorted(
    (a, b) => a.createRevision - b.createRevision,
  );
  await first.state.commit([], [{ key: seat?.key ?? '', delete: true }]);
  await eventually(async () => (await fleet.coordinator()) !== first, 'another one leads');
}

/** A call as it comes from the line, however late. */
async function lateCall(target: FleetNode, operation: AgentOperation): Promise<unknown> {
  const [route] = target.operations.routes;
  const body = {
    hand: 'move/set',
    operation: operation.id,
    epoch: operation.epoch,
    number: 1,
    floor: 1,
    input: { what: 'controller', isThere: true },
  };
  const request = { method: 'POST', target: '', fingerprint: 'AA', address: '', body };
  const { signal } = new AbortController();
  return (await route?.handle({ ...request, signal }, null))?.body;
}

const REFUSED = { ok: false, failure: { code: 'REVISION_CHANGED' } };

test.each(['sqlite', 'etcd'] as const)(
  'over %s: a coordinator that was replaced in the middle of a call harms nothing any more',
  async (kind) => {
    const etcd = kind === 'etcd' ? await startEtcd(1) : null;
    const fleet = stageFleet(etcd === null ? {} : { state: () => etcd.state() });
    onTestFinished(async () => {
      await Promise.all(fleet.nodes.map((node) => node.stop('closed')));
      await etcd?.close();
    });
    const first = await fleet.coordinator();
    const hold = hanging(fleet, 'a2 controller');
    const { id } = await begun(first);
    await hold.reached;
    const before = (await first.operations.operations.get(id)).operation;
    expect(before).toMatchObject({ state: 'running', pivot_passed: true });
    await replaced(fleet, first);
    hold.goOn();
    const end = await ended(fleet.node('a3'), id);
    expect(end).toMatchObject({ state: 'done' });
    expect(end.epoch).toBeGreaterThan(before.epoch);
    // the call that hung was cut off, and the new coordinator's counted, once
    expect(fleet.ground.made.get('a2 controller')).toBe(1);
    expect(fleet.ground.broken).toBeNull();
    expect(await lateCall(fleet.node('a2'), before)).toMatchObject(REFUSED);
    await fleet.node('a2').stop('killed');
    fleet.ground.there.delete('a2 controller');
    expect(await lateCall(fleet.restart('a2'), before)).toMatchObject(REFUSED);
    expect(fleet.ground.there).not.toContain('a2 controller');
  },
  90_000,
);
