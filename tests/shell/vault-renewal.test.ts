import { createRouterClient } from '@orpc/server';
import { expect, test } from 'vitest';
import { composeCore } from '#electron/core/compose';
import { createSafeStorageProtector } from '#electron/shell/safe-storage';
import { testPorts } from '#tests/support/ports';

/** A keychain that knows the keys of some generations and seals with the newest. */
function rotatingKeychain() {
  const generations = new Set([1]);
  return {
    rotate: () => generations.add(Math.max(...generations) + 1),
    forgetOldest: () => generations.delete(Math.min(...generations)),
    storage: {
      getSelectedStorageBackend: () => 'gnome_libsecret' as const,
      isAsyncEncryptionAvailable: async () => true,
      encryptStringAsync: async (plain: string) =>
        Buffer.from(`${Math.max(...generations)}|${Buffer.from(plain).toString('hex')}`),
      decryptStringAsync: async (sealed: Buffer) => {
        const [generation = '', hex = ''] = sealed.toString().split('|');
        if (!generations.has(Number(generation))) throw new Error('unknown key');
        return {
          result: Buffer.from(hex, 'hex').toString(),
          shouldReEncrypt: Number(generation) !== Math.max(...generations),
        };
      },
    },
  };
}

test('a vault outlives a keychain that rotates its key and forgets the old one', async () => {
  const ports = testPorts();
  const keychain = rotatingKeychain();
  const protectors = [createSafeStorageProtector(keychain.storage, 'linux', ports.logger)];
  /** opens the store, looks at its vault and closes it, as a start of the program does */
  async function start() {
    const core = await composeCore({ ...ports, protectors });
    const client = createRouterClient(core.router, { context: { logger: ports.logger } });
    const { protection, state } = await client.vault.status();
    await core.close();
    return { protection, state };
  }
  const unlocked = { protection: 'safeStorage', state: 'unlocked' };
  expect(await start()).toEqual(unlocked);

  keychain.rotate();
  expect(await start()).toEqual(unlocked);
  keychain.forgetOldest();
  expect(await start()).toEqual(unlocked);

  // without a start in between nothing could be sealed anew
  keychain.rotate();
  keychain.forgetOldest();
  expect(await start()).toEqual({ protection: 'safeStorage', state: 'locked' });
});
