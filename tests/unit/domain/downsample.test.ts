import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketMeans, pickPoints } from '#shared/domain/downsample';

const times = (count: number) => Array.from({ length: count }, (_, index) => index * 60_000);

test('few points are all kept', () => {
  expect(pickPoints(times(3), [[1, null, 3]], 120)).toEqual([0, 1, 2]);
});

test('a peak of one minute in a day keeps its height', () => {
  const values = times(1440).map((_, index) => (index === 777 ? 0.99 : 0.1));
  const kept = pickPoints(times(1440), [values], 120);
  expect(kept.length).toBeLessThanOrEqual(120);
  expect(kept).toContain(777);
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBe(1439);
});

test('a gap stays a gap', () => {
  const values = times(1440).map((_, index) => (index > 400 && index < 900 ? null : index));
  const kept = pickPoints(times(1440), [values], 120);
  expect(kept.some((index) => values[index] === null)).toBe(true);
  expect(kept).toContain(400);
  expect(kept).toContain(900);
});

test('picked points are ascending, within the limit, and measured where any were', () => {
  const series = fc.array(fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { freq: 8 }), {
    minLength: 0,
    maxLength: 600,
  });
  fc.assert(
    fc.property(series, fc.integer({ min: 10, max: 120 }), (values, max) => {
      const kept = pickPoints(times(values.length), [values], max);
      expect(kept.length).toBeLessThanOrEqual(max);
      expect(kept).toEqual([...new Set(kept)].toSorted((a, b) => a - b));
      for (const index of kept) expect(index).toBeLessThan(values.length);
    }),
  );
});

test('means of buckets weigh each point by the time it stands for', () => {
  const axis = { fromMs: 0, stepMs: 100, buckets: 3 };
  // 50 ms at 10 and 50 ms at 20 in the first bucket, a coarse point over the others
  const points = [
    [50, 10, 50],
    [100, 20, 50],
    [300, 7, 200],
  ] as const;
  expect(bucketMeans(points, axis)).toEqual([15, 7, 7]);
});

test('what was not measured leaves its bucket empty', () => {
  const axis = { fromMs: 0, stepMs: 100, buckets: 3 };
  const points = [
    [100, 1, 100],
    [200, null, 100],
    [300, 3, 100],
  ] as const;
  expect(bucketMeans(points, axis)).toEqual([1, null, 3]);
});

test('a mean lies between the least and the greatest value', () => {
  const value = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const points = values.map((each, index) => [(index + 1) * 37, each, 37] as const);
      const means = bucketMeans(points, { fromMs: 0, stepMs: 500, buckets: 20 });
      for (const mean of means) {
        if (mean === null) continue;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(mean).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
      }
    }),
  );
});
