import { expect, test } from 'vitest';
import { createKeyringProtector } from '#electron/core/vault/keyring';
import { newKey } from '#electron/core/vault/seal';

test('without a session bus it says what to do, and the kernel keyring is no way out', async () => {
  process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent';
  const protector = createKeyringProtector({ platform: 'linux' });
  expect(await protector.unavailable()).toContain('choose a passphrase');
  await expect(protector.keep('a', newKey())).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  expect(await protector.opensQuietly?.('a')).toBe(false);
});

test('a prompt that nobody answers ends at its deadline as locked', async () => {
  const never = () => new Promise<never>(() => {});
  class Silent {
    getPassword = never;
    setPassword = never;
    deleteCredential = never;
  }
  const keyring = { AsyncEntry: Silent, findCredentialsAsync: never };
  const protector = createKeyringProtector({
    platform: 'linux',
    promptMs: 20,
    load: async () => keyring,
  });
  await expect(protector.recall('a', '')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
});

test('a native library that does not load leaves the machine without this protection', async () => {
  const protector = createKeyringProtector({
    platform: 'linux',
    load: () => Promise.reject(new Error('no such module')),
  });
  expect(await protector.unavailable()).toContain('choose a passphrase');
});
