import { expect, test } from 'vitest';
import { fail } from '#shared/contract/errors';
import type { VaultStatus } from '#shared/contract/vault';
import { FakeClock } from '#tests/support/fake-clock';
import { MemoryKeychain } from '#tests/support/ports';
import { cluster, openDesk } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const passphrase = (text: string | null) => async () => text;

test('a new data folder takes the keychain, and opens with it again', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const first = await openDesk(dataDir, { protectors: [keychain] });
  expect(first.vault.current()).toMatchObject({ protection: 'keychain', state: 'unlocked' });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'correct horse' }));
  first.close();
  const second = await openDesk(dataDir, { protectors: [keychain] });
  expect(await second.vault.open(uuid)).toBe('correct horse');
  expect(second.vault.current().sealedSecrets).toBe(1);
  expect(keychain.keys.size).toBe(1);
});

test('without a keychain a given passphrase is taken; without both, this session', async () => {
  const keychain = new MemoryKeychain();
  keychain.missing = true;
  const options = { protectors: [keychain] };
  const phrase = await openDesk(sweptFolder(), {
    ...options,
    passphrase: passphrase('long enough'),
  });
  expect(phrase.vault.current()).toMatchObject({ protection: 'passphrase', state: 'unlocked' });
  const session = await openDesk(sweptFolder(), { ...options, passphrase: passphrase(null) });
  expect(session.vault.current()).toMatchObject({ protection: 'session', state: 'unlocked' });
  expect(session.vault.current().message).toContain('until Clusterdeck ends');
});

test('a fallback to the session is not for ever: the next start takes the keychain it finds', async () => {
  const dataDir = sweptFolder();
  (await openDesk(dataDir)).close();
  const desk = await openDesk(dataDir, { protectors: [new MemoryKeychain()] });
  expect(desk.vault.current().protection).toBe('keychain');
});

test('a chosen session stays, and its secrets end with it', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const first = await openDesk(dataDir, { protectors: [keychain] });
  await first.vault.change('session');
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'only now' }));
  expect(await first.vault.open(uuid)).toBe('only now');
  expect(keychain.keys.size).toBe(0);
  first.close();
  const second = await openDesk(dataDir, { protectors: [keychain] });
  expect(second.vault.current().protection).toBe('session');
  expect(second.clusters.get(uuid).hasSecret).toBe(false);
  expect(await second.vault.open(uuid)).toBeNull();
});

test('a passphrase vault stays closed until the right passphrase comes', async () => {
  const dataDir = sweptFolder();
  const first = await openDesk(dataDir, { passphrase: passphrase('correct horse') });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 's3cret' }));
  first.close();
  const { vault, clusters } = await openDesk(dataDir, { passphrase: passphrase('wrong phrase') });
  expect(vault.current()).toMatchObject({ protection: 'passphrase', state: 'locked' });
  expect(clusters.get(uuid).hasSecret).toBe(true);
  await expect(vault.open(uuid)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  const change = clusters.update({ uuid, changes: { secret: 'new one' } });
  await expect(change).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await expect(vault.unlock('another one')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  await expect(vault.unlock()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await vault.unlock('correct horse')).toMatchObject({ state: 'unlocked', message: null });
  expect(await vault.open(uuid)).toBe('s3cret');
});

test('the third wrong passphrase makes the next one wait', async () => {
  const dataDir = sweptFolder();
  const clock = new FakeClock();
  (await openDesk(dataDir, { passphrase: passphrase('correct horse') })).close();
  const { vault } = await openDesk(dataDir, { clock });
  for (let n = 0; n < 3; n += 1) {
    await expect(vault.unlock('wrong phrase')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  }
  await expect(vault.unlock('correct horse')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  clock.advance(1000);
  expect(await vault.unlock('correct horse')).toMatchObject({ state: 'unlocked' });
});

test('a locked keychain is noticed when it opens, and every listener hears of it', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const first = await openDesk(dataDir, { protectors: [keychain] });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'correct horse' }));
  first.close();
  keychain.locked = true;
  const clock = new FakeClock();
  const { vault, clusters } = await openDesk(dataDir, { protectors: [keychain], clock });
  const heard: VaultStatus['state'][] = [];
  vault.events.subscribe((status) => heard.push(status.state));
  expect(vault.current()).toMatchObject({ state: 'locked', message: 'Unlock the keychain.' });
  await expect(vault.open(uuid)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  expect(clusters.list()[0]?.hasSecret).toBe(true);
  clock.advance(2_000);
  keychain.locked = false;
  await expect
    .poll(() => {
      clock.advance(1_000);
      return heard;
    })
    .toEqual(['unlocked']);
  expect(await vault.open(uuid)).toBe('correct horse');
});

test('a new folder with a locked keychain does not fall back by itself', async () => {
  const keychain = new MemoryKeychain();
  keychain.locked = true;
  const { vault, clusters } = await openDesk(sweptFolder(), { protectors: [keychain] });
  expect(vault.current()).toMatchObject({ protection: 'keychain', state: 'locked' });
  const add = () => clusters.create(cluster('one', { secret: 'correct horse' }));
  await expect(add()).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  expect(clusters.list()).toEqual([]);
  keychain.locked = false;
  expect((await add()).hasSecret).toBe(true);
  expect(vault.current()).toMatchObject({ protection: 'keychain', state: 'unlocked' });
});

test('a protection this program does not have is named, and the rest of the deck works', async () => {
  const dataDir = sweptFolder();
  const first = await openDesk(dataDir, { protectors: [new MemoryKeychain('safeStorage')] });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'correct horse' }));
  first.close();
  const { vault, clusters } = await openDesk(dataDir, { protectors: [new MemoryKeychain()] });
  expect(vault.current()).toMatchObject({ protection: 'safeStorage', state: 'unavailable' });
  await expect(vault.open(uuid)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  await expect(vault.change('keychain')).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  expect((await clusters.update({ uuid, changes: { priority: 80 } })).priority).toBe(80);
});

test('a passphrase file that cannot be read hinders only the vault that needs it', async () => {
  const dataDir = sweptFolder();
  const broken = async () => {
    throw fail('VAULT_UNAVAILABLE', { remedy: 'Make the file readable.' });
  };
  const keychain = new MemoryKeychain();
  (await openDesk(dataDir, { protectors: [keychain] })).close();
  const sealed = await openDesk(dataDir, { protectors: [keychain], passphrase: broken });
  expect(sealed.vault.current().state).toBe('unlocked');
  const fresh = await openDesk(sweptFolder(), { passphrase: broken });
  expect(fresh.vault.current()).toMatchObject({
    state: 'unavailable',
    message: 'Make the file readable.',
  });
});
