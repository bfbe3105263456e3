import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import { ageKeys, document, entry, exportBundle, openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';

// deriving a key from a passphrase is slow by intention, and more so on a busy machine
vi.setConfig({ testTimeout: 60_000 });

const endpoints = [{ host: '10.0.0.5', port: 8006, pin: null }];

function* filesUnder(dir: string): Generator<string> {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

test('neither passphrase nor secret of an export or import lies in a file, a log or the audit', async () => {
  const { client, ports } = await openCore();
  const secrets = ['expørt-s3cret', 'imp0rt-s3cret', 'rem0ved-s3cret'];
  const passphrase = 'the passphrase of the bundle';
  const created = { clusterId: 'one', name: 'One', endpoints };
  await client.clusters.create({ ...created, secret: secrets[0] ?? '' });
  const { bytes } = await exportBundle(client, { withSecrets: true, passphrase });
  await safe(openFile(client, bytes, { passphrase: `${passphrase}!` }));
  await openFile(client, bytes, { passphrase });
  const theirs = document([entry('one', { endpoints }), entry('two')], {
    secrets: { one: secrets[1] ?? '', two: secrets[2] ?? '' },
  });
  const { token } = await openFile(client, theirs);
  const { importId } = await client.bundles.apply({ token, only: ['0', '1'], onConflict: 'take' });
  await safe(openFile(client, theirs.slice(0, -3)));
  await client.bundles.undo({ importId: importId ?? 0 });
  const audit = await client.audit.list({ limit: 500 });
  const stored = [...filesUnder(ports.paths.dataDir)].map((path) => readFileSync(path));
  const said = JSON.stringify([ports.lines, audit]);
  expect(said).toContain('bundle.undo');
  for (const secret of [...secrets, passphrase]) {
    for (const form of [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
      expect([form, said.includes(form), bytes.includes(form)]).toEqual([form, false, false]);
      for (const content of stored) expect([form, content.includes(form)]).toEqual([form, false]);
    }
  }
});

test('a bundle cannot say what is not its to say', async () => {
  const { client } = await openCore();
  const mine = await client.clusters.create({ clusterId: 'mine', name: 'Mine', endpoints });
  const text = document([
    entry('one', {
      uuid: mine.uuid,
      number: mine.number,
      readOnly: true,
      read_only: true,
      remoteUuid: mine.uuid,
      group_uuid: mine.uuid,
      hasSecret: true,
      revision: 99,
      api_token: 'stray-0815',
    }),
  ]).replace('"cluster_id":"one"', '"cluster_id":"one","__proto__":{"protected":true}');
  const { token, entries } = await openFile(client, text);
  expect(entries[0]).toMatchObject({ verdict: 'new' });
  await client.bundles.apply({ token, only: ['0'] });
  const made = await client.clusters.get({ ref: 'one' });
  expect(made).toMatchObject({
    readOnly: false,
    remoteUuid: null,
    groupUuid: null,
    hasSecret: false,
    revision: 1,
    protected: false,
  });
  expect(made.uuid).not.toBe(mine.uuid);
  const { identity, recipient } = await ageKeys();
  const { bytes } = await exportBundle(client, { recipients: [recipient] });
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  expect(await decrypter.decrypt(bytes, 'text')).not.toContain('stray');
  expect({}).not.toHaveProperty('protected');
});
