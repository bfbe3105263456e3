import { expect, it, vi } from 'vitest';
import type { OperationWish } from '#shared/contract/agent/operations';
import { expectJobs, expectWhole, type MergeStage, rolledBack, stageMerge, twoJobs } from './play';
import type { MergeWorld } from './world';

/** An hour of waiting is many looks, also where the clock leaps. */
vi.setConfig({ testTimeout: 120_000 });

/** What the story's first stop was about. */
function stops(stage: MergeStage): { step: string; reason: string }[] {
  return stage.stops.map(({ step, reason }) => ({ step, reason }));
}

async function play(
  mend: Extract<OperationWish, 'retry' | 'skip' | 'rollback'>,
  prepare: (world: MergeWorld) => void,
) {
  const stage = await stageMerge({ mend }, (world) => {
    twoJobs(world);
    prepare(world);
  });
  const end = await stage.play();
  return { stage, end };
}

/** A job on b3 that nobody ends. */
function endless(world: MergeWorld) {
  const { losing } = world;
  world.start(losing, losing.submit({ origin: 'endless' }), world.node('b3'), null);
}

it('waits for a node that does not empty, asks, and leaves it out: the other cluster stays, smaller', async () => {
  const { stage, end } = await play('skip', endless);
  expect(stops(stage)).toEqual([{ step: 'empty-b3', reason: expect.stringContaining('1 job') }]);
  expect(end).toMatchObject({ state: 'done', reason: 'Left out: b3, b1.' });
  expectWhole(stage, end);
  expectJobs(stage);
  const left = end.steps.filter(({ state }) => state === 'skipped').map(({ id }) => id);
  expect(left).toEqual('empty-b3 cross-b3 left unite empty-b1 cross-b1'.split(' '));
  const { losing } = stage.world;
  expect(losing.running().map(({ origin }) => origin)).toEqual(['endless']);
  expect([...losing.members].toSorted()).toEqual(
    ['b1', 'b3'].map((name) => stage.world.node(name).id).toSorted(),
  );
  expect(losing.submit({ origin: 'later' }).state).toBe('PENDING');
  const back = await rolledBack(stage);
  expect(back.state).toBe('undone');
  expectWhole(stage, back);
  expectJobs(stage);
});

it.each(['retry', 'skip', 'rollback'] as const)(
  'halts where munge does not work on a node that crossed, and does as a person says: %s',
  async (mend) => {
    const { stage, end } = await play(mend, (world) => {
      world.node('b3').isStubborn = true;
    });
    const reason = 'b3 to work in a: munge decodes nothing there.';
    expect(stops(stage)).toEqual([{ step: 'cross-b3', reason }]);
    // nobody who crossed before is sent back by itself
    expect(stage.stops[0]?.homes).toEqual({ b2: 'a', b3: 'a', b1: 'b' });
    expect(end.state).toBe(mend === 'rollback' ? 'undone' : 'done');
    expectWhole(stage, end);
    expectJobs(stage);
    expect(stage.world.node('b3').home.name).toBe(mend === 'retry' ? 'a' : 'b');
  },
);

it.each([
  ['merge/lock b1', 'undone'],
  ['merge/keep b3', 'undone'],
  ['merge/drain b1', 'undone'],
  ['carry/hold b1', 'done'],
  ['merge/cross b2', 'done'],
  ['merge/stage b3', 'done'],
  ['merge/tokens b1', 'done'],
  ['merge/cross b1', 'done'],
])('comes to its end where the bridge is lost at %s', async (hand, state) => {
  const { stage, end } = await play('retry', (world) => {
    let isFirst = true;
    world.onCall = (name) => {
      if (name !== hand || !isFirst) return;
      isFirst = false;
      world.isBridgeDown = true;
    };
  });
  // a node that was told to go arrives, whether or not it can be seen from where it went
  expect(stage.stops.length > 0).toBe(hand !== 'merge/cross b1');
  expect(end.state).toBe(state);
  expectWhole(stage, end);
  expectJobs(stage);
});

it('changes nothing where a name came up after the approval', async () => {
  const { stage, end } = await play('retry', (world) => {
    world.gaining.members.add(world.node('b3').id);
    world.losing.members.delete(world.node('b3').id);
  });
  expect(end).toMatchObject({
    state: 'undone',
    reason: expect.stringMatching(/not as they were.* Plan the merge again/),
  });
  expect(stage.world.losing.isClosed).toBe(false);
  expect(end.steps.filter(({ state }) => state === 'done')).toEqual([]);
});

it('is refused as a whole where the other cluster is held for another merge', async () => {
  const { stage, end } = await play('retry', (world) => {
    const lock = { operation: 'another', allows: [] };
    // it came between the look and the lock
    world.onCall = (name) => {
      if (name === 'merge/lock a1') world.losing.lock = lock;
    };
  });
  expect(end).toMatchObject({ state: 'undone', reason: expect.stringContaining('held already') });
  expect(stage.world.losing.lock?.operation).toBe('another');
  expect(stage.world.gaining.lock).toBeNull();
});

it('does nothing more where the pact is gone, until there is one again', async () => {
  const { stage, end } = await play('retry', (world) => {
    let isFirst = true;
    world.onCall = (name) => {
      if (name !== 'merge/stage b2' || !isFirst) return;
      isFirst = false;
      world.hasPact = false;
    };
  });
  expect(stage.stops.length).toBeGreaterThan(0);
  expect(end.state).toBe('done');
  expectWhole(stage, end);
});

it('carries what was submitted after a restart of the controller had opened it again', async () => {
  const { stage, end } = await play('retry', (world) => {
    world.onCall = (name) => {
      if (name !== 'merge/stage b3') return;
      world.losing.isClosed = false;
      world.losing.submit({ origin: 'late' });
    };
  });
  expect(end.state).toBe('done');
  expectWhole(stage, end);
  expectJobs(stage, ['late', 'first', 'second', 'held']);
});

it('carries a job as soon as the node that it needs has crossed', async () => {
  const { stage, end } = await play('retry', (world) => {
    world.node('b2').features.push('fpga');
    world.losing.submit({ origin: 'job needs fpga', needs: 'fpga' });
  });
  expect(end.state).toBe('done');
  expectJobs(stage, ['job needs fpga', 'first', 'second', 'held']);
  const { notes } = end;
  expect(notes['jobsStay']).toBe(1);
  expect(notes['jobsCarried']).toBe(4);
});

/** An interactive job waits in the cluster that is taken up. */
async function playInteractive(leftJobs: 'wait' | 'cancel') {
  const stage = await stageMerge(
    { mend: 'rollback' },
    (world) => void world.losing.submit({ origin: 'srun', stays: 'It is interactive.' }),
    { leftJobs },
  );
  const end = await stage.play();
  expectWhole(stage, end);
  return { stage, end };
}

it('asks where a pending job cannot be carried', async () => {
  const { stage, end } = await playInteractive('wait');
  expect(stops(stage)).toEqual([
    { step: 'left', reason: expect.stringContaining('It is interactive.') },
  ]);
  expect(end.state).toBe('undone');
  expect(stage.world.losing.jobs.size).toBe(1);
});

it('cancels a pending job that cannot be carried, where that was approved', async () => {
  const { stage, end } = await playInteractive('cancel');
  expect(stops(stage)).toEqual([]);
  expect(end.state).toBe('done');
  expect(stage.world.losing.jobs.size).toBe(0);
});

it('goes on with a rollback that was interrupted', async () => {
  const { stage } = await play('retry', () => undefined);
  stage.world.failing.add('merge/return b2');
  const end = await rolledBack(stage);
  expect(stops(stage)).toEqual([
    { step: 'cross-b2', reason: expect.stringContaining('merge/return b2 fails') },
  ]);
  expect(end.state).toBe('undone');
  expectWhole(stage, end);
  expectJobs(stage);
});

it('asks a node back whose jobs of the gaining cluster have ended', async () => {
  const { stage } = await play('retry', () => undefined);
  const { world } = stage;
  const b2 = world.node('b2');
  world.start(world.gaining, world.gaining.submit({ origin: 'new here' }), b2, 5_000);
  const end = await rolledBack(stage);
  expect(end.state).toBe('undone');
  expectWhole(stage, end);
  expect(world.began.get('new here')).toBe(1);
});

it('tries again with a node that found no way and went back by itself', async () => {
  const { stage, end } = await play('retry', (world) => {
    world.node('b2').isTurnedAway = true;
  });
  expect(stops(stage)).toEqual([{ step: 'cross-b2', reason: 'b2 to join a' }]);
  expect(end.state).toBe('done');
  expectWhole(stage, end);
});
