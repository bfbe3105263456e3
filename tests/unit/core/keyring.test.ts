import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyringProtector } from '#electron/core/vault/keyring';
import { newKey } from '#electron/core/vault/seal';
import { FakeClock } from '#tests/support/fake-clock';
import { type Keyring, startKeyring } from '#tests/support/keyring';
import { cluster, openDesk } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

let keyring: Keyring;
const protector = createKeyringProtector({ platform: 'linux', promptMs: 5000 });

beforeAll(async () => {
  keyring = await startKeyring();
  Object.assign(process.env, keyring.env);
});
afterAll(() => keyring.stop());

test('the Secret Service keeps a key, gives it back and forgets it', async () => {
  const key = newKey();
  expect(await protector.unavailable()).toBeNull();
  const kept = await protector.keep('a', key);
  expect(kept).not.toContain(key.toString('base64'));
  expect(Buffer.from(await protector.recall('a', kept))).toEqual(key);
  expect(await protector.opensQuietly?.('a')).toBe(true);
  await protector.forget('a');
  await expect(protector.recall('a', kept)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
});

test('a locked keychain says so, is seen without a prompt, and answers when unlocked', async () => {
  const key = newKey();
  await protector.keep('b', key);
  await keyring.lock();
  await expect(protector.recall('b', '')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await expect(protector.keep('c', key)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  expect(await protector.opensQuietly?.('b')).toBe(false);
  await keyring.unlock();
  expect(await protector.opensQuietly?.('b')).toBe(true);
  expect(Buffer.from(await protector.recall('b', ''))).toEqual(key);
});

test('a store sealed by the Secret Service opens by itself once the keychain is unlocked', async () => {
  const dataDir = sweptFolder();
  const first = await openDesk(dataDir, { protectors: [protector] });
  expect(first.vault.current()).toMatchObject({ protection: 'keychain', label: 'Secret Service' });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'correct horse' }));
  first.close();
  await keyring.lock();
  const clock = new FakeClock();
  const { vault, close } = await openDesk(dataDir, { protectors: [protector], clock });
  expect(vault.current()).toMatchObject({
    state: 'locked',
    message: expect.stringContaining('Unlock the keychain'),
  });
  await expect(vault.open(uuid)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await keyring.unlock();
  await expect
    .poll(() => {
      clock.advance(15_000);
      return vault.current().state;
    })
    .toBe('unlocked');
  expect(await vault.open(uuid)).toBe('correct horse');
  expect((await vault.change('session')).protection).toBe('session');
  close();
});
