import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { document, entry, openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';
import { FakeClock } from '#tests/support/fake-clock';
import { MemoryKeychain } from '#tests/support/ports';
import { sweptFolder } from '#tests/support/temp-folder';

const FILE = document([entry('one')], { secrets: { one: 'pw-one' } });

test('an opened file is forgotten after a quarter of an hour, and once it is imported', async () => {
  const clock = new FakeClock();
  const { client } = await openCore({ clock });
  const first = await openFile(client, FILE);
  clock.advance(14 * 60_000);
  expect((await client.bundles.preview({ token: first.token })).entries).toHaveLength(1);
  clock.advance(2 * 60_000);
  const gone = () => safe(client.bundles.preview({ token: first.token }));
  await expect.poll(async () => (await gone()).error).toMatchObject({ code: 'NOT_FOUND' });
  const { token } = await openFile(client, FILE);
  await client.bundles.apply({ token, only: ['0'] });
  const again = await safe(client.bundles.apply({ token, only: ['0'] }));
  expect(again.error).toMatchObject({ code: 'NOT_FOUND' });
});

test('only the latest few files are kept open', async () => {
  const { client } = await openCore();
  const tokens: string[] = [];
  for (let n = 0; n < 5; n += 1) tokens.push((await openFile(client, FILE)).token);
  const [oldest = '', second = ''] = tokens;
  expect((await safe(client.bundles.preview({ token: oldest }))).error).not.toBeNull();
  expect((await client.bundles.preview({ token: second })).entries).toHaveLength(1);
});

test('a lock of the app takes opened files with their secrets along', async () => {
  const { client } = await openCore();
  await client.access.setLock({ passphrase: 'a good long one' });
  const { token } = await openFile(client, FILE);
  await client.access.lock();
  await client.access.unlock({ passphrase: 'a good long one' });
  const { error } = await safe(client.bundles.preview({ token }));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
});

test('a locked keychain keeps secrets out and everything else as it was', async () => {
  const keychain = new MemoryKeychain();
  keychain.locked = true;
  const { client } = await openCore({ protectors: [keychain] });
  const { token } = await openFile(client, FILE);
  const refused = await safe(client.bundles.apply({ token, only: ['0'] }));
  expect(refused.error).toMatchObject({ code: 'VAULT_LOCKED' });
  expect(await client.clusters.list()).toEqual([]);
  const done = await client.bundles.apply({ token, only: ['0'], withSecrets: false });
  expect(done.created).toEqual(['one']);
});

test('viewer mode shows a file and imports nothing', async () => {
  const { client } = await openCore();
  await client.access.setViewer({ viewer: true });
  const { token, entries } = await openFile(client, FILE);
  expect(entries[0]?.verdict).toBe('new');
  const { error } = await safe(client.bundles.apply({ token, only: ['0'] }));
  expect(error).toMatchObject({ code: 'READ_ONLY' });
});

test('a file that was opened with the program is read by its id', async () => {
  const { client, core } = await openCore();
  const path = join(sweptFolder(), 'lab.cdeck');
  writeFileSync(path, FILE);
  const id = core.bundles.offers.add(path);
  const offers = await client.bundles.offers();
  expect(offers[0]).toMatchObject({ id, origin: 'opened', fileName: 'lab.cdeck' });
  const previews: string[] = [];
  for await (const news of await client.bundles.open({ offer: id })) {
    if (news.type === 'done') previews.push(...news.preview.entries.map(({ name }) => name));
  }
  expect(previews).toEqual(['Lab one']);
});
