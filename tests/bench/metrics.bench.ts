import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { AuditLog } from '#electron/core/audit/log';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { ChunkStore } from '#electron/core/metrics/chunk-store';
import { MetricHistory } from '#electron/core/metrics/history';
import { samplesOf } from '#electron/core/metrics/samples';
import { type InventoryRows, noRows } from '#shared/contract/inventory';
import { clusterTotals } from '#shared/domain/totals';
import { FakeClock } from '#tests/support/fake-clock';
import { guestRow } from '#tests/support/rows';
import { silent as logger } from './programs/ports';
import { amount, type BenchRow } from './row';

const CLUSTERS = 100;
const DAY_MS = 86_400_000;
const STEP_MS = 10_000;
/** a quarter of a day holds each kind of writing once: chunks, summing up, cleaning */
const MEASURED_DAYS = 0.25;
/** the rival's writing grows with its table, so a short stretch flatters it */
const RIVAL_MS = 600_000;
const GB = 1e9;

/** Rows that make 40 series: 8 of the cluster, 6 a node, 2 a storage. */
function rowsAt(moment: number): InventoryRows {
  const wave = (phase: number) => 0.5 + 0.4 * Math.sin(moment / 3e6 + phase);
  const nodes = Array.from({ length: 4 }, (_, index) => ({
    id: `node/pve${index}`,
    node: `pve${index}`,
    status: 'online' as const,
    cpu: wave(index),
    maxCpu: 32,
    mem: wave(index + 1) * 2 ** 38,
    maxMem: 2 ** 38,
    disk: wave(index + 2) * 2 ** 37,
    maxDisk: 2 ** 37,
    uptimeS: 1e6,
    level: '',
  }));
  const guests = nodes.map(({ node }, index) =>
    guestRow({
      vmid: 100 + index,
      node,
      netInRate: 1e6 * wave(index),
      netOutRate: 1e5 * wave(index),
    }),
  );
  const storages = Array.from({ length: 4 }, (_, index) => ({
    id: `storage/pve0/store${index}`,
    storage: `store${index}`,
    node: 'pve0',
    type: 'dir',
    content: ['images'],
    shared: index > 0,
    status: 'available' as const,
    used: wave(index) * 1e13,
    total: 1e13,
  }));
  return { ...noRows(), nodes, guests, storages };
}

/** Bytes this process handed to write calls so far (Linux). */
function written(): number {
  if (!existsSync('/proc/self/io')) return Number.NaN;
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

const sizeOf = (file: string) =>
  [file, `${file}-wal`].reduce(
    (sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

/** A week of a hundred clusters: most of it at a slow pace, which stores as much, then as seen. */
async function chunked(dataDir: string) {
  const clock = new FakeClock(Date.parse('2026-11-01T00:00:00Z'));
  const sqlite = openDatabase({ dataDir, clock, logger });
  const store = new Store(sqlite, new AuditLog('bench@desk', clock), logger);
  const uuids = Array.from(
    { length: CLUSTERS },
    (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );
  insertClusters(sqlite, uuids);
  const history = new MetricHistory({
    chunks: new ChunkStore(store),
    clock,
    logger,
    historyDays: () => 7,
  });
  history.start();
  const run = async (days: number, stepMs: number) => {
    const until = clock.now() + days * DAY_MS;
    while (clock.now() < until) {
      const rows = rowsAt(clock.now());
      const totals = clusterTotals(rows);
      for (const uuid of uuids)
        history.record(uuid, { at: clock.now(), rows, totals, intervalMs: stepMs });
      clock.advance(stepMs);
      // summing up goes on beside, a turn at a time
      await new Promise(setImmediate);
    }
  };
  await run(6.75, 300_000);
  const before = written();
  await run(MEASURED_DAYS, STEP_MS);
  const dayBytes = (written() - before) / MEASURED_DAYS;
  await history.close();
  store.checkpoint();
  const diskBytes = sizeOf(join(dataDir, 'clusterdeck.db'));
  store.close();
  return { dayBytes, diskBytes, series: samplesOf(rowsAt(0), clusterTotals(rowsAt(0))).size };
}

function insertClusters(sqlite: ReturnType<typeof openDatabase>, uuids: string[]): void {
  const insert = sqlite.prepare(
    `insert into clusters (uuid, cluster_id, kind, name, auth_kind, user, verify, is_active,
       is_default, allow_vm_deployment, allow_template_sync, allow_iso_sync, auto_shutdown_enabled,
       priority, description, protected, created_at, updated_at, revision)
     values (?, ?, 'proxmox', 'Bench', 'password', 'root@pam', 'pin', 1, 0, 1, 1, 1, 0, 50, '', 0, 0, 0, 1)`,
  );
  for (const [index, uuid] of uuids.entries()) insert.run(uuid, `bench-${index}`);
}

/** A row per sample, a transaction per poll, as most monitors of this kind begin. */
function rowPerSample(dataDir: string) {
  const file = join(dataDir, 'rival.db');
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(
    'create table sample (series integer, at integer, value real, primary key (series, at)) without rowid',
  );
  const insert = db.prepare('insert into sample values (?, ?, ?)');
  const before = written();
  const samples = [...samplesOf(rowsAt(0), clusterTotals(rowsAt(0))).values()];
  for (let at = 0; at < RIVAL_MS; at += STEP_MS) {
    for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
      db.transaction(() => {
        for (const [index, value] of samples.entries())
          insert.run(cluster * 100 + index, at, value);
      })();
    }
  }
  db.pragma('wal_checkpoint(TRUNCATE)');
  const result = { dayBytes: written() - before, diskBytes: sizeOf(file) };
  db.close();
  const scale = DAY_MS / RIVAL_MS;
  return { dayBytes: result.dayBytes * scale, diskBytes: result.diskBytes * scale * 7 };
}

/** Row 5 of the budgets: what a week of history costs the disk. */
export async function bench(): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
  try {
    const ours = await chunked(dataDir);
    const rival = rowPerSample(dataDir);
    const what = `metrics of ${CLUSTERS} clusters x ${ours.series} series / 10 s`;
    return [
      {
        what: `${what}: 7 days on disk`,
        budget: '< 100 MB',
        ours: amount(ours.diskBytes / 1e6, 'MB'),
        rival: `${amount(rival.diskBytes / 1e6, 'MB')} (scaled)`,
        ratio: rival.diskBytes / ours.diskBytes,
        within: ours.diskBytes < 100e6,
      },
      {
        what: `${what}: written a day`,
        budget: '< 1 GB',
        ours: amount(ours.dayBytes / GB, 'GB'),
        rival: `${amount(rival.dayBytes / GB, 'GB')} (scaled)`,
        ratio: rival.dayBytes / ours.dayBytes,
        within: ours.dayBytes < GB,
      },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
