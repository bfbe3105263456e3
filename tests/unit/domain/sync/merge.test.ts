import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreed, isSame, type Merged, mergeFields } from '#shared/domain/sync/merge';
import type { Values } from '#shared/domain/sync/record';

const KNOWN = ['name', 'host', 'priority', 'default_storage', 'iso_storage'];
const isKnown = (field: string) => KNOWN.includes(field);
const value = fc.constantFrom<unknown>(
  null,
  'a',
  'b',
  'A',
  1,
  true,
  { x: 1, y: [2] },
  { y: [2], x: 1 },
);
const known = fc.record(Object.fromEntries(KNOWN.map((field) => [field, value])));
const unknown = fc.dictionary(fc.constantFrom('rack', 'zone', 'constructor'), value, {
  noNullPrototype: false,
});
const full = fc.tuple(known, unknown).map(([a, b]): Values => ({ ...b, ...a }));
/** as a remote returns it: never with `iso_storage` */
const returned = full.map(({ iso_storage: _unseen, ...values }): Values => values);
const merge = (base: Values | null, mine: Values, theirs: Values) =>
  mergeFields(base, mine, theirs, isKnown);

/** Both sides after each field went where the choice sends it. */
function applied(mine: Values, theirs: Values, fields: Merged[], choice: 'mine' | 'theirs') {
  const side = ({ outcome }: Merged) => (outcome === 'conflict' ? choice : outcome);
  const of = (which: 'mine' | 'theirs') => fields.filter((field) => side(field) === which);
  const up = of('mine').filter(({ field }) => Object.hasOwn(theirs, field));
  return {
    mine: { ...mine, ...Object.fromEntries(of('theirs').map((it) => [it.field, it.theirs])) },
    theirs: { ...theirs, ...Object.fromEntries(up.map((it) => [it.field, it.mine])) },
  };
}

test('whatever is chosen, both sides are the same afterwards, and nothing is left to merge', () => {
  fc.assert(
    fc.property(
      fc.option(returned, { nil: null }),
      full,
      returned,
      fc.constantFrom('mine' as const, 'theirs' as const),
      (base, mine, theirs, choice) => {
        const after = applied(mine, theirs, merge(base, mine, theirs), choice);
        const left = merge(agreed(base, after.mine, after.theirs), after.mine, after.theirs);
        expect(left).toEqual([]);
        for (const field of Object.keys(after.theirs)) {
          expect(isSame(field, after.mine[field], after.theirs[field])).toBe(true);
        }
      },
    ),
  );
});

test('a field that only one side changed is never asked about, and its change is taken', () => {
  fc.assert(
    fc.property(
      returned,
      fc.array(fc.tuple(fc.constantFrom('name', 'host', 'priority'), value)),
      fc.boolean(),
      (base, edits, here) => {
        const edited = { ...base, ...Object.fromEntries(edits) };
        const fields = here ? merge(base, edited, base) : merge(base, base, edited);
        expect(new Set(fields.map(({ outcome }) => outcome))).toEqual(
          new Set(fields.length === 0 ? [] : [here ? 'mine' : 'theirs']),
        );
        const changed = Object.keys(edited).filter(
          (field) => !isSame(field, base[field], edited[field]),
        );
        expect(fields.map(({ field }) => field).toSorted()).toEqual(changed.toSorted());
      },
    ),
  );
});

test('the sides are treated alike', () => {
  const swap = { mine: 'theirs', theirs: 'mine', conflict: 'conflict', same: 'same' };
  fc.assert(
    fc.property(fc.option(returned, { nil: null }), known, known, (base, a, b) => {
      const there = merge(base, a, b);
      const back = merge(base, b, a);
      expect(back.map(({ field, outcome }) => [field, outcome])).toEqual(
        there.map(({ field, outcome }) => [field, swap[outcome]]),
      );
    }),
  );
});

test('the base moves only to values that both sides have', () => {
  fc.assert(
    fc.property(fc.option(returned, { nil: null }), full, returned, (base, mine, theirs) => {
      const next = agreed(base, mine, theirs);
      for (const field of Object.keys(next)) {
        const isOld = base !== null && isSame(field, base[field], next[field]);
        const isBoth = isSame(field, next[field], mine[field]);
        const isSeen = Object.hasOwn(theirs, field);
        expect(isOld || (isBoth && (!isSeen || isSame(field, next[field], theirs[field])))).toBe(
          true,
        );
      }
      expect(agreed(next, mine, theirs)).toBe(next);
    }),
  );
});

test('a value that is never returned goes up when it changes here, and never comes down', () => {
  const theirs = { name: 'a' };
  const base = { name: 'a', iso_storage: 'old' };
  expect(merge(base, { name: 'a', iso_storage: 'old' }, theirs)).toEqual([]);
  expect(merge(base, { name: 'a', iso_storage: 'new' }, theirs)).toMatchObject([
    { field: 'iso_storage', base: 'old', mine: 'new', theirs: 'old', outcome: 'mine' },
  ]);
  expect(merge(null, { name: 'a', iso_storage: 'new' }, theirs)).toEqual([]);
  expect(agreed(null, { name: 'a', iso_storage: 'new' }, theirs)).toEqual({
    name: 'a',
    iso_storage: 'new',
  });
});

test('unknown fields come down and are kept; they go up only to a remote that has them', () => {
  expect(merge(null, { name: 'a' }, { name: 'a', rack: { row: 4 } })).toMatchObject([
    { field: 'rack', theirs: { row: 4 }, outcome: 'theirs' },
  ]);
  expect(merge(null, { name: 'a', rack: 4 }, { name: 'a' })).toEqual([]);
  expect(merge({ rack: 4 }, { rack: 5 }, { rack: 4 })).toMatchObject([{ outcome: 'mine' }]);
});

test('where nothing was ever agreed on, a value stands against none and asks against another', () => {
  const outcome = (mine: unknown, theirs: unknown) =>
    merge(null, { name: mine }, { name: theirs })[0]?.outcome;
  expect(outcome(null, 'a')).toBe('theirs');
  expect(outcome('a', null)).toBe('mine');
  expect(outcome('a', 'b')).toBe('conflict');
  expect(outcome('a', 'a')).toBeUndefined();
});

test('capitals of a host name are no change', () => {
  expect(merge(null, { host: 'PVE.lab' }, { host: 'pve.LAB' })).toEqual([]);
  expect(merge(null, { name: 'PVE' }, { name: 'pve' })).toHaveLength(1);
});
