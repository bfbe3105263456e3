import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { makeNodeCertificate, nodeIdOf } from '#agent/identity/certificate';
import { loadNodeIdentity, readNodeIdentity } from '#agent/identity/node-identity';
import { sweptFolder } from '#tests/support/temp-folder';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const NAMES = ['a1', 'localhost', '10.77.1.1', 'fd00::2'];
const load = (folder: string, names = NAMES) => loadNodeIdentity(folder, names, NOW);

test('it is made once and is the same for ever, whatever the node is called later', async () => {
  const folder = join(sweptFolder(), 'identity');
  const first = await load(folder);
  expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(await load(folder, ['other', '10.9.9.9'])).toEqual(first);
  expect(await readNodeIdentity(folder)).toEqual(first);
  expect((await load(join(sweptFolder(), 'identity'))).id).not.toBe(first.id);
});

test('its keys are its owner’s alone', async () => {
  const folder = join(sweptFolder(), 'identity');
  await load(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of ['identity.key', 'api.key']) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
  const identity = createPrivateKey(readFileSync(join(folder, 'identity.key')));
  expect(identity.asymmetricKeyType).toBe('ed25519');
  chmodSync(join(folder, 'api.key'), 0o640);
  await expect(load(folder)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});

test('its certificate is for server and client, ten years, and for all its names', async () => {
  const { certPem, keyPem } = await load(join(sweptFolder(), 'identity'));
  const certificate = new X509Certificate(certPem);
  expect(certificate.checkHost('a1')).toBe('a1');
  expect(certificate.checkIP('10.77.1.1')).toBe('10.77.1.1');
  expect(certificate.checkIP('fd00::2')).toBeDefined();
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(certificate.ca).toBe(false);
  const years = (Date.parse(certificate.validTo) - NOW) / (365 * 86_400_000);
  expect(years).toBeGreaterThan(9.9);
  // programs without Ed25519 in their TLS, as Electron, can connect
  expect(certificate.publicKey.asymmetricKeyType).toBe('ec');
});

test('both sides of a TLS connection can show it', async () => {
  const [server, client] = await Promise.all([
    load(join(sweptFolder(), 'identity')),
    load(join(sweptFolder(), 'identity')),
  ]);
  const seen = Promise.withResolvers<string>();
  const listening = createServer(
    { key: server.keyPem, cert: server.certPem, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      seen.resolve(nodeIdOf(socket.getPeerX509Certificate()?.raw ?? Buffer.of()) ?? 'nobody');
      socket.end();
    },
  );
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect({
    host: '127.0.0.1',
    port,
    key: client.keyPem,
    cert: client.certPem,
    rejectUnauthorized: false,
    // what Electron's TLS offers: no Ed25519 among it
    sigalgs: 'ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384',
  });
  await new Promise((resolve, reject) =>
    socket.once('secureConnect', resolve).once('error', reject),
  );
  expect(nodeIdOf(socket.getPeerX509Certificate()?.raw ?? Buffer.of())).toBe(server.id);
  expect(await seen.promise).toBe(client.id);
  socket.destroy();
  await new Promise((resolve) => listening.close(resolve));
});

test('a damaged identity is refused and never replaced', async () => {
  for (const name of ['identity.key', 'api.key']) {
    const folder = join(sweptFolder(), 'identity');
    await load(folder);
    rmSync(join(folder, name));
    await expect(load(folder)).rejects.toMatchObject({ code: 'STORE_BROKEN' });
  }
  const folder = join(sweptFolder(), 'identity');
  const other = join(sweptFolder(), 'identity');
  await load(folder);
  await load(other);
  for (const name of ['identity.key', 'api.key', 'api.crt']) {
    const path = join(folder, name);
    const own = readFileSync(path);
    writeFileSync(path, readFileSync(join(other, name)));
    await expect(load(folder)).rejects.toMatchObject({ code: 'STORE_BROKEN' });
    writeFileSync(path, own);
  }
  await expect(load(folder)).resolves.toBeDefined();
});

test('a start that was killed before the certificate was written begins anew', async () => {
  const folder = join(sweptFolder(), 'identity');
  await load(folder);
  rmSync(join(folder, 'api.crt'));
  await expect(load(folder)).resolves.toMatchObject({ id: expect.any(String) });
});

test('a certificate proves an identity only with its signature', async () => {
  const { certPem, id } = await load(join(sweptFolder(), 'identity'));
  const der = new X509Certificate(certPem).raw;
  expect(nodeIdOf(der)).toBe(id);
  // another's identity key in the certificate of somebody who does not have it
  const thief = generateKeyPairSync('ed25519');
  const victim = generateKeyPairSync('ed25519');
  const stolen = { publicKey: victim.publicKey, privateKey: thief.privateKey };
  const made = await makeNodeCertificate(stolen, ['a1'], NOW);
  expect(nodeIdOf(new X509Certificate(made.certPem).raw)).toBeNull();
  expect(nodeIdOf(Buffer.from('no certificate'))).toBeNull();
  expect(nodeIdOf(der.subarray(0, der.length - 1))).toBeNull();
});
