import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeEach, expect, test, vi } from 'vitest';
import { composeCore } from '#electron/core/compose';
import { takeStoreLock } from '#electron/core/local/lock';
import { preparePaths } from '#electron/core/local/paths';
import { serveLocal } from '#electron/core/local/server';
import { commandLine } from '#tests/support/cli';
import { testPorts } from '#tests/support/ports';
import { sweptFolder } from '#tests/support/temp-folder';

// each passphrase costs half a second of a free core
vi.setConfig({ testTimeout: 60_000 });

const PASSPHRASE = 'correct horse battery';
let dataDir: string;
let run: ReturnType<typeof commandLine>;
beforeEach(() => {
  dataDir = preparePaths(join(sweptFolder(), 'data')).dataDir;
  run = commandLine({ dataDir });
});

const words = (line: string) => line.split(' ');
const add = (id: string) =>
  run(
    words(`clusters add --id ${id} --name ${id} --host pve.lab --user root@pam --password-stdin`),
    { stdin: 'correct horse\n' },
  );
async function json(line: string, env = {}) {
  const { code, stdout } = await run([...words(line), '--json'], { env });
  return { code, body: JSON.parse(stdout) };
}

function passphraseFile(passphrase = PASSPHRASE) {
  const path = join(sweptFolder(), 'passphrase');
  writeFileSync(path, `${passphrase}\n`);
  chmodSync(path, 0o600);
  return { CLUSTERDECK_PASSPHRASE_FILE: path };
}

/** A running host on the data folder, with a lock set. */
async function lockedHost() {
  const lock = takeStoreLock(dataDir);
  if (lock === null) throw new Error('The folder is in use');
  const ports = testPorts({ paths: preparePaths(dataDir) });
  const core = await composeCore(ports);
  const context = { logger: ports.logger };
  const local = await serveLocal({
    lock,
    router: core.router,
    context,
    host: 'browser',
    demo: false,
  });
  await core.access.setLock({ passphrase: PASSPHRASE, idleMinutes: 0 });
  await core.access.lock();
  return async () => {
    await local.close();
    await core.close();
    lock.release();
  };
}

test('the audit is listed, filtered and paged', async () => {
  await add('one');
  await add('two');
  await run(words('clusters edit one --priority 90'));
  const all = await json('audit list --action cluster.create,cluster.update');
  expect(all.body.total).toBe(3);
  expect(all.body.entries[0]).toMatchObject({
    action: 'cluster.update',
    subject: 'one',
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    before: { priority: 50 },
    after: { priority: 90 },
    undoable: true,
  });
  const { seq } = all.body.entries[0];
  const older = await json(`audit list --subject one --before ${seq}`);
  expect(older.body.entries.map(({ action }: { action: string }) => action)).toEqual([
    'cluster.create',
  ]);
  expect((await json('audit list --to 2000-01-01')).body).toEqual({ total: 0, entries: [] });
  const table = await run(words('audit list --text priority --limit 1'));
  expect(table.stdout).toContain('cluster.update');
  expect(table.stdout).toMatch(/1 of \d+ entries/);
  expect((await run(words('audit list --from yesterday'))).code).toBe(2);
});

test('verify ends with 1 and names the entry when the audit was changed', async () => {
  await add('one');
  expect(await json('audit verify')).toMatchObject({
    code: 0,
    body: { ok: true, broken_at: null },
  });
  const sqlite = new Sqlite(join(dataDir, 'clusterdeck.db'));
  sqlite.exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE seq = 1");
  sqlite.close();
  expect(await json('audit verify')).toMatchObject({
    code: 1,
    body: { ok: false, code: 'AUDIT_BROKEN', broken_at: 1, remedy: expect.any(String) },
  });
});

test('it is exported to standard output and into a private file', async () => {
  await add('one');
  const { stdout } = await run(words('audit export --action cluster.create'));
  expect(JSON.parse(stdout)).toMatchObject({ action: 'cluster.create', subject: 'one' });
  const file = join(sweptFolder(), 'audit.csv');
  expect((await json(`audit export --format csv --out ${file}`)).body).toMatchObject({
    ok: true,
    file,
  });
  expect(readFileSync(file, 'utf8')).toMatch(/^seq,at,actor.*\r\n/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('an edit is taken back by its number', async () => {
  await add('one');
  await run(words('clusters edit one --priority 90'));
  const { body } = await json('audit list --action cluster.update');
  const undone = await json(`audit undo ${body.entries[0].seq}`);
  expect(undone.body).toMatchObject({ ok: true, undone: body.entries[0].seq });
  expect((await json('clusters show one')).body.priority).toBe(50);
});

test('a read-only cluster and viewer mode refuse changes from the command line too', async () => {
  await add('one');
  await run(words('clusters edit one --read-only'));
  expect(await json('clusters edit one --priority 1')).toMatchObject({
    code: 1,
    body: { code: 'READ_ONLY' },
  });
  expect((await json('clusters edit one --no-read-only --priority 1')).body).toMatchObject({
    read_only: false,
    priority: 1,
  });
  expect((await json('access viewer on')).body).toMatchObject({ viewer: true });
  expect((await json('clusters edit one --priority 2')).body).toMatchObject({ code: 'READ_ONLY' });
  expect((await json('clusters list')).body).toHaveLength(1);
  expect((await json('access viewer off')).body).toMatchObject({ viewer: false });
});

test('a locked Clusterdeck refuses commands until it is unlocked in so many words', async () => {
  await add('one');
  const close = await lockedHost();
  const env = passphraseFile();
  const locked = {
    code: 1,
    body: { code: 'APP_LOCKED', remedy: expect.stringContaining('access unlock') },
  };
  expect(await json('clusters list')).toMatchObject(locked);
  // a script's passphrase file does not open the window behind somebody's back
  expect(await json('clusters list', env)).toMatchObject(locked);
  expect((await json('access status')).body).toMatchObject({ locked: true, has_lock: true });
  expect((await json('access unlock', passphraseFile('a wrong one'))).body).toMatchObject({
    code: 'PASSPHRASE_WRONG',
  });
  expect((await json('access unlock', env)).body).toMatchObject({ locked: false });
  expect((await json('clusters list')).body).toHaveLength(1);
  expect((await json('access lock')).body).toMatchObject({ locked: true });
  await close();
  // with no host each command opens the folder for itself
  expect(await json('clusters list')).toMatchObject(locked);
  expect((await json('clusters list', env)).body).toHaveLength(1);
});
