import { expect, test } from 'vitest';
import { readRrd } from '#electron/core/metrics/rrd';
import { rrdBackfill } from '#electron/core/metrics/rrd-backfill';

const axis = { fromMs: 0, stepMs: 60_000, buckets: 3 };
const rows = (...values: object[]) =>
  readRrd(values.map((value, index) => ({ time: (index + 1) * 60, ...value })));

test('nodes add up to their cluster: CPU by cores, memory and storage in bytes', () => {
  const found = rrdBackfill(
    [
      {
        id: 'node/a',
        maxCpu: 8,
        rows: rows(
          { cpu: 0.5, memused: 10, memtotal: 100, rootused: 7 },
          { cpu: 0.5, memused: 20, memtotal: 100 },
          {},
        ),
      },
      {
        id: 'node/b',
        maxCpu: 24,
        rows: rows({ cpu: 0.1, memused: 30, memtotal: 300 }, {}, {}),
      },
    ],
    [{ entity: 'storage/*/ceph', rows: rows({ used: 1, total: 4 }, { used: 2 }, {}) }],
    axis,
  );
  expect(found).toMatchObject({ fromMs: 60_000, stepMs: 60_000 });
  const series = (key: `${string} ${string}`) => found.series.get(key);
  expect(series('node/a cpu')).toEqual([0.5, 0.5, null]);
  expect(series('node/a disk')).toEqual([7, null, null]);
  // one that is silent does not pull the others down
  expect(series(' cpu')?.map((value) => value?.toFixed(3))).toEqual(['0.200', '0.500', undefined]);
  expect(series(' mem')).toEqual([40, 20, null]);
  expect(series(' memTotal')).toEqual([400, 100, null]);
  expect(series('storage/*/ceph used')).toEqual([1, 2, null]);
  // a use without its total says nothing about the share
  expect(series(' storage')).toEqual([1, null, null]);
  expect(series(' storageTotal')).toEqual([4, null, null]);
});

test('a cluster of which nothing is told has lines of nothing', () => {
  const { series } = rrdBackfill([], [], axis);
  expect(series.get(' cpu')).toEqual([null, null, null]);
  expect(series.get(' storage')).toEqual([null, null, null]);
});
