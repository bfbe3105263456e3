import { expect, onTestFinished, test } from 'vitest';
import { AuditLog } from '#electron/core/audit/log';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { decodeChunk, encodeChunk, MINUTES } from '#electron/core/metrics/chunk';
import { ChunkStore } from '#electron/core/metrics/chunk-store';
import { MetricHistory } from '#electron/core/metrics/history';
import { seriesKey } from '#electron/core/metrics/samples';
import { type InventoryRows, noRows } from '#shared/contract/inventory';
import { clusterTotals } from '#shared/domain/totals';
import { FakeClock } from '#tests/support/fake-clock';
import { testPorts } from '#tests/support/ports';
import { pass } from '#tests/support/watching';

const UUID = '00000000-0000-4000-8000-000000000001';
const CPU = seriesKey('node/pve1', 'cpu');
const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-21T12:00:00Z');

function rows(cpu: number): InventoryRows {
  return {
    ...noRows(),
    nodes: [
      {
        id: 'node/pve1',
        node: 'pve1',
        status: 'online',
        cpu,
        maxCpu: 8,
        mem: 4,
        maxMem: 8,
        disk: 1,
        maxDisk: 2,
        uptimeS: 9,
        level: '',
      },
    ],
  };
}

/** A history on a real store; `reopen` is what a new start of the program sees. */
function desk(historyDays = 7) {
  const clock = new FakeClock(NOON);
  const { paths, logger } = testPorts();
  const sqlite = openDatabase({ dataDir: paths.dataDir, clock, logger });
  const store = new Store(sqlite, new AuditLog('test@desk', clock), logger);
  onTestFinished(() => store.close());
  sqlite
    .prepare(
      `insert into clusters (uuid, cluster_id, kind, name, auth_kind, user, verify, is_active, is_default,
         allow_vm_deployment, allow_template_sync, allow_iso_sync, auto_shutdown_enabled, priority,
         description, protected, created_at, updated_at, revision)
       values (?, 'one', 'proxmox', 'One', 'password', 'root@pam', 'pin', 1, 0, 1, 1, 1, 0, 50, '', 0, 0, 0, 1)`,
    )
    .run(UUID);
  const open = () =>
    new MetricHistory({
      chunks: new ChunkStore(store),
      clock,
      logger,
      historyDays: () => historyDays,
    });
  const measure = (history: MetricHistory, cpu: number, intervalMs = 10_000) => {
    const now = rows(cpu);
    history.record(UUID, { at: clock.now(), rows: now, totals: clusterTotals(now), intervalMs });
  };
  const count = (level: number) =>
    sqlite.prepare('select count(*) from metric_chunks where level = ?').pluck().get(level);
  return { clock, open, measure, count };
}

const valuesOf = (history: MetricHistory, fromMs: number, toMs: number) =>
  (history.read(UUID, [CPU], fromMs, toMs).get(CPU) ?? []).map(([, value]) =>
    Number(value?.toFixed(3)),
  );

test('samples of a minute become its mean, from memory and from the store alike', async () => {
  const { clock, open, measure, count } = desk();
  const history = open();
  history.start();
  for (let index = 0; index < 66; index += 1) {
    measure(history, index < 30 ? 0.2 : 0.4);
    await pass(clock, 10_000, 10_000);
  }
  expect(count(1)).toBe(2);
  // ten minutes are stored, the last one is in memory still
  expect(valuesOf(history, NOON, clock.now())).toEqual([
    0.2, 0.2, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4,
  ]);
});

test('what a killed program had stored is there again, sparklines included', async () => {
  const { clock, open, measure } = desk();
  const first = open();
  first.start();
  for (let index = 0; index < 178; index += 1) {
    measure(first, 0.3);
    await pass(clock, 10_000, 10_000);
  }
  // no close: the minutes that were open are lost, as with kill -9
  const second = open();
  second.restore(UUID, clock.now());
  expect(valuesOf(second, NOON, clock.now())).toHaveLength(25);
  const spark = second.spark(UUID);
  expect(spark.cpu).toHaveLength(60);
  expect(spark.cpu.filter((value) => value !== null)).toEqual(
    Array.from({ length: 25 }, () => 0.3),
  );
  expect(spark.memory.at(-1)).toBe(0.5);
});

test('a closed program loses nothing', async () => {
  const { clock, open, measure } = desk();
  const first = open();
  for (let index = 0; index < 18; index += 1) {
    measure(first, 0.3);
    clock.advance(10_000);
  }
  await first.close();
  expect(valuesOf(open(), NOON, clock.now())).toEqual([0.3, 0.3, 0.3]);
});

test('a start within the same five minutes adds to them', async () => {
  const { clock, open, measure } = desk();
  const first = open();
  measure(first, 0.1);
  await first.close();
  clock.advance(120_000);
  const second = open();
  second.restore(UUID, clock.now());
  measure(second, 0.9);
  await second.close();
  expect(valuesOf(open(), NOON, NOON + HOUR)).toEqual([0.1, 0.9]);
});

test('a slow pace makes a line without holes, and a silence of the cluster makes one', () => {
  const { clock, open, measure } = desk();
  const history = open();
  for (let index = 0; index < 5; index += 1) {
    measure(history, 0.5, 120_000);
    clock.advance(120_000);
  }
  clock.advance(600_000);
  measure(history, 0.5, 120_000);
  const { cpu } = history.spark(UUID);
  const drawn = cpu.slice(-21).map((value) => value !== null);
  expect(drawn.slice(0, 9)).not.toContain(false);
  expect(drawn.slice(9, 20)).not.toContain(true);
  expect(drawn.at(-1)).toBe(true);
});

test('six hours become quarters, minutes go after a day and quarters after the days that are set', async () => {
  const { clock, open, measure, count } = desk(2);
  const history = open();
  history.start();
  const hours = 24 * 4;
  for (let step = 0; step < hours * 12; step += 1) {
    measure(history, step % 12 < 6 ? 0.2 : 0.4, 300_000);
    await pass(clock, 300_000, 300_000);
  }
  expect(count(1)).toBeLessThan(37 * 12);
  expect(count(2)).toBeLessThanOrEqual(10);
  const old = valuesOf(history, clock.now() - 40 * HOUR, clock.now() - 38 * HOUR);
  expect(old).toHaveLength(8);
  expect(new Set(old)).toEqual(new Set([0.2, 0.4]));
  // both levels together have no hole where they meet
  const points = history.read(UUID, [CPU], clock.now() - 36 * HOUR, clock.now()).get(CPU) ?? [];
  const holes = points.filter(([time, , step], index) => {
    const before = points[index - 1];
    return before !== undefined && time - step > before[0];
  });
  expect(holes).toEqual([]);
  await history.close();
});

test('a removed cluster leaves nothing that another could be shown', () => {
  const { open, measure } = desk();
  const history = open();
  measure(history, 0.5);
  history.forget(UUID);
  expect(history.spark(UUID)).toEqual({ cpu: [], memory: [], storage: [] });
});

test('a chunk reads back as it was written, and a torn one reads as nothing', () => {
  const row = Float32Array.of(1, Number.NaN, 3, 4, 5);
  const body = encodeChunk(
    MINUTES,
    new Map([
      [7, row],
      [9, new Float32Array(5).fill(Number.NaN)],
    ]),
  );
  expect(decodeChunk(body, () => true)).toEqual(new Map([[7, row]]));
  expect(decodeChunk(body.subarray(0, body.length - 1), () => true).size).toBe(0);
  expect(decodeChunk(Buffer.alloc(3), () => true).size).toBe(0);
});

test('what was measured elsewhere fills the gaps of the last hour, and nothing else', async () => {
  const { clock, open, measure, count } = desk();
  const history = open();
  measure(history, 0.2);
  await pass(clock, 600_000, 60_000);
  measure(history, 0.4);
  const minutes = (values: (number | null)[], fromMs: number) => ({
    fromMs,
    stepMs: 60_000,
    series: new Map([[CPU, values]]),
  });
  // ten minutes away, one of which the other did not measure either; and an hour that is over
  const away = [0.9, 0.3, 0.3, 0.3, 0.3, null, 0.3, 0.3, 0.3, 0.9];
  history.fill(UUID, minutes(away, NOON));
  history.fill(UUID, minutes([0.7, 0.7], NOON - HOUR));
  history.fill(UUID, minutes([0.7], clock.now() + HOUR));
  const values = valuesOf(history, NOON - HOUR, clock.now() + 1);
  expect(values.slice(1, 9)).toEqual([0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.9]);
  expect(values[0]).toBeLessThan(0.9);
  expect(values.at(-1)).toBe(0.4);
  expect(values).not.toContain(0.7);
  await history.close();
  expect(count(1)).toBe(3);
  expect(valuesOf(open(), NOON, clock.now()).slice(1, 4)).toEqual([0.3, 0.3, 0.3]);
});
