import { safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import type { LiveEvent } from '#shared/contract/live';
import { openCore } from '#tests/support/core';
import { MemoryKeychain } from '#tests/support/ports';

// each passphrase costs half a second of a free core
vi.setConfig({ testTimeout: 60_000 });

const PASSPHRASE = 'correct horse battery';
const lab = (clusterId: string, more: object = {}) => ({
  clusterId,
  name: `Lab ${clusterId}`,
  endpoints: [{ host: '127.0.0.1', port: 1, pin: null }],
  secret: 'pw of one',
  ...more,
});
type Opened = Awaited<ReturnType<typeof openCore>>;
/** What a call is refused with. */
const refusal = (call: () => Promise<unknown>) => safe<unknown, Error>(call());
const lockedError = { code: 'APP_LOCKED', data: { remedy: expect.any(String) } };

/** A desk with one cluster and a lock. */
async function lockable(overrides: Parameters<typeof openCore>[0] = {}) {
  const opened = await openCore(overrides);
  const one = await opened.client.clusters.create(lab('one'));
  await opened.client.access.setLock({ passphrase: PASSPHRASE });
  return { ...opened, one };
}

test('a new desk is neither locked nor in viewer mode', async () => {
  const { client } = await openCore();
  const nothing = { viewer: false, locked: false, hasLock: false, idleMinutes: 0 };
  expect(await client.access.status()).toEqual(nothing);
  expect((await safe(client.access.lock())).error).toMatchObject({ code: 'UNSUPPORTED' });
});

test('viewer mode lets everything be read and nothing be changed, over a restart too', async () => {
  const { client, ports, close } = await openCore();
  const one = await client.clusters.create(lab('one'));
  await client.clusters.create(lab('two'));
  await client.access.setViewer({ viewer: true });
  const readOnly = { code: 'READ_ONLY', data: { remedy: expect.any(String) } };
  const { uuid } = one;
  const refused = (of: Opened['client']) => [
    () => of.clusters.create(lab('three')),
    () => of.clusters.update({ uuid, changes: { priority: 1 } }),
    () => of.clusters.update({ uuid, changes: { readOnly: false } }),
    () => of.clusters.remove({ uuid }),
    () => of.groups.create({ name: 'Exam', colour: '#000000' }),
    () => of.settings.update({ theme: 'dark', notifications: false }),
    () => of.guests.act({ action: 'stop', items: [{ uuid, guestId: 'qemu/100' }] }),
    () => of.vault.change({ to: 'session' }),
    () => of.audit.undo({ seq: 1 }),
  ];
  for (const call of refused(client)) expect((await refusal(call)).error).toMatchObject(readOnly);
  expect(await client.clusters.get({ ref: 'one' })).toEqual(one);
  expect((await client.audit.list({})).entries.length).toBeGreaterThan(0);
  expect((await client.settings.update({ theme: 'dark' })).theme).toBe('dark');
  await close();

  const again = await openCore({ paths: ports.paths, protectors: ports.protectors });
  expect(
    (await safe(again.client.clusters.update({ uuid, changes: { priority: 1 } }))).error,
  ).toMatchObject(readOnly);
  await again.client.access.setViewer({ viewer: false });
  await again.client.clusters.update({ uuid, changes: { priority: 1 } });
});

test('where a lock is set, viewer mode is left with its passphrase only', async () => {
  const { client } = await lockable();
  await client.access.setViewer({ viewer: true });
  const missing = await safe(client.access.setViewer({ viewer: false }));
  expect(missing.error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'passphrase' } });
  const wrong = await safe(client.access.setViewer({ viewer: false, passphrase: 'guess' }));
  expect(wrong.error).toMatchObject({ code: 'PASSPHRASE_WRONG' });
  expect(await client.access.status()).toMatchObject({ viewer: true });
  const left = await client.access.setViewer({ viewer: false, passphrase: PASSPHRASE });
  expect(left).toMatchObject({ viewer: false });
});

test('a read-only cluster takes no change, whatever the call; the others do', async () => {
  const { client, core } = await openCore();
  const { uuid } = await client.clusters.create(lab('one', { readOnly: true }));
  const two = await client.clusters.create(lab('two'));
  const readOnly = { code: 'READ_ONLY', data: { cluster: 'one' } };
  for (const call of [
    () => client.clusters.update({ uuid, changes: { priority: 1 } }),
    () => client.clusters.remove({ uuid }),
    () => client.clusters.remove({ uuid: uuid.toUpperCase() }),
    () => client.connection.mintToken({ uuid, features: ['watch'] }),
    () => client.connection.pause({ uuid, paused: true }),
    () =>
      client.guests.act({
        action: 'start',
        items: [
          { uuid: two.uuid, guestId: 'qemu/100' },
          { uuid, guestId: 'qemu/100' },
        ],
      }),
    () =>
      client.tasks.stop({
        uuid,
        upid: 'UPID:pve1:00000001:00000001:65000000:qmstart:100:root@pam:',
      }),
  ]) {
    expect((await refusal(call)).error).toMatchObject(readOnly);
  }
  // neither from inside, as a sync or the hub would
  await expect(core.clusters.update({ uuid, changes: { name: 'X' } })).rejects.toMatchObject(
    readOnly,
  );
  await client.clusters.update({ uuid: two.uuid, changes: { priority: 1 } });
  await client.clusters.update({ uuid, changes: { readOnly: false, priority: 1 } });
  expect(await client.clusters.get({ ref: uuid })).toMatchObject({ readOnly: false, priority: 1 });
  const copy = await client.clusters.duplicate({ uuid, clusterId: 'copy', name: 'Copy' });
  expect(copy.readOnly).toBe(false);
});

test('a locked app answers nothing that tells of a cluster, until the passphrase comes', async () => {
  const { client, core, one } = await lockable();
  expect(await core.vault.open(one.uuid)).toBe('pw of one');
  expect(await client.access.lock()).toMatchObject({ locked: true, hasLock: true });
  for (const call of [
    () => client.clusters.list(),
    () => client.audit.list({}),
    () => client.settings.get(),
    () => client.vault.status(),
    () => client.vault.unlock({}),
    () => client.access.setViewer({ viewer: false, passphrase: PASSPHRASE }),
    () => client.access.setLock({ passphrase: null, current: PASSPHRASE }),
    () => client.live.watch().then((events) => events.next()),
  ]) {
    expect((await refusal(call)).error).toMatchObject(lockedError);
  }
  expect((await client.app.info()).version).toBe('0.0.0');
  await expect(core.vault.open(one.uuid)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await expect(core.vault.ready()).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  const wrong = await safe(client.access.unlock({ passphrase: 'correct horse' }));
  expect(wrong.error).toMatchObject({ code: 'PASSPHRASE_WRONG' });
  expect(await client.access.unlock({ passphrase: PASSPHRASE })).toMatchObject({ locked: false });
  expect(await core.vault.open(one.uuid)).toBe('pw of one');
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ hasSecret: true });
});

test('secrets that only memory has outlive the lock, and are sealed meanwhile', async () => {
  const { client, core, one } = await lockable({ protectors: [] });
  expect((await client.vault.status()).protection).toBe('session');
  await client.access.lock();
  expect(core.clusters.get(one.uuid).hasSecret).toBe(true);
  await client.access.unlock({ passphrase: PASSPHRASE });
  expect(await core.vault.open(one.uuid)).toBe('pw of one');
});

test('a vault with a passphrase of its own opens again with the app, and is not asked for twice', async () => {
  const { client, core, one } = await lockable();
  await client.vault.change({ to: 'passphrase', passphrase: 'another passphrase' });
  await client.access.lock();
  await client.access.unlock({ passphrase: PASSPHRASE });
  expect(await client.vault.status()).toMatchObject({
    protection: 'passphrase',
    state: 'unlocked',
  });
  expect(await core.vault.open(one.uuid)).toBe('pw of one');
});

test('a stream ends with the lock; the one that tells of the lock goes on', async () => {
  const { client } = await lockable();
  const live = await client.live.watch();
  expect(((await live.next()).value as LiveEvent).type).toBe('snapshot');
  const access = await client.access.watch();
  expect((await access.next()).value).toMatchObject({ locked: false });
  const rest = safe(
    (async () => {
      for await (const _event of live);
    })(),
  );
  await client.access.lock();
  expect((await rest).error).toMatchObject(lockedError);
  expect((await access.next()).value).toMatchObject({ locked: true });
  await client.access.unlock({ passphrase: PASSPHRASE });
  expect((await access.next()).value).toMatchObject({ locked: false });
  await access.return();
});

test('a start with a lock begins locked; the host’s passphrase file opens it', async () => {
  const first = await lockable({ protectors: [new MemoryKeychain()] });
  await first.close();
  const where = { paths: first.ports.paths, protectors: first.ports.protectors };
  const second = await openCore(where);
  expect((await safe(second.client.clusters.list())).error).toMatchObject(lockedError);
  await second.client.access.unlock({ passphrase: PASSPHRASE });
  expect(await second.core.vault.open(first.one.uuid)).toBe('pw of one');
  await second.close();
  const other = await openCore({ ...where, passphrase: async () => 'of the vault' });
  expect((await safe(other.client.clusters.list())).error).toMatchObject(lockedError);
  await other.close();
  const third = await openCore({ ...where, passphrase: async () => PASSPHRASE });
  expect(await third.client.clusters.list()).toHaveLength(1);
  expect(await third.core.vault.open(first.one.uuid)).toBe('pw of one');
});

test('the lock is changed and taken away with its passphrase only', async () => {
  const { client } = await lockable();
  const change = (current?: string) =>
    safe(client.access.setLock({ passphrase: 'a new passphrase', ...(current && { current }) }));
  expect((await change()).error).toMatchObject({ code: 'INVALID_INPUT' });
  expect((await change('guess')).error).toMatchObject({ code: 'PASSPHRASE_WRONG' });
  expect((await change(PASSPHRASE)).error).toBeNull();
  await client.access.lock();
  const old = await safe(client.access.unlock({ passphrase: PASSPHRASE }));
  expect(old.error).toMatchObject({ code: 'PASSPHRASE_WRONG' });
  await client.access.unlock({ passphrase: 'a new passphrase' });
  await client.access.setLock({ passphrase: null, current: 'a new passphrase' });
  expect(await client.access.status()).toMatchObject({ hasLock: false, locked: false });
});

test('whatever is done to the access stands in the audit', async () => {
  const { client } = await lockable();
  await client.access.lock();
  await safe(client.access.unlock({ passphrase: 'guess' }));
  await client.access.unlock({ passphrase: PASSPHRASE });
  await client.access.setViewer({ viewer: true });
  const { entries } = await client.audit.list({ filter: { subject: 'access' } });
  expect(entries.map(({ action, result, after }) => [action, result, after])).toEqual([
    ['access.viewer', 'ok', { viewer: true }],
    ['access.unlock', 'ok', null],
    ['access.unlock', 'refused', null],
    ['access.lock', 'ok', { by: 'person' }],
    ['access.setLock', 'ok', { lock: true, idleMinutes: 0 }],
  ]);
});
