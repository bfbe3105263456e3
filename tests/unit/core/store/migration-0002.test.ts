import { expect, test } from 'vitest';
import { bundledMigrations } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

test('0002_hub: secrets keep their seal under a new name, others may own one, and a removed cluster takes its own along', () => {
  const dataDir = sweptFolder();
  const open = (count: number) => {
    const migrations = bundledMigrations().slice(0, count);
    return openDatabase({ dataDir, clock: new FakeClock(), logger: silent, migrations });
  };
  const before = open(1);
  before.exec(`INSERT INTO clusters (uuid, cluster_id, kind, name, auth_kind, user, verify, is_active,
      is_default, allow_vm_deployment, allow_template_sync, allow_iso_sync, auto_shutdown_enabled,
      priority, description, protected, created_at, updated_at, revision)
    VALUES ('u', 'one', 'proxmox', 'One', 'password', 'root@pam', 'pin', 1, 1, 1, 1, 1, 0, 50, '', 0, 1, 1, 1);
    INSERT INTO secrets VALUES ('u', 'secret', 7, x'0102');`);
  before.close();
  const sqlite = open(2);
  const rows = () =>
    sqlite.prepare('SELECT owner, field, version, hex(sealed) AS sealed FROM secrets').all();
  expect(rows()).toEqual([{ owner: 'u', field: 'secret', version: 7, sealed: '0102' }]);
  sqlite.exec("INSERT INTO secrets VALUES ('hub', 'secret', 1, x'03')");
  sqlite.exec("DELETE FROM clusters WHERE uuid = 'u'");
  expect(rows()).toEqual([{ owner: 'hub', field: 'secret', version: 1, sealed: '03' }]);
  expect(() => sqlite.exec("INSERT INTO hub VALUES (2, 'c', 't', 1)")).toThrow('hub_single');
  sqlite.close();
});
