import { expect, test } from 'vitest';
import { seriesKey } from '#electron/core/metrics/samples';
import { clusterCharts, type NodeSource } from '#electron/core/metrics/whole-cluster';

const MINUTE = 60_000;
const axis = { fromMs: 0, stepMs: MINUTE, buckets: 3 };
/** what this desk measured of the guests, three times what the node itself carries */
const guests = [0, 1, 2].map((minute) => [(minute + 1) * MINUTE, 300, MINUTE] as const);
const local = new Map([[seriesKey('', 'netIn'), guests]]);

const inbound = (nodes: NodeSource[]) =>
  clusterCharts(nodes, local, axis)
    .find(({ id }) => id === 'network')
    ?.series.find(({ key }) => key === 'in')?.values;

test("the guests' traffic never continues the nodes' line, which is another quantity", () => {
  const rows = [1, 2].map((minute) => ({
    timeMs: minute * MINUTE,
    stepMs: MINUTE,
    values: { netin: 100, netout: 50 },
  }));
  expect(inbound([{ node: 'a', maxCpu: 4, rows }])).toEqual([100, 100, null]);
});

test("the guests' traffic stands in where no node tells anything", () => {
  expect(inbound([{ node: 'a', maxCpu: 4, rows: null }])).toEqual([300, 300, 300]);
});
