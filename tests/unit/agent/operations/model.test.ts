import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FAULTS } from './line';
import { expectWhole, play, type Story } from './stage';
import { STEPS } from './world';

const PATIENCE_MS = 120_000;

/*
 * Explores what may go wrong between a coordinator, the shared state and the nodes, through the
 * agents' own engine, hands and fences: at each moment at which something is sent, and at many at once.
 */

it.each(FAULTS)(
  '%s, at each single moment: it is done, each effect once',
  async (fault) => {
    const { stage: calm } = await play({});
    expect(calm.moments).toBeGreaterThan(20);
    for (let moment = 0; moment < calm.moments; moment += 1) {
      const { stage, end } = await play({ faults: { [`0.${moment}`]: fault } });
      expectWhole(stage, end);
      expect({ moment, state: end.state }).toEqual({ moment, state: 'done' });
      expect(Math.max(...stage.world.applied.values())).toBe(1);
    }
  },
  PATIENCE_MS,
);

it.each(FAULTS)(
  '%s, at each moment of what is undone',
  async (fault) => {
    const failing = { copy: 'for ever' as const };
    const { stage: calm } = await play({ failing });
    for (let moment = 0; moment < calm.moments; moment += 1) {
      const { stage, end } = await play({ failing, faults: { [`0.${moment}`]: fault } });
      expectWhole(stage, end);
      expect({ moment, state: end.state }).toEqual({ moment, state: 'undone' });
    }
  },
  PATIENCE_MS,
);

it.each(['abort', 'pause', 'rollback'] as const)(
  'a wish (%s) at each moment is carried out whole, or comes too late',
  async (wish) => {
    const { stage: calm } = await play({});
    const ends = new Set<string>();
    for (let at = 1; at <= calm.moments; at += 1) {
      const { stage, end } = await play({ wish: { at, wish } });
      expectWhole(stage, end);
      ends.add(end.state);
    }
    expect([...ends].toSorted()).toEqual(wish === 'pause' ? ['done'] : ['done', 'undone']);
  },
  PATIENCE_MS,
);

it(
  'any number of faults, with failing steps and wishes in between',
  async () => {
    const moment = fc.integer({ min: 0, max: 50 });
    const faults = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 3 }), moment, fc.constantFrom(...FAULTS)), {
        maxLength: 5,
      })
      .map((list) => Object.fromEntries(list.map(([who, at, fault]) => [`${who}.${at}`, fault])));
    const story: fc.Arbitrary<Story> = fc.record(
      {
        faults,
        failing: fc.dictionary(
          fc.constantFrom(...STEPS),
          fc.constantFrom('before' as const, 'after' as const, 'for ever' as const),
          { maxKeys: 2 },
        ),
        wish: fc.record({
          at: moment,
          wish: fc.constantFrom('abort' as const, 'rollback' as const, 'pause' as const),
        }),
        mend: fc.constantFrom('retry' as const, 'rollback' as const),
      },
      { requiredKeys: ['mend'] },
    );
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { stage, end } = await play(told);
        expectWhole(stage, end);
      }),
      { numRuns: 120 },
    );
  },
  PATIENCE_MS,
);
