import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guestCounters, guestSample, guestUptime } from '#electron/demo/pve/load/guest-load';
import { nodeSample } from '#electron/demo/pve/load/node-load';
import { storageUsed } from '#electron/demo/pve/load/storage-load';
import { counterBetween, dayCurve, rateAt } from '#electron/demo/pve/load/waves';
import { buildCluster } from '#electron/demo/pve/model/build';
import { TOUR } from '#electron/demo/specs';

const TUESDAY = Date.UTC(2026, 5, 2);
const HOUR = 3_600_000;

function scene(nowMs = TUESDAY + 10 * HOUR) {
  const spec = TOUR[0];
  if (spec === undefined) throw new RangeError('The tour has no clusters.');
  const cluster = buildCluster(spec, 1, nowMs);
  const guest = [...cluster.guests.values()].find((one) => one.status === 'running');
  const node = cluster.node('pve-01');
  if (guest === undefined) throw new RangeError('Nothing runs.');
  return { cluster, guest, node, nowMs };
}

test('a lab is busy by day, quiet at night and slower at weekends', () => {
  const at = (day: number, hour: number) =>
    dayCurve((TUESDAY + day * 24 * HOUR + hour * HOUR) / 1000);
  expect(at(0, 10.5)).toBeGreaterThan(4 * at(0, 3));
  expect(at(4, 10.5)).toBeLessThan(0.6 * at(0, 10.5));
});

test('counters only ever grow, and their slope is the rate', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
      fc.integer({ min: 1, max: 90_000 }),
      (seed, from, span) => {
        const half = counterBetween(seed, from, from + span, 1000);
        const whole = counterBetween(seed, from, from + span + 1, 1000);
        expect(whole).toBeGreaterThan(half);
        expect(whole - half).toBeCloseTo(rateAt(seed, from + span + 0.5, 1000), 0);
      },
    ),
  );
});

test('the same seed and moment give the same numbers, another moment others', () => {
  const { cluster, node, nowMs } = scene();
  const again = scene();
  const guests = cluster.guestsOn('pve-01');
  expect(nodeSample(node, guests, nowMs)).toEqual(
    nodeSample(again.node, again.cluster.guestsOn('pve-01'), nowMs),
  );
  expect(nodeSample(node, guests, nowMs + 10_000).cpu).not.toBe(
    nodeSample(node, guests, nowMs).cpu,
  );
});

test('loads stay within what a machine has, at every moment of a year', () => {
  const { cluster, nowMs } = scene();
  fc.assert(
    fc.property(fc.integer({ min: -365 * 24 * 60, max: 60 }), (minutes) => {
      const ms = nowMs + minutes * 60_000;
      for (const guest of cluster.guests.values()) {
        const load = guestSample(guest, ms);
        expect(load.cpu).toBeLessThanOrEqual(1);
        expect(load.mem).toBeLessThanOrEqual(guest.memBytes);
        expect(Math.min(load.cpu, load.mem, load.netin, load.diskwrite)).toBeGreaterThanOrEqual(0);
      }
      for (const node of cluster.nodes.values()) {
        const load = nodeSample(node, cluster.guestsOn(node.name), ms);
        expect(load.cpu).toBeGreaterThan(0);
        expect(load.cpu).toBeLessThan(1);
        expect(load.memUsed).toBeLessThan(node.memBytes);
      }
      for (const storage of cluster.storages.values()) {
        expect(storageUsed(storage, cluster.node('pve-02'), ms)).toBeLessThan(storage.totalBytes);
      }
    }),
    { numRuns: 40 },
  );
});

test('a stopped guest is still, and a started one counts from zero', () => {
  const { cluster, guest, nowMs } = scene();
  expect(guestCounters(guest, nowMs).netin).toBeGreaterThan(0);
  cluster.setRunning(guest, false, nowMs);
  expect(guestCounters(guest, nowMs + 1000)).toMatchObject({ cpu: 0, mem: 0, netin: 0 });
  expect(guestUptime(guest, nowMs + 1000)).toBe(0);
  cluster.setRunning(guest, true, nowMs + 60_000);
  expect(guestUptime(guest, nowMs + 90_000)).toBe(30);
  // What was recorded before the stop is still what it was.
  expect(guestSample(guest, nowMs - HOUR).cpu).toBeGreaterThan(0);
});
