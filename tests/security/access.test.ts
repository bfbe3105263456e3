import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import { isRead, WHILE_LOCKED } from '#electron/core/rpc/policy';
import { SecretBox } from '#electron/core/vault/secret-box';
import { fail } from '#shared/contract/errors';
import { contract } from '#shared/contract/index';
import { openCore } from '#tests/support/core';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';
import { openStore } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

// each passphrase costs half a second of a free core
vi.setConfig({ testTimeout: 60_000 });

const PASSPHRASE = 'correct horse battery';
const calls = Object.entries(contract).flatMap(([area, of]) =>
  Object.keys(of).map((name) => `${area}.${name}`),
);
type Opened = Awaited<ReturnType<typeof openCore>>;

/** Makes a call by its name with an input that no call takes; the guard stands before the schema. */
async function codeOf({ client }: Opened, call: string): Promise<string> {
  const [area = '', name = ''] = call.split('.');
  const method: unknown = Reflect.get(Reflect.get(client, area), name);
  if (typeof method !== 'function') throw new Error(`There is no ${call}`);
  const { error } = await safe<unknown, Error>(Promise.resolve(method({ nobody: 'takes this' })));
  return error !== null && 'code' in error ? String(error.code) : 'answered';
}

test('in viewer mode every call that is not known to read is refused, whoever adds it', async () => {
  const opened = await openCore();
  await opened.client.access.setViewer({ viewer: true });
  const changing = calls.filter((call) => !isRead(call, { nobody: 'takes this' }));
  expect(changing).toContain('clusters.create');
  expect(changing).toContain('guests.act');
  expect(isRead('tomorrow.change', {})).toBe(false);
  expect(isRead('constructor', {})).toBe(false);
  for (const call of changing)
    expect([call, await codeOf(opened, call)]).toEqual([call, 'READ_ONLY']);
});

test('a locked app refuses every call but those that tell nothing', async () => {
  const opened = await openCore();
  await opened.client.access.setLock({ passphrase: PASSPHRASE });
  await opened.client.access.lock();
  expect(Object.keys(WHILE_LOCKED).toSorted()).toEqual([
    'access.lock',
    'access.status',
    'access.unlock',
    'access.watch',
    'app.focus',
    'app.info',
  ]);
  for (const call of calls.filter((one) => !(one in WHILE_LOCKED))) {
    expect([call, await codeOf(opened, call)]).toEqual([call, 'APP_LOCKED']);
  }
});

test('the lock overwrites the vault key and every secret in memory, and ends the sessions', async () => {
  const closed = () => fail('VAULT_LOCKED', { remedy: 'Unlock it.' });
  const box = new SecretBox(openStore(sweptFolder()).read, closed);
  const key = randomBytes(32);
  box.use({ kind: 'sealed', key });
  box.hold(randomBytes(32));
  expect(key.every((byte) => byte === 0)).toBe(true);
  // an opening that was under way does not bring it back
  const late = randomBytes(32);
  box.use({ kind: 'sealed', key: late });
  expect([box.isOpen, late.every((byte) => byte === 0)]).toEqual([false, true]);

  const lab = await withLab();
  const { client, core, uuid } = await withDeck(lab);
  const prod = await uuid('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  await client.access.setLock({ passphrase: PASSPHRASE });
  await client.access.lock();
  lab.cluster('prod-main').resetCounters();
  const asked = core.clients.get(prod).call('GET', '/version');
  await expect(asked).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  expect(lab.cluster('prod-main').requests()).toEqual([]);
  await client.access.unlock({ passphrase: PASSPHRASE });
  const [live] = await client.inventory.poll({ cluster: 'prod-main' });
  expect(live?.state).toBe('active');
});

function* filesUnder(dir: string): Generator<string> {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

test('the passphrase of the lock lies in no file, log, answer or line of the audit', async () => {
  const { client, ports } = await openCore();
  const answers: unknown[] = [
    await client.access.setLock({ passphrase: PASSPHRASE, idleMinutes: 5 }),
    await client.access.lock(),
    (await safe(client.access.unlock({ passphrase: `${PASSPHRASE}!` }))).error,
    await client.access.unlock({ passphrase: PASSPHRASE }),
    await client.audit.list({}),
    await client.audit.export({ format: 'jsonl' }),
  ];
  expect(JSON.stringify([answers, 'lines' in ports ? ports.lines : []])).not.toContain(PASSPHRASE);
  for (const path of filesUnder(ports.paths.dataDir)) {
    expect([path, readFileSync(path).includes(PASSPHRASE)]).toEqual([path, false]);
  }
});

test('a secret under any name does not get into the audit', async () => {
  const { core, client } = await openCore();
  core.store.mutate((tx) =>
    tx.audit({
      action: 'test',
      subject: 'x',
      after: {
        password: 'hunter2',
        deep: { api_key: 'hunter2', list: [{ clientSecret: 'hunter2' }] },
      },
    }),
  );
  const { entries } = await client.audit.list({ filter: { actions: ['test'] } });
  expect(entries[0]?.after).toEqual({
    password: '(hidden)',
    deep: { api_key: '(hidden)', list: [{ clientSecret: '(hidden)' }] },
  });
  expect(core.store.sqlite.serialize().includes('hunter2')).toBe(false);
});
