import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import type { Group } from '#shared/contract/clusters';
import { openCore } from '#tests/support/core';
import { MemoryKeychain } from '#tests/support/ports';

const endpoints = [{ host: '10.0.0.5', port: 8006, pin: null }];

test('groups keep their order when one is moved, renamed or removed', async () => {
  const { client, ports, close } = await openCore();
  const made: Group[] = [];
  for (const name of ['A', 'B', 'C']) {
    made.push(await client.groups.create({ name, colour: '#000000' }));
  }
  const uuid = made[2]?.uuid ?? '';
  expect(await client.groups.update({ uuid, position: 0 })).toMatchObject({ position: 0 });
  await client.groups.update({ uuid, name: 'Ç', colour: '#ffffff' });
  const names = async (of: typeof client) => (await of.groups.list()).map(({ name }) => name);
  expect(await names(client)).toEqual(['Ç', 'A', 'B']);
  await client.groups.update({ uuid, position: 99 });
  await client.groups.remove({ uuid: made[0]?.uuid ?? '' });
  await close();
  const again = await openCore({ paths: ports.paths });
  expect(await names(again.client)).toEqual(['B', 'Ç']);
  expect((await again.client.groups.list()).map(({ position }) => position)).toEqual([0, 1]);
});

test('a group’s name is taken once, whatever its case', async () => {
  const { client } = await openCore();
  const exam = await client.groups.create({ name: 'Exam', colour: '#000000' });
  await client.groups.create({ name: 'Other', colour: '#000000' });
  const { error } = await safe(client.groups.create({ name: 'eXam', colour: '#000000' }));
  expect(error).toMatchObject({
    code: 'INVALID_INPUT',
    data: { fields: { name: expect.any(String) } },
  });
  const renamed = await safe(client.groups.update({ uuid: exam.uuid, name: 'OTHER' }));
  expect(renamed.error).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await client.groups.update({ uuid: exam.uuid, name: 'EXAM' })).toMatchObject({
    name: 'EXAM',
  });
});

test('the clusters of a removed group stay, with no group, and everybody hears of it', async () => {
  const { client, core } = await openCore();
  const { uuid: groupUuid } = await client.groups.create({ name: 'Exam', colour: '#000000' });
  const one = await client.clusters.create({ clusterId: 'one', name: 'One', endpoints, groupUuid });
  const heard: (string | null)[] = [];
  core.clusters.events.subscribe(({ upserts }) => heard.push(...upserts.map((c) => c.groupUuid)));
  await client.groups.remove({ uuid: groupUuid });
  expect(heard).toEqual([null]);
  expect(await client.clusters.get({ ref: one.uuid })).toMatchObject({
    groupUuid: null,
    revision: 2,
  });
  expect((await safe(client.groups.remove({ uuid: groupUuid }))).error).toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a changed setting leaves the others as they are, over a restart too', async () => {
  const { client, ports, close } = await openCore();
  await client.settings.update({ theme: 'dark', pollSeenS: 30 });
  await client.settings.update({ density: 'compact' });
  const expected = { theme: 'dark', pollSeenS: 30, density: 'compact', historyDays: 7 };
  expect(await client.settings.get()).toMatchObject(expected);
  expect((await safe(client.settings.update({ pollSeenS: 1 }))).error).not.toBeNull();
  await close();
  const again = await openCore({ paths: ports.paths });
  expect(await again.client.settings.get()).toMatchObject(expected);
});

test('the vault tells what protects it and what else could', async () => {
  const missing = new MemoryKeychain('safeStorage');
  missing.missing = true;
  const { client } = await openCore({ protectors: [missing, new MemoryKeychain()] });
  await client.clusters.create({ clusterId: 'one', name: 'One', endpoints, secret: 'pw' });
  expect(await client.vault.status()).toEqual({
    protection: 'keychain',
    label: 'Test keychain',
    state: 'unlocked',
    message: null,
    sealedSecrets: 1,
    options: [
      {
        protection: 'safeStorage',
        label: 'Test keychain',
        available: false,
        reason: 'There is no keychain.',
      },
      { protection: 'keychain', label: 'Test keychain', available: true, reason: null },
      { protection: 'passphrase', label: 'Passphrase', available: true, reason: null },
      { protection: 'session', label: 'This session only', available: true, reason: null },
    ],
  });
  const short = await safe(client.vault.change({ to: 'passphrase', passphrase: 'short' }));
  expect(short.error).not.toBeNull();
  const changed = await client.vault.change({ to: 'passphrase', passphrase: 'long enough' });
  expect(changed).toMatchObject({ protection: 'passphrase', state: 'unlocked', sealedSecrets: 1 });
});

test('the web interface opens at the first endpoint, IPv6 and guest included', async () => {
  const opened: string[] = [];
  const base = await openCore();
  const { client } = await openCore({
    host: { ...base.ports.host, openExternal: async (url) => void opened.push(url) },
  });
  const { uuid } = await client.clusters.create({
    clusterId: 'one',
    name: 'One',
    endpoints: [{ host: 'fd00::1', port: 8006, pin: null }],
  });
  await client.app.openWebInterface({ uuid });
  await client.app.openWebInterface({ uuid, guestId: 'qemu/100' });
  expect(opened).toEqual(['https://[fd00::1]:8006/', 'https://[fd00::1]:8006/#v1:0:=qemu%2F100']);
  expect(await client.app.info()).toMatchObject({ host: 'test' });
});
