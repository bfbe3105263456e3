import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { hubIdentity, tokenDigestOf } from '#electron/core/hub/identity';
import { FakeClock } from '#tests/support/fake-clock';
import { MemoryKeychain } from '#tests/support/ports';
import { openDesk } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const NAMES = ['localhost', '127.0.0.1', 'desk-3.lab'];
const wish = { names: NAMES, renewToken: false };
const YEAR_MS = 365 * 86_400_000;

async function desk(dataDir = sweptFolder(), protectors = [new MemoryKeychain()]) {
  const clock = new FakeClock(Date.now());
  const opened = await openDesk(dataDir, { protectors });
  const { store, vault } = opened;
  const identity = (more: Partial<Parameters<typeof hubIdentity>[1]> = {}) =>
    hubIdentity({ store, vault, clock }, { ...wish, ...more });
  return { ...opened, clock, identity, dataDir, protectors };
}

test('the certificate is for the names given, with a key that fits, and is its own issuer', async () => {
  const { identity, close } = await desk();
  const { certPem, keyPem, fingerprint, isNewCertificate } = await identity();
  const certificate = new X509Certificate(certPem);
  for (const name of NAMES) {
    const found = /^[\d.]+$/.test(name) ? certificate.checkIP(name) : certificate.checkHost(name);
    expect(found).toBe(name);
  }
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(isNewCertificate).toBe(true);
  close();
});

test('certificate and token stay over restarts and a change of protection; the token is told once', async () => {
  const first = await desk();
  const made = await first.identity();
  await first.vault.change('passphrase', 'correct horse battery');
  first.close();
  const second = await openDesk(first.dataDir, { passphrase: async () => 'correct horse battery' });
  const { store, vault } = second;
  const again = await hubIdentity({ store, vault, clock: first.clock }, wish);
  expect(again).toEqual({ ...made, newToken: null, isNewCertificate: false });
  expect(tokenDigestOf(made.newToken ?? '')).toBe(again.tokenDigest);
  second.close();
});

test('a named token replaces the stored one, and a new one can be asked for', async () => {
  const { identity, store, close } = await desk();
  const made = await identity();
  const named = await identity({ token: 'a token of my own' });
  expect([named.newToken, named.tokenDigest]).toEqual([null, tokenDigestOf('a token of my own')]);
  expect(named.fingerprint).toBe(made.fingerprint);
  const renewed = await identity({ renewToken: true });
  expect(renewed.newToken).toMatch(/^[\w-]{43}$/);
  expect(renewed.tokenDigest).toBe(tokenDigestOf(renewed.newToken ?? ''));
  expect((await identity()).tokenDigest).toBe(renewed.tokenDigest);
  const audit = store.sqlite.prepare('SELECT action, after FROM audit').all();
  expect(JSON.stringify(audit)).not.toContain(renewed.newToken);
  expect(audit.filter((row) => JSON.stringify(row).includes('"action":"hub.'))).toHaveLength(3);
  close();
});

test('a spent certificate and one whose key is gone are made anew, with the token kept', async () => {
  const { identity, clock, store, close } = await desk();
  const made = await identity();
  clock.advance(10 * YEAR_MS);
  const renewed = await identity();
  expect(renewed.isNewCertificate).toBe(true);
  expect(renewed.fingerprint).not.toBe(made.fingerprint);
  expect(renewed.tokenDigest).toBe(made.tokenDigest);
  store.sqlite.prepare("UPDATE secrets SET sealed = x'00' WHERE owner = 'hub'").run();
  const repaired = await identity();
  expect(repaired.isNewCertificate).toBe(true);
  expect(repaired.fingerprint).not.toBe(renewed.fingerprint);
  close();
});

test('a locked vault is told, and nothing is made', async () => {
  const keychain = new MemoryKeychain();
  keychain.locked = true;
  const { identity, store, close } = await desk(sweptFolder(), [keychain]);
  await expect(identity()).rejects.toMatchObject({ code: 'VAULT_LOCKED' });
  expect(store.sqlite.prepare('SELECT count(*) FROM hub').pluck().get()).toBe(0);
  close();
});
