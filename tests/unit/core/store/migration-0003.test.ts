import { expect, test } from 'vitest';
import { bundledMigrations } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const cluster = (uuid: string) => `INSERT INTO clusters (uuid, cluster_id, kind, name, auth_kind,
    user, verify, is_active, is_default, allow_vm_deployment, allow_template_sync, allow_iso_sync,
    auto_shutdown_enabled, priority, description, protected, created_at, updated_at, revision)
  VALUES ('${uuid}', '${uuid}', 'proxmox', 'N', 'password', 'root@pam', 'pin', 1, 0, 1, 1, 1, 0, 50,
    '', 0, 1, 1, 1);`;
const remote = (uuid: string) =>
  `INSERT INTO remotes VALUES ('${uuid}', '${uuid}', 'https://r', 'none', NULL, 'pin', NULL, 0, NULL, 1, NULL, NULL, 1);`;
const base = (remoteUuid: string, clusterUuid: string) =>
  `INSERT INTO bases VALUES ('${remoteUuid}', '${clusterUuid}', '${clusterUuid}', 1, NULL, '{}', 1);`;

test('0003_sync: clusters stay and follow none, a base outlives its cluster only for the remote it follows', () => {
  const dataDir = sweptFolder();
  const open = (count: number) => {
    const migrations = bundledMigrations().slice(0, count);
    return openDatabase({ dataDir, clock: new FakeClock(), logger: silent, migrations });
  };
  const before = open(2);
  before.exec(`${cluster('one')} ${cluster('two')}`);
  before.close();
  const sqlite = open(3);
  const follows = () =>
    sqlite.prepare('SELECT uuid, remote_uuid AS r FROM clusters ORDER BY uuid').all();
  const bases = () => sqlite.prepare('SELECT remote_uuid FROM bases').pluck().all();
  expect(follows()).toEqual([
    { uuid: 'one', r: null },
    { uuid: 'two', r: null },
  ]);
  sqlite.exec(`${remote('a')} ${remote('b')} UPDATE clusters SET remote_uuid = 'a';
    ${base('a', 'one')} ${base('b', 'one')}`);
  sqlite.exec("DELETE FROM clusters WHERE uuid = 'one'");
  expect(bases()).toEqual(['a']);
  sqlite.exec("INSERT INTO outbox VALUES (NULL, 'a', 'one', 1, 0, NULL, NULL)");
  expect(() =>
    sqlite.exec("INSERT INTO outbox VALUES (NULL, 'a', 'one', 2, 0, NULL, NULL)"),
  ).toThrow('UNIQUE');
  expect(() => sqlite.exec("UPDATE outbox SET intent = 'no JSON'")).toThrow('outbox_intent');
  expect(() => sqlite.exec("UPDATE remotes SET name = 'A' WHERE uuid = 'b'")).toThrow('UNIQUE');
  sqlite.exec("DELETE FROM remotes WHERE uuid = 'a'");
  expect(bases()).toEqual([]);
  expect(sqlite.prepare('SELECT count(*) FROM outbox').pluck().get()).toBe(0);
  expect(follows()).toEqual([{ uuid: 'two', r: null }]);
  sqlite.close();
});
