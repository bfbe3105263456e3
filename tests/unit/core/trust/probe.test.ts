import { createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { readCertificate } from '#electron/core/trust/probe';
import { makeAuthority, makeCertificate } from '#tests/support/certificates';
import { json, startTlsServer, until } from '#tests/support/tls-server';
import { failureOf } from '../pve/support';

const never = new AbortController().signal;
const nobody = () => createSecureContext({ ca: [] });

function probe(port: number, host = '127.0.0.1', signal = never) {
  return { host, port, signal };
}

/** A plain TCP server, for what answers on a port and does not speak TLS. */
async function plainServer(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, open: () => sockets.size };
}

test('it tells what a certificate says of itself, and sends no byte', async () => {
  const certificate = await makeCertificate({ names: ['pve1.lab.test', '127.0.0.1'] });
  const server = await startTlsServer((_request, socket) => json(socket, 1), certificate);
  onTestFinished(() => server.close());
  const seen = await readCertificate(probe(server.port), nobody);
  expect(seen).toMatchObject({
    fingerprint: certificate.fingerprint,
    subject: 'CN=pve1.lab.test, O=Test lab',
    issuer: 'CN=pve1.lab.test, O=Test lab',
    names: ['pve1.lab.test', '127.0.0.1'],
    selfSigned: true,
    trustedByCa: false,
  });
  expect(seen.validFrom).toBeLessThan(Date.now());
  expect(seen.validTo).toBeGreaterThan(Date.now());
  await until(() => server.connections().open === 0, 'the connection is closed');
  expect(server.bytes()).toBe(0);
});

test('trusted by an authority means: issued by one, and for the name that was used', async () => {
  const authority = await makeAuthority();
  const certificate = await makeCertificate({ issuer: authority, names: ['127.0.0.1'] });
  const server = await startTlsServer(() => {}, certificate);
  onTestFinished(() => server.close());
  const trust = () => createSecureContext({ ca: [authority.pem] });
  const here = await readCertificate(probe(server.port), trust);
  expect([here.trustedByCa, here.selfSigned]).toEqual([true, false]);
  const byName = await readCertificate(probe(server.port, 'localhost'), trust);
  expect(byName.trustedByCa).toBe(false);
});

test('a port that speaks something else is told as such', async () => {
  const http = await plainServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const ssh = await plainServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  const shy = await plainServer((socket) => void socket.destroy());
  for (const { port } of [http, ssh, shy]) {
    const { code } = await failureOf(readCertificate(probe(port), nobody));
    expect(['TLS_FAILED', 'UNREACHABLE']).toContain(code);
  }
  expect((await failureOf(readCertificate(probe(ssh.port), nobody))).code).toBe('TLS_FAILED');
});

test('nothing listens: refused', async () => {
  const server = await startTlsServer(() => {});
  await server.close();
  const failure = await failureOf(readCertificate(probe(server.port), nobody));
  expect(failure.code).toBe('CONNECTION_REFUSED');
});

test('cancelling closes a connection that hangs in its handshake', async () => {
  const silent = await plainServer((socket) => void socket.resume());
  const abort = new AbortController();
  const reading = failureOf(readCertificate(probe(silent.port, '127.0.0.1', abort.signal), nobody));
  await until(() => silent.open() === 1, 'the connection');
  abort.abort();
  expect((await reading).code).toBe('ABORTED');
  await until(() => silent.open() === 0, 'the connection is closed');
});
