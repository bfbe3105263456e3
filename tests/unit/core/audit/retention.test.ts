import { expect, test } from 'vitest';
import { AuditLog } from '#electron/core/audit/log';
import { AuditRetention } from '#electron/core/audit/retention';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const DAY_MS = 86_400_000;

function desk() {
  const clock = new FakeClock();
  const log = new AuditLog('ada@desk', clock);
  const sqlite = openDatabase({ dataDir: sweptFolder(), clock, logger: silent });
  const store = new Store(sqlite, log, silent);
  const retention = new AuditRetention({ store, clock, logger: silent, days: () => 30 });
  const write = (count: number) =>
    store.mutate((tx) => {
      for (let n = 0; n < count; n += 1) tx.audit({ action: 'test', subject: `s${n}` });
    });
  const rows = () =>
    sqlite.prepare('SELECT min(seq) AS oldest, count(*) AS count FROM audit').get() as {
      oldest: number;
      count: number;
    };
  const found = (word: string) =>
    sqlite.prepare('SELECT count(*) FROM audit_text WHERE audit_text MATCH ?').pluck().get(word);
  return { clock, log, store, sqlite, retention, write, rows, found };
}

test('old entries go at the old end, and what is left is still provable', () => {
  const { clock, log, store, retention, write, rows, found } = desk();
  write(300);
  clock.advance(31 * DAY_MS);
  write(1000);
  expect(retention.prune()).toBe(300);
  expect(rows()).toEqual({ oldest: 301, count: 1001 });
  expect(found('"s299"')).toBe(1);
  expect(log.firstBroken(store.read)).toBeNull();
  expect(retention.prune()).toBe(0);

  clock.advance(31 * DAY_MS);
  write(1000);
  // the earlier anchor goes too; the new one takes its place
  expect(retention.prune()).toBe(1001);
  expect(rows()).toEqual({ oldest: 1302, count: 1001 });
  expect(log.firstBroken(store.read)).toBeNull();
  expect(log.firstBrokenLately(store.read)).toBeNull();
});

test('the latest thousand stay whatever the clock says', () => {
  const { clock, retention, write, rows } = desk();
  write(1200);
  clock.advance(20 * 365 * DAY_MS);
  expect(retention.prune()).toBe(200);
  expect(rows().oldest).toBe(201);
});

test('rows at the old end that went without an anchor, or past it, are found', () => {
  const { clock, log, store, sqlite, retention, write } = desk();
  write(10);
  clock.advance(31 * DAY_MS);
  write(1000);
  expect(() => sqlite.exec('DELETE FROM audit WHERE seq <= 5')).toThrow('append-only');
  retention.prune();
  expect(() => sqlite.exec('DELETE FROM audit WHERE seq = 11')).toThrow('append-only');
  sqlite.exec('DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 11');
  expect(log.firstBroken(store.read)).toBe(11);
});

test('a forged anchor does not fit the row it vouches for', () => {
  const { log, store, sqlite, write } = desk();
  write(5);
  sqlite.exec('DROP TRIGGER audit_no_delete; DROP TRIGGER audit_no_update');
  sqlite.exec('DELETE FROM audit WHERE seq <= 2');
  store.mutate((tx) =>
    tx.audit({
      action: 'audit.prune',
      subject: 'audit',
      after: { through: 2, hash: 'ab', rows: 2 },
    }),
  );
  expect(log.firstBroken(store.read)).toBe(3);
});

test('it prunes once a day while the program runs', async () => {
  const { clock, retention, write, rows } = desk();
  write(1500);
  retention.start();
  expect(rows().count).toBe(1500);
  clock.advance(31 * DAY_MS);
  await expect.poll(() => rows().oldest).toBe(501);
  retention.stop();
});
