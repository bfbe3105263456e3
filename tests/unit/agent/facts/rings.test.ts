import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SampleRings } from '#agent/facts/rings';

const START = 1_763_700_000_000;

test('a point is the mean of its time, and what was not measured is a gap', () => {
  const rings = new SampleRings();
  rings.write(START, new Map([['node/a1/cpu', 0.2]]));
  rings.write(START + 5_000, new Map([['node/a1/cpu', 0.4]]));
  rings.write(START + 30_000, new Map([['node/a1/cpu', 0.5]]));
  const { step_s, from, series } = rings.read(START + 39_000, 1);
  expect(step_s).toBe(10);
  expect(from).toBe(START / 1000 - 20);
  const points = series['node/a1/cpu'] ?? [];
  expect(points).toHaveLength(6);
  expect(points.map((point) => (point === null ? null : Number(point.toFixed(3))))).toEqual([
    null,
    null,
    0.3,
    null,
    null,
    0.5,
  ]);
});

test('beyond an hour the points are minutes, and a day is kept', () => {
  const rings = new SampleRings();
  for (let minute = 0; minute < 26 * 60; minute += 1) {
    rings.write(START + minute * 60_000, new Map([['cluster/jobs/running', minute]]));
  }
  const now = START + (26 * 60 - 1) * 60_000;
  const { step_s, series } = rings.read(now, 1440);
  expect(step_s).toBe(60);
  const points = series['cluster/jobs/running'] ?? [];
  expect(points).toHaveLength(1440);
  expect(points.at(-1)).toBe(26 * 60 - 1);
  expect(points[0]).toBe(120);
  expect(rings.read(now, 60).series['cluster/jobs/running']).toHaveLength(360);
});

test('a series that ended long ago is not shown, and a clock set back tears nothing apart', () => {
  const rings = new SampleRings();
  rings.write(START, new Map([['node/gone/cpu', 1]]));
  rings.write(START + 3 * 3_600_000, new Map([['node/a1/cpu', 0.5]]));
  rings.write(START + 3 * 3_600_000 - 60_000, new Map([['node/a1/cpu', 0.9]]));
  const { series } = rings.read(START + 3 * 3_600_000, 60);
  expect(Object.keys(series)).toEqual(['node/a1/cpu']);
  expect(series['node/a1/cpu']?.at(-1)).toBe(0.5);
});

test('what was kept in a file is there again, and garbage is nothing', () => {
  const rings = new SampleRings();
  for (let n = 0; n < 400; n += 1) rings.write(START + n * 10_000, new Map([['x', n]]));
  const again = new SampleRings();
  again.restore(rings.dump());
  const now = START + 399 * 10_000;
  expect(again.read(now, 60)).toEqual(rings.read(now, 60));
  expect(again.read(now, 600)).toEqual(rings.read(now, 600));
  again.write(now + 10_000, new Map([['x', 7]]));
  expect(again.read(now + 10_000, 60).series['x']?.slice(-2)).toEqual([399, 7]);
  const empty = new SampleRings();
  const dump = rings.dump();
  for (const text of ['', '{', '[]', '{"fine":{"x":{"latest":-1,"points":"AA=="}},"coarse":{}}']) {
    empty.restore(text);
  }
  empty.restore(dump.slice(0, dump.length / 2));
  expect(empty.read(now, 60).series).toEqual({});
});

test('whatever the times, every point lies within what was measured', () => {
  const sample = fc.record({
    afterMs: fc.integer({ min: 0, max: 400_000 }),
    value: fc.float({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (samples) => {
      const rings = new SampleRings();
      let at = START;
      for (const { afterMs, value } of samples) {
        at += afterMs;
        rings.write(at, new Map([['x', value]]));
      }
      const values = samples.map(({ value }) => value);
      const points = rings.read(at, 60).series['x'] ?? [];
      const last = points.at(-1);
      expect(last).not.toBeNull();
      for (const point of points) {
        if (point === null) continue;
        expect(point).toBeGreaterThanOrEqual(Math.min(...values) - 1e-4);
        expect(point).toBeLessThanOrEqual(Math.max(...values) + 1e-4);
      }
    }),
    { numRuns: 60 },
  );
});
