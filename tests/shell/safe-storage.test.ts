import { describe, expect, test } from 'vitest';
import { createSafeStorageProtector } from '#electron/shell/safe-storage';

type Storage = Parameters<typeof createSafeStorageProtector>[0];
type Backend = ReturnType<Storage['getSelectedStorageBackend']>;

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

/** A keychain with a generation of its own key; what an older one sealed is to be sealed anew. */
function keychain(backend: Backend = 'gnome_libsecret') {
  const state = { available: true, locked: false, generation: 1 };
  const storage: Storage = {
    getSelectedStorageBackend: () => backend,
    isAsyncEncryptionAvailable: async () => state.available,
    encryptStringAsync: async (plain) =>
      Buffer.from(JSON.stringify([state.generation, Buffer.from(plain).toString('hex')])),
    decryptStringAsync: async (sealed) => {
      if (state.locked) throw new Error('locked');
      const [generation, hex] = JSON.parse(sealed.toString()) as [number, string];
      const result = Buffer.from(hex, 'hex').toString();
      return { result, shouldReEncrypt: generation !== state.generation };
    },
  };
  return { state, protector: createSafeStorageProtector(storage, 'linux', silent) };
}

test('a kept key is recalled whole, and what the store keeps does not show it', async () => {
  const { protector } = keychain();
  const kept = await protector.keep('k1', key);
  expect(kept).not.toContain(Buffer.from(key).toString('base64'));
  expect(await protector.recall('k1', kept)).toEqual(key);
  expect(protector.label).toBe('Secret Service');
});

describe('a backend that only pretends to encrypt is no keychain', () => {
  test.each(['basic_text', 'unknown'] as const)('%s', async (backend) => {
    const { protector } = keychain(backend);
    expect(await protector.unavailable()).toMatch(/no keychain.*passphrase/i);
    await expect(protector.keep('k1', key)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  });
});

test('a keychain that does not answer is unavailable with a remedy', async () => {
  const { protector, state } = keychain();
  expect(await protector.unavailable()).toBeNull();
  state.available = false;
  expect(await protector.unavailable()).toMatch(/Unlock it/);
  await expect(protector.recall('k1', 'AAAA')).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
});

test('a locked keychain is told apart, and works once unlocked', async () => {
  const { protector, state } = keychain();
  const kept = await protector.keep('k1', key);
  state.locked = true;
  await expect(protector.recall('k1', kept)).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  state.locked = false;
  expect(await protector.recall('k1', kept)).toEqual(key);
});

test('a key sealed for another vault is refused', async () => {
  const { protector } = keychain();
  const kept = await protector.keep('k1', key);
  await expect(protector.recall('k2', kept)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
});

test('after the keychain rotated its key the store is given a fresh form', async () => {
  const { protector, state } = keychain();
  const kept = await protector.keep('k1', key);
  const renewed: string[] = [];
  const renew = async (fresh: string) => void renewed.push(fresh);
  await protector.recall('k1', kept, renew);
  expect(renewed).toEqual([]);

  state.generation = 2;
  expect(await protector.recall('k1', kept, renew)).toEqual(key);
  expect(renewed).toHaveLength(1);
  expect(renewed[0]).not.toBe(kept);
  expect(await protector.recall('k1', renewed[0] ?? '', renew)).toEqual(key);
  expect(renewed).toHaveLength(1);
});

test('a store that cannot take the fresh form does not lose the key', async () => {
  const { protector, state } = keychain();
  const kept = await protector.keep('k1', key);
  state.generation = 2;
  const renew = () => Promise.reject(new Error('disk full'));
  expect(await protector.recall('k1', kept, renew)).toEqual(key);
});
