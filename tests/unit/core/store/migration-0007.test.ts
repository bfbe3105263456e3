import { expect, test } from 'vitest';
import { bundledMigrations } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

test('0007_cluster_operations: what agents do is kept as JSON, once for each cluster, and goes with it', () => {
  const dataDir = sweptFolder();
  const open = (count: number) => {
    const migrations = bundledMigrations().slice(0, count);
    return openDatabase({ dataDir, clock: new FakeClock(), logger: silent, migrations });
  };
  const before = open(6);
  for (const uuid of ['u', 'v']) {
    before.exec(`INSERT INTO clusters (uuid, cluster_id, kind, name, auth_kind, user, verify,
        is_active, is_default, allow_vm_deployment, allow_template_sync, allow_iso_sync,
        auto_shutdown_enabled, priority, description, protected, created_at, updated_at, revision)
      VALUES ('${uuid}', '${uuid}', 'clusteros', 'N', 'token', '', 'pin', 1, 0, 1, 1, 1, 0, 50, '',
        0, 1, 1, 1)`);
  }
  before.close();
  const sqlite = open(7);
  const insert = (uuid: string, summary: string) =>
    sqlite
      .prepare('INSERT INTO cluster_operations VALUES (?, ?, 1, ?, NULL)')
      .run(uuid, 'one', summary);
  insert('u', '{}');
  insert('v', '{}');
  expect(() => insert('u', '{}')).toThrow('UNIQUE');
  expect(() => insert('w', '{}')).toThrow('FOREIGN KEY');
  sqlite.exec("DELETE FROM clusters WHERE uuid = 'u'");
  expect(sqlite.prepare('SELECT cluster_uuid FROM cluster_operations').pluck().all()).toEqual([
    'v',
  ]);
  expect(() => sqlite.exec("UPDATE cluster_operations SET summary = '{'")).toThrow(
    'cluster_operations_summary',
  );
  sqlite.close();
});
