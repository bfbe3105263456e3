import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { Progress } from '#electron/core/bundles/progress';
import { readSource } from '#electron/core/bundles/source';
import { judgeOne } from '#tests/support/judging';
import { portalDatabase, portalRow } from '#tests/support/portal-database';
import { stillClock } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const progress = new Progress(stillClock, async () => undefined);
const read = (bytes: Uint8Array) => readSource(bytes, 'app.db', {}, progress);
const at = (name: string) => join(sweptFolder(), name);

/** A database of somebody else, made by these statements. */
function database(sql: string): Buffer {
  const path = at('other.db');
  const sqlite = new Sqlite(path);
  sqlite.exec(sql);
  sqlite.close();
  return readFileSync(path);
}

test('every column of the portal arrives, flags as flags and with nothing to correct', async () => {
  const row = portalRow('one', {
    is_default: 1,
    allow_vm_deployment: 0,
    iso_storage: 'isos',
    enable_ip_lookup: 1,
    admin_group: 'ops',
    description: 'first',
  });
  const { source, candidates } = await read(portalDatabase(at('app.db'), [row]));
  expect(source).toBe('portalDatabase');
  const [candidate] = candidates;
  if (candidate === undefined) throw new Error('no row was read');
  const { entry, outcome } = judgeOne(candidate);
  expect(entry).toMatchObject({ verdict: 'new', reasons: [], hasSecret: true });
  expect(outcome).toMatchObject({
    input: {
      clusterId: 'one',
      verify: 'pin',
      isDefault: true,
      allowVmDeployment: false,
      isoStorage: 'isos',
      description: 'first',
    },
    kept: { vmCacheTtl: 300, enableIpLookup: true, adminGroup: 'ops' },
    secret: 'pw-one',
  });
  expect(outcome?.kept.extra).toBeUndefined();
});

test('types that SQLite let through are corrected or refused row by row', async () => {
  const rows = [
    portalRow('one', { port: 'not-a-port' }),
    portalRow('two', { port: '8007' }),
    portalRow('three', { description: Buffer.from('blob') }),
    portalRow('Four', { user: 'root' }),
  ];
  const { candidates } = await read(portalDatabase(at('app.db'), rows));
  const judged = candidates.map((candidate) => judgeOne(candidate).entry);
  expect(judged.map(({ verdict }) => verdict)).toEqual(['invalid', 'new', 'new', 'new']);
  expect(judged[0]?.reasons).toEqual(['port is not a whole number.']);
  expect(judged[3]?.reasons.join()).toMatch(/becomes four.*becomes root@pam/);
});

test('a database that kept a log is read as far as its file goes, and that is said', async () => {
  const { candidates } = await read(portalDatabase(at('app.db'), [portalRow('one')], 'wal'));
  expect(candidates[0]?.corrections.join()).toContain('not yet moved into this file');
});

test('the file and what is handed in stay as they are', async () => {
  const path = at('app.db');
  const bytes = portalDatabase(path, [portalRow('one')], 'wal');
  const before = Buffer.from(bytes);
  await read(bytes);
  expect(bytes.equals(before)).toBe(true);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each<[string, string]>([
  ['no table of clusters', 'CREATE TABLE t (a)'],
  ['a table with other columns', 'CREATE TABLE clusters (a)'],
  ['a view in its place', 'CREATE TABLE t (cluster_id); CREATE VIEW clusters AS SELECT * FROM t'],
  ['a virtual table in its place', 'CREATE VIRTUAL TABLE clusters USING fts5(cluster_id)'],
])('%s is refused', async (_name, sql) => {
  await expect(read(database(sql))).rejects.toMatchObject({ code: 'FILE_UNKNOWN' });
});

test('a column that computes is not asked', async () => {
  const bytes = database(
    `CREATE TABLE clusters (cluster_id TEXT, computed AS (upper(cluster_id)));
     INSERT INTO clusters (cluster_id) VALUES ('one')`,
  );
  const { candidates } = await read(bytes);
  expect(candidates[0]).toMatchObject({ clusterId: 'one', kept: {} });
});

test.each([17, 100, 3000, 5000])('a database cut off after %i bytes is damaged', async (length) => {
  const bytes = portalDatabase(at('app.db'), [portalRow('one')]);
  await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
});
