import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import { OpenChallenges } from '#agent/membership/candidates';
import { newNonce } from '#agent/membership/challenge';
import { createPeerGate } from '#agent/membership/peer-gate';
import { createPeers } from '#agent/membership/peers';
import type { Member } from '#agent/membership/types';
import { StillClock } from '#tests/support/still-clock';
import { sweptFolder } from '#tests/support/temp-folder';
import { type Script, startTlsServer } from '#tests/support/tls-server';

async function facing(script: Script) {
  const identity = await loadNodeIdentity(join(sweptFolder(), 'identity'), ['a2'], Date.now());
  const server = await startTlsServer(script);
  const peers = createPeers(identity);
  onTestFinished(async () => {
    await peers.close();
    await server.close();
  });
  return { server, peers, target: member(server.port, server.certificate.fingerprint) };
}

function member(apiPort: number, fingerprint: string): Member {
  return {
    id: '11111111-1111-8111-8111-111111111111',
    name: 'a1',
    status: 'alive',
    address: '127.0.0.1',
    tailscaleIp: '',
    apiPort,
    roles: [],
    tags: {},
    fingerprint,
    authenticated: true,
    voter: true,
    lastSeen: 0,
    joinedAt: 0,
  };
}

const answer = (status: number, body: string, type = 'application/json') =>
  `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const PATH = '/api/v1/peer/test';
const SOON = { deadlineMs: 5_000 };

test('a change whose answer is lost has an unknown outcome; a read has none', async () => {
  const { peers, target, server } = await facing(() => {});
  // long enough to be sent, also where a machine has much to do
  const lost = peers.call(target, 'POST', PATH, { body: {}, deadlineMs: 1_500 });
  await expect(lost).rejects.toMatchObject({ code: 'TIMEOUT', data: { outcome: 'unknown' } });
  const read = await peers
    .call(target, 'GET', PATH, { deadlineMs: 300 })
    .catch((error: unknown) => error);
  expect(read).toMatchObject({ code: 'TIMEOUT' });
  expect(read).not.toHaveProperty('data.outcome');
  // and nothing was sent twice
  expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('nothing is written to a node with another certificate', async () => {
  const { peers, target, server } = await facing((_request, raw) => {
    raw.end(answer(200, '{}'));
  });
  const pinned = { ...target, fingerprint: Array(32).fill('00').join(':') };
  await expect(
    peers.call(pinned, 'POST', PATH, { body: { secret: 1 }, ...SOON }),
  ).rejects.toMatchObject({
    code: 'TLS_CHANGED',
    data: { pinned: pinned.fingerprint, offered: target.fingerprint },
  });
  expect(server.bytes()).toBe(0);
  // a certificate that was put right later is taken
  expect(await peers.call(target, 'GET', PATH, SOON)).toEqual({});
});

test('what a peer refuses comes with its own words; what it babbles is told as such', async () => {
  const refusal = { ok: false, code: 'x', message: 'No slot is free.', remedy: 'Wait.' };
  const answers: Record<string, string> = {
    '/refused': answer(409, JSON.stringify(refusal)),
    '/stranger': answer(403, JSON.stringify(refusal)),
    '/html': answer(200, '<html>', 'text/html'),
    '/error': answer(500, 'oops', 'text/plain'),
    '/large': answer(200, JSON.stringify('x'.repeat(25 * 1024 * 1024))),
  };
  const { peers, target } = await facing((request, raw) => {
    raw.write(answers[request.path] ?? answer(404, ''));
  });
  const call = (path: string) => peers.call(target, 'GET', path, SOON);
  await expect(call('/refused')).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    data: { status: 409, detail: 'No slot is free.', remedy: 'Wait.', node: 'a1' },
  });
  await expect(call('/stranger')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  await expect(call('/html')).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  await expect(call('/error')).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  await expect(call('/large')).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('a closed port was never asked; plain HTTP is no peer', async () => {
  const { peers, target } = await facing(() => {});
  const plain = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
  onTestFinished(() => void plain.close());
  const bound = plain.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const http = { ...target, apiPort: port };
  await expect(peers.call(http, 'GET', PATH, SOON)).rejects.toMatchObject({ code: 'TLS_FAILED' });
  const closed = await peers
    .call({ ...target, apiPort: 1 }, 'POST', PATH, { body: {}, ...SOON })
    .catch((error: unknown) => error);
  expect(closed).toMatchObject({ code: 'CONNECTION_REFUSED' });
  expect(closed).not.toHaveProperty('data.outcome');
});

test('the gate lets members through to their routes, and leaves other paths to others', async () => {
  const gate = createPeerGate({
    routes: [
      {
        method: 'GET',
        path: PATH,
        access: 'member',
        handle: async (_request, caller) => ({ status: 200, body: caller?.name }),
      },
    ],
    callerOf: async (fingerprint) =>
      fingerprint === 'known' ? { id: 'i', name: 'a2', fingerprint } : null,
  });
  const ask = (fingerprint: string, method = 'GET', target = `${PATH}?x=1`) =>
    gate({
      method,
      target,
      fingerprint,
      address: '127.0.0.1',
      body: undefined,
      signal: AbortSignal.timeout(1_000),
    });
  expect(await ask('known')).toEqual({ status: 200, body: 'a2' });
  expect(await ask('other')).toMatchObject({ status: 403, body: { code: 'not-a-member' } });
  expect(await ask('')).toMatchObject({ status: 401, body: { code: 'no-certificate' } });
  expect(await ask('known', 'POST')).toBeNull();
  expect(await ask('known', 'GET', '/api/v1/peer/else')).toBeNull();
});

test('challenges are bounded in number and time, and one address cannot use them all up', async () => {
  const clock = new StillClock();
  const challenges = new OpenChallenges(clock);
  const begin = (address: string, fingerprint = 'f') =>
    challenges.begin({ fingerprint, address, joinerNonce: newNonce(), nodeId: 'i' });
  const first = begin('10.0.0.1') ?? '';
  const flood = Array.from({ length: 300 }, (_, n) => begin('10.0.0.66', `f${n}`));
  expect(flood.every((nonce) => nonce !== null)).toBe(true);
  expect(challenges.take(first, 'other')).toBeNull();
  expect(challenges.take(first, 'f')).toMatchObject({ nodeId: 'i' });
  expect(challenges.take(first, 'f')).toBeNull();

  const many = Array.from({ length: 300 }, (_, n) => begin(`10.1.${n}.1`));
  expect(many.filter((nonce) => nonce !== null).length).toBeLessThan(150);
  const late = many[0] ?? '';
  await clock.advance(10_000);
  expect(challenges.take(late, 'f')).toBeNull();
  expect(begin('10.0.0.2')).not.toBeNull();
});
