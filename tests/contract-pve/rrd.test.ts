import { expect, test } from 'vitest';
import { z } from 'zod';
import { dressOf, type Timeframe } from '#electron/demo/pve/dress';
import type { Guest, GuestKind } from '#electron/demo/pve/model/types';
import { guestSampler, nodeSampler, type RrdRow, rrdRows } from '#electron/demo/pve/rrd';
import { type Recording, readFixture, recordings } from './recordings';
import { stage } from './stage';

const answer = z.object({ data: z.array(z.record(z.string(), z.number())) });

function recorded(file: string, name: string): { rows: Record<string, number>[]; nowMs: number } {
  const found = recordings(file).find((one): one is Recording => one.name === name);
  if (found === undefined) throw new RangeError(`No recording ${name}.`);
  const rows = answer.parse(found.response.json).data;
  return { rows, nowMs: Date.parse(found.response.headers.Date ?? '') };
}

/** Rows of the stage's guest or node as they stand at a moment. */
async function lab(nowMs: number, status: Guest['status'] = 'running', kind: GuestKind = 'qemu') {
  const runs = status === 'running' ? [{ fromMs: nowMs - 900_000 }] : [];
  const cluster = await stage('alone', [{ kind, status, runs, createdMs: 0 }]);
  const node = cluster.site.cluster.node('pve1');
  const guest = cluster.guest(100);
  return {
    node: (timeframe: Timeframe) =>
      rrdRows(
        dressOf('9.2'),
        timeframe,
        'AVERAGE',
        nowMs,
        nodeSampler(dressOf('9.2'), node, [guest]),
      ),
    guest: (dress: '8.4' | '9.2', timeframe: Timeframe) =>
      rrdRows(
        dressOf(dress),
        timeframe,
        'AVERAGE',
        nowMs,
        guestSampler(dressOf(dress), node, guest),
      ),
  };
}

const keysOf = (row: object | undefined) => Object.keys(row ?? {}).sort();

test.each(['hour', 'day', 'week', 'month', 'year', 'decade'] as const)(
  'the %s table begins, steps and ends where the recorded one does',
  async (timeframe) => {
    const { rows, nowMs } = recorded('running-guest', `rrd-node-${timeframe}`);
    const made = (await lab(nowMs)).node(timeframe);
    expect(made[0]?.time).toBe(rows[0]?.time);
    expect(made[1]?.time).toBe(rows[1]?.time);
    expect(made.at(-1)?.time).toBe(rows.at(-1)?.time);
  },
);

test('rows of nodes and guests have the keys the real server records', async () => {
  const hour = recorded('running-guest', 'rrd-node-hour');
  const guest = recorded('running-guest', 'rrd-vm-hour');
  const made = await lab(hour.nowMs);
  expect(keysOf(made.node('hour').at(-1))).toEqual(keysOf(hour.rows.at(-1)));
  expect(keysOf(made.guest('9.2', 'hour').at(-1))).toEqual(keysOf(guest.rows.at(-1)));
});

test('guests of 8 and containers of 9 have the keys captured elsewhere', async () => {
  const eight = answer.parse(readFixture('pulse/pve8_guest_rrddata.4plus2sparse.json')).data;
  const container = answer.parse(readFixture('pulse/pve9_lxc_rrddata.first3.json')).data;
  const nowMs = Date.UTC(2026, 5, 1, 12);
  expect(keysOf((await lab(nowMs)).guest('8.4', 'hour').at(-1))).toEqual(keysOf(eight[0]));
  expect(keysOf((await lab(nowMs, 'running', 'lxc')).guest('9.2', 'hour').at(-1))).toEqual(
    keysOf(container[0]),
  );
  // A machine that is off keeps its size and loses its load.
  expect(keysOf((await lab(nowMs, 'stopped')).guest('8.4', 'hour').at(-1))).toEqual(
    keysOf(eight.at(-1)),
  );
});

test('a table of 8 has 70 rows whatever it spans', async () => {
  const made = await lab(Date.UTC(2026, 5, 1, 12, 0, 30));
  const steps: [Timeframe, number][] = [
    ['hour', 60],
    ['day', 1800],
    ['week', 10_800],
    ['month', 43_200],
    ['year', 604_800],
  ];
  for (const [timeframe, seconds] of steps) {
    const rows: RrdRow[] = made.guest('8.4', timeframe);
    expect(rows).toHaveLength(70);
    expect((rows[1]?.time ?? 0) - (rows[0]?.time ?? 0)).toBe(seconds);
  }
});

test('hosts that were upgraded answer old rows at their old steps', async () => {
  const nowMs = Date.UTC(2026, 5, 1, 12);
  const rows = rrdRows(
    dressOf('9.2'),
    'year',
    'AVERAGE',
    nowMs,
    () => ({ cpu: 1 }),
    nowMs - 30 * 86_400_000,
  );
  const steps = rows.slice(1).map((row, index) => row.time - (rows[index]?.time ?? 0));
  expect(new Set(steps.slice(0, 40))).toEqual(new Set([604_800]));
  expect(new Set(steps.slice(-100))).toEqual(new Set([21_600]));
});
