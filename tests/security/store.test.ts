import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';
import { MemoryKeychain } from '#tests/support/ports';

const SECRETS = ['s3cret-of-one', 's3cret-of-two', 't0ken-s3cret', 'imp0rted-pw', 'sess10n-pw'];
const PASSPHRASE = 'the passphrase of the vault';
const endpoints = [{ host: '10.0.0.5', port: 8006, pin: null }];

function* filesUnder(dir: string): Generator<string> {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

/** Every form a secret could lie in by mistake. */
const forms = (secret: string) => {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
};

test('no secret, passphrase or key lies in clear in any file, log or answer', async () => {
  const keychain = new MemoryKeychain();
  const { client, ports, core } = await openCore({ protectors: [keychain] });
  const answers: unknown[] = [];
  const keep = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    answers.push(value);
    return value;
  };
  const add = (clusterId: string, secret: string) =>
    keep(client.clusters.create({ clusterId, name: clusterId, endpoints, secret }));
  const one = await add('one', SECRETS[0] ?? '');
  const two = await add('two', SECRETS[1] ?? '');
  await keep(client.clusters.duplicate({ uuid: one.uuid, clusterId: 'copy', name: 'Copy' }));
  await keep(
    client.clusters.update({
      uuid: two.uuid,
      changes: { authKind: 'token', tokenId: 'deck@pve!desk', secret: SECRETS[2] ?? '' },
    }),
  );
  const text = JSON.stringify([{ id: 'imp', host: 'h', user: 'a@pve', password: SECRETS[3] }]);
  const { token } = await keep(openFile(client, text));
  await keep(client.bundles.apply({ token, only: ['0'] }));
  const keys = [...keychain.keys.values()].map((key) => Buffer.from(key));
  await keep(client.vault.change({ to: 'passphrase', passphrase: PASSPHRASE }));
  await keep(client.vault.change({ to: 'session' }));
  await add('five', SECRETS[4] ?? '');
  const failures = await Promise.all([
    safe(
      client.clusters.create({ clusterId: 'one', name: 'x', endpoints, secret: SECRETS[0] ?? '' }),
    ),
    safe(
      client.clusters.create({
        clusterId: 'Wrong Id',
        name: 'x',
        endpoints,
        secret: SECRETS[0] ?? '',
      }),
    ),
    safe(openFile(client, `${text}}`)),
    safe(client.clusters.update({ uuid: one.uuid, changes: { secret: `${SECRETS[0]}\n` } })),
  ]);
  for (const { error } of failures) expect(error).not.toBeNull();

  const said = JSON.stringify([answers, failures, ports.lines], (_key, value) =>
    value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value,
  );
  const stored = [...filesUnder(ports.paths.dataDir)].map((path) => readFileSync(path));
  // what is no secret is found, so the search would find a secret as well
  expect(stored.some((content) => content.includes('deck@pve!desk'))).toBe(true);
  for (const secret of [...SECRETS, PASSPHRASE]) {
    for (const form of forms(secret)) {
      expect([form, said.includes(form)]).toEqual([form, false]);
      for (const content of stored) expect([form, content.includes(form)]).toEqual([form, false]);
    }
  }
  for (const key of keys) {
    for (const content of stored) expect(content.includes(key)).toBe(false);
    expect(stored.some((content) => content.includes(key.toString('base64')))).toBe(false);
  }
  expect(await core.vault.open(one.uuid)).toBe(SECRETS[0]);
});

test('a sealed secret moved to another cluster, or put back after a change, does not open', async () => {
  const { client, core, ports, close } = await openCore();
  const add = (clusterId: string) =>
    client.clusters.create({
      clusterId,
      name: clusterId,
      endpoints,
      secret: `secret of ${clusterId}`,
    });
  const [one, two] = [await add('one'), await add('two')];
  const { sqlite } = core.store;
  const row = sqlite.prepare('SELECT version, sealed FROM secrets WHERE owner = ?');
  const write = sqlite.prepare('UPDATE secrets SET version = ?, sealed = ? WHERE owner = ?');
  type Row = { version: number; sealed: Buffer };
  const of = (uuid: string) => row.get(uuid) as Row;

  const old = of(one.uuid);
  write.run(of(two.uuid).version, of(two.uuid).sealed, one.uuid);
  await expect(core.vault.open(one.uuid)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
  write.run(old.version, old.sealed, one.uuid);
  expect(await core.vault.open(one.uuid)).toBe('secret of one');

  await client.clusters.update({ uuid: one.uuid, changes: { secret: 'a new one' } });
  write.run(of(one.uuid).version, old.sealed, one.uuid);
  await expect(core.vault.open(one.uuid)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
  await client.clusters.update({ uuid: one.uuid, changes: { secret: 'entered again' } });
  expect(await core.vault.open(one.uuid)).toBe('entered again');
  await close();
  const again = await openCore({ paths: ports.paths, protectors: ports.protectors });
  expect(await again.core.vault.open(one.uuid)).toBe('entered again');
});

test('every change is in the audit with who did it, and none with a secret', async () => {
  const { client, core } = await openCore();
  const one = await client.clusters.create({
    clusterId: 'one',
    name: 'One',
    endpoints,
    secret: 'pw',
  });
  await client.clusters.create({ clusterId: 'two', name: 'Two', endpoints, isDefault: true });
  await client.clusters.update({
    uuid: one.uuid,
    changes: { priority: 75, secret: 'other-pw', isDefault: true },
  });
  await client.clusters.remove({ uuid: one.uuid });
  await client.settings.update({ theme: 'dark' });
  await client.vault.change({ to: 'session' });
  const rows = core.store.sqlite
    .prepare('SELECT actor, action, subject, before, after, result FROM audit ORDER BY seq')
    .all() as { actor: string; action: string; subject: string; before: string; after: string }[];
  expect(rows.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    'vault.create vault',
    'cluster.create one',
    'cluster.create two',
    'cluster.update two',
    'cluster.update one',
    'cluster.remove one',
    'settings.update settings',
    'vault.change vault',
  ]);
  expect(rows[4]).toMatchObject({
    actor: expect.stringMatching(/^.+@.+$/),
    before: '{"isDefault":false,"priority":50}',
    after: '{"isDefault":true,"priority":75,"secret":"changed"}',
    result: 'ok',
  });
  expect(JSON.stringify(rows)).not.toMatch(/"pw|other-pw/);
});

test('an audit that was changed behind the program is reported at the next start', async () => {
  const { client, core, ports, close } = await openCore();
  await client.clusters.create({ clusterId: 'one', name: 'One', endpoints });
  await client.settings.update({ theme: 'dark' });
  core.store.sqlite.exec(
    "DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'x' WHERE seq = 2",
  );
  await close();
  const again = await openCore({ paths: ports.paths, protectors: ports.protectors });
  const errors = again.ports.lines.filter(({ level }) => level === 'error');
  expect(errors).toMatchObject([{ fields: { seq: 2 }, message: expect.stringContaining('audit') }]);
});
