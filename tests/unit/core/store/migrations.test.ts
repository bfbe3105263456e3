import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { getTableName, is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { expect, test } from 'vitest';
import { bundledMigrations, type Migration, numbered } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import * as schema from '#electron/core/db/schema/index';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const open = (dataDir: string, migrations?: Migration[], clock = new FakeClock()) =>
  openDatabase({ dataDir, clock, logger: silent, ...(migrations && { migrations }) });
const step = (version: number, sql: string): Migration => ({
  version,
  name: `000${version}_step.sql`,
  sql,
});
const one = step(1, 'CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);');
const backups = (dataDir: string) =>
  existsSync(join(dataDir, 'backups')) ? readdirSync(join(dataDir, 'backups')).sort() : [];
const tables = (sqlite: Sqlite.Database) =>
  sqlite
    .prepare(
      // the index of the audit's words is no table of rows
      "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'audit_text%'",
    )
    .all() as { name: string; sql: string }[];

test('the migrations make exactly the tables and columns which the queries expect', () => {
  const sqlite = open(sweptFolder());
  const expected = Object.values(schema).filter((value) => is(value, SQLiteTable));
  expect(
    tables(sqlite)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(expected.map(getTableName).sort());
  for (const table of expected) {
    const { name, columns } = getTableConfig(table);
    const found = sqlite
      .prepare(`SELECT name, type, "notnull" FROM pragma_table_info(?)`)
      .all(name);
    expect([name, found]).toEqual([
      name,
      columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: column.notNull ? 1 : 0,
      })),
    ]);
  }
});

test('0001_store: every table is STRICT, and rows of a removed cluster go with it', () => {
  const sqlite = open(sweptFolder());
  expect(bundledMigrations()[0]?.name).toBe('0001_store.sql');
  for (const { name, sql } of tables(sqlite))
    expect([name, /\) STRICT/.test(sql)]).toEqual([name, true]);
  sqlite.exec(`INSERT INTO clusters VALUES (NULL, 'u', 'one', 'proxmox', 'One', 'password', 'root@pam', NULL,
    'pin', 1, 1, 1, 1, 1, 0, 50, NULL, NULL, NULL, '', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, '{}', 1, 1, 1, NULL, 0);
    INSERT INTO endpoints VALUES ('u', 0, 'h', 8006, NULL);
    INSERT INTO secrets VALUES ('u', 'secret', 1, x'00');
    INSERT INTO inventory_snapshots VALUES ('u', 1, x'00');`);
  expect(() => sqlite.exec('UPDATE clusters SET priority = 101')).toThrow('clusters_priority');
  expect(() => sqlite.exec("UPDATE clusters SET priority = 'high'")).toThrow('cannot store TEXT');
  expect(() => sqlite.exec("INSERT INTO endpoints VALUES ('nobody', 0, 'h', 8006, NULL)")).toThrow(
    'FOREIGN KEY',
  );
  sqlite.exec('DELETE FROM clusters');
  for (const table of ['endpoints', 'secrets', 'inventory_snapshots']) {
    expect(sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
  }
});

test('the audit table refuses to change or lose a row', () => {
  const sqlite = open(sweptFolder());
  sqlite.exec("INSERT INTO audit VALUES (1, 1, 'a', 'b', 'c', NULL, NULL, 'ok', '0', '1', NULL)");
  expect(() => sqlite.exec("UPDATE audit SET actor = 'x'")).toThrow('append-only');
  expect(() => sqlite.exec('DELETE FROM audit')).toThrow('append-only');
});

test('files are taken in the order of their numbers, without gaps', () => {
  expect(
    numbered([
      ['./0002_b.sql', 'b'],
      ['./0001_a.sql', 'a'],
    ]).map(({ sql }) => sql),
  ).toEqual(['a', 'b']);
  expect(() => numbered([['./0002_b.sql', 'b']])).toThrow('should be number 1');
  expect(() => numbered([['./1_a.sql', 'a']])).toThrow('is not named');
});

test('an existing store is copied before it is migrated, and keeps its rows', () => {
  const dataDir = sweptFolder();
  open(dataDir, [one]).close();
  expect(backups(dataDir)).toEqual([]);
  const sqlite = open(dataDir, [one, step(2, 'ALTER TABLE a ADD COLUMN y TEXT')]);
  expect(sqlite.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: null }]);
  const [name = ''] = backups(dataDir);
  const backup = join(dataDir, 'backups', name);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  const copy = new Sqlite(backup, { readonly: true });
  expect(copy.pragma('user_version', { simple: true })).toBe(1);
  expect(copy.prepare('SELECT * FROM a').all()).toEqual([{ x: 1 }]);
});

test('the last three copies stay', () => {
  const dataDir = sweptFolder();
  const clock = new FakeClock();
  const steps = [one];
  for (let version = 2; version <= 6; version += 1) {
    open(dataDir, [...steps], clock).close();
    steps.push(step(version, `CREATE TABLE t${version} (x INTEGER)`));
    clock.advance(1000);
  }
  open(dataDir, steps, clock).close();
  expect(backups(dataDir).map((name) => name.slice(-5))).toEqual(['v3.db', 'v4.db', 'v5.db']);
});

test('a step that fails is undone whole, the ones before it stay, and the remedy names the copy', () => {
  const dataDir = sweptFolder();
  open(dataDir, [one]).close();
  const steps = [
    one,
    step(2, 'CREATE TABLE b (x)'),
    step(3, 'CREATE TABLE c (x); SELECT nonsense'),
  ];
  expect(() => open(dataDir, steps)).toThrow(
    expect.objectContaining({
      code: 'STORE_BROKEN',
      data: {
        remedy: expect.stringMatching(/a copy of the store is .*backups.\d{17}-v1\.db/),
        detail: expect.stringContaining('0003_step.sql'),
      },
    }),
  );
  expect(backups(dataDir)).toHaveLength(1);
  const sqlite = open(dataDir, steps.slice(0, 2));
  expect(tables(sqlite).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('a step may rebuild a table that others point to, but must not leave rows pointing nowhere', () => {
  const dataDir = sweptFolder();
  const parents = step(
    1,
    `CREATE TABLE p (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE c (p INTEGER REFERENCES p(id) ON DELETE CASCADE) STRICT;
    INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);`,
  );
  const rebuild = step(
    2,
    `CREATE TABLE p2 (id INTEGER PRIMARY KEY, n TEXT) STRICT;
    INSERT INTO p2 SELECT id, NULL FROM p; DROP TABLE p; ALTER TABLE p2 RENAME TO p;`,
  );
  open(dataDir, [parents]).close();
  const sqlite = open(dataDir, [parents, rebuild]);
  expect(sqlite.prepare('SELECT * FROM c').all()).toEqual([{ p: 1 }]);
  expect(sqlite.pragma('foreign_keys', { simple: true })).toBe(1);
  sqlite.close();
  expect(() => open(dataDir, [parents, rebuild, step(3, 'DELETE FROM p')])).toThrow(
    expect.objectContaining({ code: 'STORE_BROKEN' }),
  );
});

test('a store from a newer program is refused and left as it is', () => {
  const dataDir = sweptFolder();
  open(dataDir, [one, step(2, 'CREATE TABLE b (x)')]).close();
  const before = readFileSync(join(dataDir, 'clusterdeck.db'));
  expect(() => open(dataDir, [one])).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
  expect(readFileSync(join(dataDir, 'clusterdeck.db'))).toEqual(before);
  expect(backups(dataDir)).toEqual([]);
});

test('another program’s database and plain rubbish are refused and left as they are', () => {
  const foreign = sweptFolder();
  const other = new Sqlite(join(foreign, 'clusterdeck.db'));
  other.exec('CREATE TABLE theirs (x)');
  other.close();
  expect(() => open(foreign)).toThrow(expect.objectContaining({ code: 'STORE_BROKEN' }));
  const rubbish = sweptFolder();
  const file = join(rubbish, 'clusterdeck.db');
  writeFileSync(file, 'this is no database, however long it goes on'.repeat(50));
  expect(() => open(rubbish)).toThrow(expect.objectContaining({ code: 'STORE_BROKEN' }));
  expect(readFileSync(file, 'utf8')).toContain('this is no database');
});
