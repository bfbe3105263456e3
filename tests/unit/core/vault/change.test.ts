import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Protection } from '#shared/contract/vault';
import { MemoryKeychain } from '#tests/support/ports';
import { cluster, openDesk } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const kept: Protection[] = ['keychain', 'safeStorage'];
const ways: Protection[] = [...kept, 'passphrase', 'session'];

test('every change of protection carries every secret over and leaves one key behind at most', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...ways), { maxLength: 3 }), async (path) => {
      const keychain = new MemoryKeychain('keychain');
      const safe = new MemoryKeychain('safeStorage');
      const { vault, clusters, store, close } = await openDesk(sweptFolder(), {
        protectors: [keychain, safe],
      });
      const made = await clusters.createAll(
        ['one', 'two'].map((id) => ({ input: cluster(id, { secret: `secret of ${id}` }) })),
      );
      for (const to of path) {
        const before = store.sqlite.prepare('SELECT sealed FROM secrets').all();
        const status = await vault.change(to, 'long enough');
        const after = store.sqlite.prepare('SELECT sealed FROM secrets').all();
        expect(status).toMatchObject({ protection: to, state: 'unlocked' });
        expect(after).toHaveLength(to === 'session' ? 0 : 2);
        expect(after).not.toEqual(to === 'session' ? null : before);
        expect(keychain.keys.size).toBe(to === 'keychain' ? 1 : 0);
        expect(safe.keys.size).toBe(to === 'safeStorage' ? 1 : 0);
        for (const { uuid, clusterId } of made) {
          expect(await vault.open(uuid)).toBe(`secret of ${clusterId}`);
        }
      }
      close();
    }),
    { numRuns: 12 },
  );
}, 60_000);

test('a change that cannot keep the new key changes nothing', async () => {
  const safe = new MemoryKeychain('safeStorage');
  const { vault, clusters, store } = await openDesk(sweptFolder(), {
    protectors: [new MemoryKeychain(), safe],
  });
  const { uuid } = await clusters.create(cluster('one', { secret: 'correct horse' }));
  const sealed = () => store.sqlite.prepare('SELECT version, sealed FROM secrets').all();
  const before = sealed();
  safe.locked = true;
  await expect(vault.change('safeStorage')).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await expect(vault.change('passphrase')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(sealed()).toEqual(before);
  expect(vault.current().protection).toBe('keychain');
  expect(await vault.open(uuid)).toBe('correct horse');
});

test('a transaction that fails leaves the old protection, and the new key is forgotten later', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const desk = await openDesk(dataDir, { protectors: [keychain] });
  const { uuid } = await desk.clusters.create(cluster('one', { secret: 'correct horse' }));
  desk.store.sqlite.exec(
    "CREATE TEMP TRIGGER stop BEFORE INSERT ON secrets BEGIN SELECT RAISE(ABORT, 'stop'); END",
  );
  await expect(desk.vault.change('keychain')).rejects.toThrow('stop');
  expect(keychain.keys.size).toBe(2);
  expect(await desk.vault.open(uuid)).toBe('correct horse');
  desk.close();
  const again = await openDesk(dataDir, { protectors: [keychain] });
  expect(keychain.keys.size).toBe(1);
  expect(await again.vault.open(uuid)).toBe('correct horse');
});

test('an old key that cannot be forgotten now is forgotten at the next start', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const desk = await openDesk(dataDir, { protectors: [keychain] });
  const forget = keychain.forget.bind(keychain);
  keychain.forget = () => Promise.reject(new Error('not now'));
  await desk.vault.change('passphrase', 'long enough');
  expect(keychain.keys.size).toBe(1);
  desk.close();
  keychain.forget = forget;
  await openDesk(dataDir, { protectors: [keychain], passphrase: async () => 'long enough' });
  expect(keychain.keys.size).toBe(0);
});

test('a lost keychain is survived by giving its secrets up, and only when that is said', async () => {
  const dataDir = sweptFolder();
  const keychain = new MemoryKeychain();
  const first = await openDesk(dataDir, { protectors: [keychain] });
  const { uuid } = await first.clusters.create(cluster('one', { secret: 'correct horse' }));
  first.close();
  keychain.keys.clear();
  const { vault, clusters } = await openDesk(dataDir, { protectors: [keychain] });
  const events: string[] = [];
  clusters.events.subscribe(({ upserts }) =>
    events.push(...upserts.map((c) => String(c.hasSecret))),
  );
  await expect(vault.change('keychain')).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
  expect(await vault.change('keychain', undefined, true)).toMatchObject({ state: 'unlocked' });
  expect(clusters.get(uuid).hasSecret).toBe(false);
  expect(events).toEqual(['false']);
  await clusters.update({ uuid, changes: { secret: 'entered again' } });
  expect(await vault.open(uuid)).toBe('entered again');
});

test('an app lock in the midst of a change refuses it, and no secret is given up', async () => {
  const { vault, clusters } = await openDesk(sweptFolder(), { protectors: [new MemoryKeychain()] });
  const { uuid } = await clusters.create(cluster('one', { secret: 'correct horse' }));
  const under = randomBytes(32);
  const changing = vault.change('passphrase', 'long enough', true);
  await turn();
  vault.hold(under);
  await expect(changing).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  await vault.release(under);
  expect(vault.current()).toMatchObject({ protection: 'keychain', state: 'unlocked' });
  expect(await vault.open(uuid)).toBe('correct horse');
});
