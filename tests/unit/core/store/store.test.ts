import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { AuditLog } from '#electron/core/audit/log';
import { openDatabase } from '#electron/core/db/open';
import { audit, settings } from '#electron/core/db/schema/index';
import { testPorts } from '#tests/support/ports';
import { cluster, openDesk, openStore, silent, stillClock } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('the folder and every file in it belong to their owner alone', () => {
  const dataDir = join(sweptFolder(), 'new', 'folder');
  const store = openStore(dataDir);
  store.mutate((tx) => tx.db.insert(settings).values({ key: 'theme', value: '"dark"' }).run());
  expect(modeOf(dataDir)).toBe(0o700);
  expect(readdirSync(dataDir)).toContain('clusterdeck.db-wal');
  for (const name of readdirSync(dataDir))
    expect([name, modeOf(join(dataDir, name))]).toEqual([name, 0o600]);
});

test('a folder and file that others could read are closed to them', () => {
  const dataDir = sweptFolder();
  openStore(dataDir).close();
  chmodSync(dataDir, 0o755);
  chmodSync(join(dataDir, 'clusterdeck.db'), 0o644);
  openStore(dataDir).close();
  expect(modeOf(dataDir)).toBe(0o700);
  expect(modeOf(join(dataDir, 'clusterdeck.db'))).toBe(0o600);
});

test('a path that cannot be a data folder is a failure with a remedy', () => {
  const file = join(sweptFolder(), 'file');
  writeFileSync(file, '');
  expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'STORE_BROKEN' }));
});

test('effects run after the commit, in order; a failure runs none and stores nothing', () => {
  const store = openStore(sweptFolder());
  const seen: string[] = [];
  const stored = () => store.read.select().from(settings).all().length;
  store.mutate((tx) => {
    tx.after(() => seen.push(`first, ${stored()} stored`));
    tx.after(() => seen.push('second'));
    tx.db.insert(settings).values({ key: 'theme', value: '"dark"' }).run();
  });
  expect(seen).toEqual(['first, 1 stored', 'second']);
  expect(() =>
    store.mutate((tx) => {
      tx.after(() => seen.push('never'));
      tx.db.delete(settings).where(eq(settings.key, 'theme')).run();
      tx.audit({ action: 'a', subject: 'b' });
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(seen).toHaveLength(2);
  expect(stored()).toBe(1);
  expect(store.read.select().from(audit).all()).toEqual([]);
  expect(() => store.mutate(() => store.mutate(() => 1))).toThrow('another one');
  expect(store.mutate(() => 'still usable')).toBe('still usable');
});

test('a full disk is a typed failure: nothing is stored, remembered or told', async () => {
  const { store, clusters, vault } = await openDesk(sweptFolder());
  await vault.change('passphrase', 'long enough');
  const made = await clusters.create(cluster('one', { secret: 'correct horse' }));
  const pages = store.sqlite.pragma('page_count', { simple: true });
  store.sqlite.pragma(`max_page_count = ${Number(pages)}`);
  const events: unknown[] = [];
  clusters.events.subscribe((event) => events.push(event));
  const failed = clusters.update({
    uuid: made.uuid,
    changes: { description: 'x'.repeat(2000), secret: 'y'.repeat(4000), name: 'z'.repeat(100) },
  });
  await expect(failed).rejects.toMatchObject({ code: 'STORE_FULL' });
  expect(clusters.get(made.uuid)).toEqual(made);
  expect(await vault.open(made.uuid)).toBe('correct horse');
  expect(events).toEqual([]);
  store.sqlite.pragma('max_page_count = 100000');
  expect((await clusters.update({ uuid: made.uuid, changes: { name: 'Two' } })).name).toBe('Two');
});

test('a store that ended badly and is damaged says so and names the copies', () => {
  const dataDir = sweptFolder();
  const store = openStore(dataDir);
  store.mutate((tx) => {
    for (let n = 0; n < 200; n += 1)
      tx.db
        .insert(settings)
        .values({ key: `k${n}`, value: '"x"'.repeat(50) })
        .run();
  });
  store.close();
  const file = join(dataDir, 'clusterdeck.db');
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(4096 * 3, 0xff), 0, 4096 * 3, statSync(file).size - 4096 * 3);
  closeSync(fd);
  writeFileSync(`${file}-wal`, Buffer.alloc(32));
  expect(() => openStore(dataDir)).toThrow(
    expect.objectContaining({
      code: 'STORE_BROKEN',
      data: expect.objectContaining({ remedy: expect.stringContaining('backups') }),
    }),
  );
});

test('a slow query is logged with its SQL and without its values', () => {
  const { logger, lines } = testPorts();
  const sqlite = openDatabase({ dataDir: sweptFolder(), clock: stillClock, logger });
  const slow =
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n';
  sqlite.prepare('SELECT ?').get('quick value');
  sqlite.prepare(slow).get(1_000_000);
  const warnings = lines.filter(({ level }) => level === 'warn');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.fields).toMatchObject({ sql: slow });
  expect(JSON.stringify(lines)).not.toContain('1000000');
});

test('the audit is a chain: a changed, lost or added row is found', () => {
  const store = openStore(sweptFolder());
  const log = new AuditLog('ada@desk', stillClock);
  for (const subject of ['one', 'two', 'three', 'four']) {
    store.mutate((tx) => tx.audit({ action: 'test', subject, after: { n: 1 } }));
  }
  expect(log.firstBroken(store.read)).toBeNull();
  expect(log.firstBroken(store.read, 3)).toBeNull();
  store.sqlite.exec('DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete');
  const broken = (sql: string) => {
    store.sqlite.exec('SAVEPOINT before');
    store.sqlite.exec(sql);
    const seq = log.firstBroken(store.read);
    store.sqlite.exec('ROLLBACK TO before; RELEASE before');
    return seq;
  };
  expect(broken("UPDATE audit SET subject = 'other' WHERE seq = 2")).toBe(2);
  expect(broken('DELETE FROM audit WHERE seq = 3')).toBe(3);
  expect(broken('DELETE FROM audit WHERE seq = 1')).toBe(1);
  expect(broken('UPDATE audit SET prev_hash = hash WHERE seq = 4')).toBe(4);
  expect(log.firstBroken(store.read)).toBeNull();
});

test('a database that another program holds is a busy store', () => {
  const dataDir = sweptFolder();
  openStore(dataDir).close();
  const other = new Sqlite(join(dataDir, 'clusterdeck.db'));
  other.pragma('locking_mode = EXCLUSIVE');
  other.exec('BEGIN EXCLUSIVE');
  expect(() => openDatabase({ dataDir, clock: stillClock, logger: silent })).toThrow(
    expect.objectContaining({ code: 'STORE_BUSY' }),
  );
  other.close();
});
