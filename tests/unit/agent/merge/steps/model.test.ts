import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FAULTS } from '../../operations/line';
import type { Story } from '../../operations/stage';
import { expectJobs, expectWhole, rolledBack, stageMerge, twoJobs } from './play';
import type { MergeWorld } from './world';

/*
 * Explores what may go wrong between the coordinator of a merge, the shared state and the nodes of both
 * clusters, while jobs wait, run and begin on both sides: at each moment at which something is sent.
 */
const PATIENCE_MS = 240_000;
const SMALL = { names: ['b2', 'b1'] };

function busy(world: MergeWorld): void {
  twoJobs(world);
  world.losing.starts = true;
  world.gaining.starts = true;
}

async function play(story: Story, prepare = busy) {
  const stage = await stageMerge({ mend: 'retry', ...story }, prepare, SMALL);
  const end = await stage.play();
  return { stage, end };
}

it.each(FAULTS)(
  '%s, at every seventh moment: it is done, and each job is somewhere once',
  async (fault) => {
    const { stage: calm } = await play({});
    // together they meet every moment
    for (let moment = FAULTS.indexOf(fault); moment < calm.moments; moment += FAULTS.length) {
      const { stage, end } = await play({ faults: { [`0.${moment}`]: fault } });
      expectWhole(stage, end);
      expectJobs(stage);
      const isAllowed = end.state === 'done' || end.reason !== '';
      expect({ moment, isAllowed }).toEqual({ moment, isAllowed: true });
    }
  },
  PATIENCE_MS,
);

it(
  'whatever goes wrong at any single moment of a rollback: everything is as before',
  async () => {
    const { stage: calm } = await play({}, twoJobs);
    const before = calm.moments;
    await rolledBack(calm);
    // every other one: the way there has met all of them
    for (let moment = 0; moment < calm.moments - before; moment += 2) {
      const fault = FAULTS[moment % FAULTS.length] ?? 'cut';
      const { stage } = await play({ faults: { [`1.${moment}`]: fault } }, twoJobs);
      const end = await rolledBack(stage);
      expect({ moment, fault, state: end.state }).toEqual({ moment, fault, state: 'undone' });
      expectWhole(stage, end);
      expectJobs(stage);
    }
  },
  PATIENCE_MS,
);

it(
  'several faults, hands that fail and wishes in between: it ends whole',
  async () => {
    const moment = fc.integer({ min: 0, max: 130 });
    const hands = ['merge/keep b2', 'merge/drain b1', 'carry/unpack a1', 'carry/cancel b1'];
    const more = ['merge/cross b2', 'merge/prove a1', 'merge/cross b1', 'merge/unlock a1'];
    const story = fc.record({
      faults: fc
        .array(fc.tuple(fc.integer({ min: 0, max: 2 }), moment, fc.constantFrom(...FAULTS)), {
          maxLength: 3,
        })
        .map((list) => Object.fromEntries(list.map(([who, at, fault]) => [`${who}.${at}`, fault]))),
      failing: fc.uniqueArray(fc.constantFrom(...hands, ...more), { maxLength: 1 }),
      wish: fc.record({
        at: moment,
        wish: fc.constantFrom('abort' as const, 'rollback' as const, 'pause' as const),
      }),
      mend: fc.constantFrom('retry' as const, 'rollback' as const),
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ failing, ...told }) => {
        const { stage, end } = await play(told, (world) => {
          busy(world);
          for (const one of failing) world.failing.add(one);
        });
        expectWhole(stage, end);
        expectJobs(stage);
      }),
      { numRuns: 40 },
    );
  },
  PATIENCE_MS,
);
