import { expect, it } from 'vitest';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { type ErrorCode, fail } from '#shared/contract/errors';
import { expectJobs, expectWhole, type MergeStage, rolledBack, stageMerge } from './play';
import type { MergeWorld } from './world';

const RESTART_MS = 4_000;

/**
 * A node's hands answer nothing for a while.
 * @param since the call that is the first to be lost, as `merge/cross b2`
 * @returns whether it came to that
 */
function silent(
  world: MergeWorld,
  since: string,
  forMs = RESTART_MS,
  code: ErrorCode = 'UNREACHABLE',
) {
  const [, node = ''] = since.split(' ');
  let from: number | null = null;
  world.onCall = (name) => {
    if (name === since) from ??= world.clock.monotonic();
    if (from === null || !name.endsWith(` ${node}`)) return;
    if (world.clock.monotonic() < from + forMs) {
      throw fail(code, { remedy: 'Run it again when you want to.', outcome: 'unknown' });
    }
  };
  return () => from !== null;
}

/** It went on by itself once the node was back, and said for whom it waited meanwhile. */
function expectWaited(stage: MergeStage, end: AgentOperation, since: string) {
  expectCalm(stage);
  expectWhole(stage, end);
  expectJobs(stage);
  const [, node] = since.split(' ');
  expect([...stage.waited]).toContain(`${node} to answer`);
}

function expectCalm(stage: MergeStage) {
  expect(stage.stops).toEqual([]);
  const raw = [...stage.waited].filter((text) => /fail|does not answer|Cancelled|again/.test(text));
  expect(raw).toEqual([]);
}

it.each([
  'merge/cluster b1',
  'merge/lock a1',
  'merge/lock b1',
  'merge/keep a1',
  'merge/keep b2',
  'merge/release b1',
  'merge/stage b2',
  'leave/drain b2',
  'merge/cross b2',
  'merge/cross b1',
  'carry/hold b1',
])('waits for an agent that restarts at %s, and goes on', async (since) => {
  const stage = await stageMerge();
  const wasStruck = silent(stage.world, since);
  const end = await stage.play();
  expect(wasStruck()).toBe(true);
  expect(end.state).toBe('done');
  expectWaited(stage, end, since);
  // whoever was told once does not go twice
  expect([...stage.world.nodes.values()].map(({ crossings }) => crossings)).toEqual([0, 1, 1, 1]);
});

it.each(['merge/return b2', 'leave/resume b1', 'merge/welcome b1', 'leave/drain b3'])(
  'waits for it on the way back too, at %s',
  async (since) => {
    const stage = await stageMerge();
    await stage.play();
    const wasStruck = silent(stage.world, since);
    const end = await rolledBack(stage);
    expect(wasStruck()).toBe(true);
    expect(end.state).toBe('undone');
    expectWaited(stage, end, since);
  },
);

it('halts at the deadline where an agent stays away, and says whose', async () => {
  const stage = await stageMerge({ mend: 'rollback' });
  const { clock } = stage.world;
  let since = 0;
  stage.world.onCall = (name) => {
    if (stage.stops.length > 0 || !name.endsWith(' b2')) return;
    if (name === 'merge/stage b2') since ||= clock.monotonic();
    if (since > 0) throw fail('UNREACHABLE', { remedy: 'Look at the network.' });
  };
  const { world } = stage;
  let haltedAt = 0;
  world.mend = () => {
    haltedAt = clock.monotonic();
  };
  const end = await stage.play();
  expect(stage.stops).toMatchObject([{ step: 'cross-b2', reason: expect.stringContaining('b2') }]);
  expect(stage.stops[0]?.reason).not.toContain('took too long');
  // three minutes, less what it had used by then
  expect((haltedAt - since) / 1_000).toBeCloseTo(180, -1);
  expect(end.state).toBe('undone');
  expectWhole(stage, end);
});

it('says in plain words that a node comes up, whatever fails meanwhile', async () => {
  const stage = await stageMerge();
  const { world } = stage;
  const arrived = new Map<string, number>();
  world.onCall = (name) => {
    const [hand, node = ''] = name.split(' ');
    if (hand !== 'leave/work' || world.node(node).home !== world.gaining) return;
    const since = arrived.get(node) ?? world.clock.monotonic();
    arrived.set(node, since);
    const passed = world.clock.monotonic() - since;
    if (passed < 1_000) throw fail('ABORTED', { remedy: 'Run it again when you want to.' });
    if (passed < 3_000) throw fail('SERVER_ERROR', { remedy: '' }, 'sinfo failed: no controller.');
  };
  const end = await stage.play();
  expect(end.state).toBe('done');
  expectCalm(stage);
  for (const node of ['b1', 'b2', 'b3']) {
    expect([...stage.waited]).toContain(`${node} to work in a`);
  }
});

it('takes a node away only when nothing else is left to be waited for', async () => {
  const stage = await stageMerge({}, (world) => {
    for (const name of ['b2', 'b3']) {
      Object.assign(world.node(name), { seatMs: 3_500, noticeMs: 1_000 });
    }
    const { losing } = world;
    world.start(losing, losing.submit({ origin: 'runs' }), world.node('b2'), 30_000);
  });
  const end = await stage.play();
  expect(end.state).toBe('done');
  expect(stage.stops).toEqual([]);
  expect([...stage.waited]).toContain('the others to take its seat over');
  for (const name of ['b2', 'b3', 'b1']) expect(stage.world.node(name).awayMs).toBeLessThan(500);
  const back = await rolledBack(stage);
  expect(back.state).toBe('undone');
  expectWhole(stage, back);
});

it('waits for a job that began just before its node was drained', async () => {
  const stage = await stageMerge();
  const { world } = stage;
  const b2 = world.node('b2');
  world.onCall = (name) => {
    if (name !== 'merge/cross b2' || world.began.has('slipped in')) return;
    const { losing } = world;
    losing.isClosed = false;
    const job = losing.submit({ origin: 'slipped in' });
    losing.isClosed = true;
    world.start(losing, job, b2, 5_000);
  };
  const end = await stage.play();
  expect(stage.stops).toEqual([]);
  expect([...stage.waited]).toContainEqual(expect.stringMatching(/^1 job: .* on b2$/));
  expect(end.state).toBe('done');
  expectWhole(stage, end);
});
