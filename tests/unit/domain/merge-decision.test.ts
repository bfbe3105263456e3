import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideMerge, type MergeSide, STABLE_MS, stableNodes } from '#shared/domain/merge-decision';

const NOW = 1_800_000_000_000;
const UUIDS = [
  '0b0e5a2e-0000-4000-8000-000000000001',
  '7a11c0de-0000-4000-8000-000000000002',
  'f00dcafe-0000-4000-8000-000000000003',
];

function side(name: string, stable: number, wish: Partial<MergeSide> = {}): MergeSide {
  const since = NOW - STABLE_MS;
  return {
    cluster: { uuid: UUIDS[name === 'a' ? 0 : 1] ?? '', name },
    created_at: 1_700_000_000_000,
    made_at: NOW,
    nodes: Array.from({ length: stable }, () => ({ alive: true, stable_since: since })),
    ...wish,
  };
}

const anyNode = fc.record({
  alive: fc.boolean(),
  stable_since: fc.option(fc.constantFrom(NOW - 2 * STABLE_MS, NOW - STABLE_MS, NOW - 1_000)),
});
const anySide = fc.record({
  cluster: fc.record({ uuid: fc.constantFrom(...UUIDS), name: fc.constantFrom('lab', 'forge') }),
  created_at: fc.constantFrom(1, 2, 3),
  made_at: fc.constant(NOW),
  nodes: fc.array(anyNode, { maxLength: 4 }),
});
const anyTwo = fc.tuple(anySide, anySide).filter(([a, b]) => a.cluster.uuid !== b.cluster.uuid);

test('both sides come to the same, whichever is named first and in whatever order nodes stand', () => {
  fc.assert(
    fc.property(anyTwo, ([a, b]) => {
      const decided = decideMerge(a, b);
      const shuffled = { ...b, nodes: b.nodes.toReversed() };
      expect(decideMerge(shuffled, a)).toEqual(decided);
      expect([a.cluster, b.cluster]).toContainEqual(decided.gaining);
      expect([a.cluster, b.cluster]).toContainEqual(decided.losing);
      expect(decided.gaining.uuid).not.toBe(decided.losing.uuid);
    }),
  );
});

test('an admin may swap, says so on both sides, and cannot name a third cluster', () => {
  fc.assert(
    fc.property(anyTwo, ([a, b]) => {
      const ruled = decideMerge(a, b);
      expect(decideMerge(a, b, ruled.losing.uuid)).toEqual(ruled);
      expect(decideMerge(a, b, 'of nobody')).toEqual(ruled);
      const swapped = decideMerge(a, b, ruled.gaining.uuid);
      expect(swapped).toMatchObject({ gaining: ruled.losing, losing: ruled.gaining, by: 'admin' });
      expect(decideMerge(b, a, ruled.gaining.uuid)).toEqual(swapped);
    }),
  );
});

test('among three clusters one stays before both others', () => {
  fc.assert(
    fc.property(anySide, anySide, anySide, (...three) => {
      const at = (index: number): MergeSide => ({
        ...(three[index] ?? three[0]),
        cluster: { uuid: UUIDS[index] ?? '', name: 'lab' },
      });
      const [a, b, c] = [at(0), at(1), at(2)];
      const wins = (x: MergeSide, y: MergeSide) =>
        decideMerge(x, y).gaining.uuid === x.cluster.uuid;
      const isTransitive = !(wins(a, b) && wins(b, c)) || wins(a, c);
      expect(isTransitive).toBe(true);
    }),
  );
});

test('only nodes that answer for five minutes count', () => {
  const nodes = [
    { alive: true, stable_since: NOW - STABLE_MS },
    { alive: true, stable_since: NOW - STABLE_MS + 1 },
    { alive: true, stable_since: null },
    { alive: false, stable_since: NOW - 2 * STABLE_MS },
  ];
  expect(stableNodes(side('a', 0, { nodes }))).toBe(1);
  const many = { nodes: Array.from({ length: 9 }, () => ({ alive: true, stable_since: NOW })) };
  const decided = decideMerge(side('a', 0, many), side('b', 1));
  expect(decided).toMatchObject({ by: 'nodes', gaining: { name: 'b' } });
  expect(decided.reason).toBe('b has 1 node stable for five minutes, a has 0.');
});

test('of equal ones the older stays, then the one whose uuid comes first', () => {
  const older = side('b', 2, { created_at: 1 });
  expect(decideMerge(side('a', 2), older)).toMatchObject({ by: 'age', gaining: { name: 'b' } });
  expect(decideMerge(side('a', 2), side('b', 2))).toMatchObject({
    by: 'uuid',
    gaining: { name: 'a' },
  });
  const namesake = side('b', 3, { cluster: { uuid: UUIDS[1] ?? '', name: 'a' } });
  expect(decideMerge(side('a', 2), namesake).reason).toMatch(
    /^a \(7a11c0de\) has 3 .* a \(0b0e5a2e\) has 2/,
  );
});
