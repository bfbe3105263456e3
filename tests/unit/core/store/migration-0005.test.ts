import { expect, test } from 'vitest';
import { firstBroken, hashOf } from '#electron/core/audit/chain';
import { AuditLog } from '#electron/core/audit/log';
import { bundledMigrations } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

test('0005_audit_access: entries of before are found and still prove each other', () => {
  const dataDir = sweptFolder();
  const clock = new FakeClock();
  const options = { dataDir, clock, logger: silent };
  const before = openDatabase({ ...options, migrations: bundledMigrations().slice(0, 4) });
  let prevHash = '0'.repeat(64);
  for (const [index, subject] of ['one', 'two', 'three'].entries()) {
    const row = {
      seq: index + 1,
      at: 1,
      actor: 'ada@desk',
      action: 'cluster.update',
      subject,
      before: null,
      after: '{"description":"Südflügel"}',
      result: 'ok',
      prevHash,
    };
    const hash = hashOf({ ...row, target: null });
    before
      .prepare(`INSERT INTO audit VALUES (@seq, @at, @actor, @action, @subject, @before, @after,
      @result, @prevHash, @hash)`)
      .run({ ...row, hash });
    prevHash = hash;
  }
  before.close();

  const after = openDatabase(options);
  const store = new Store(after, new AuditLog('ada@desk', clock), silent);
  const found = 'SELECT rowid FROM audit_text WHERE audit_text MATCH ?';
  expect(after.prepare(found).pluck().all('"südfl"')).toEqual([1, 2, 3]);
  store.mutate((tx) => tx.audit({ action: 'test', subject: 'four', target: 'x' }));
  expect(after.prepare(found).pluck().all('"four"')).toEqual([4]);
  expect(firstBroken(store.read, 1)).toBeNull();
  expect(() => after.exec('DELETE FROM audit WHERE seq = 1')).toThrow('append-only');
});
