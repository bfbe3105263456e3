import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { PATIENCE } from '#agent/api/listeners';
import { stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';
import { until } from '#tests/support/tls-server';

/** Short, but long enough for an honest request on a busy machine. */
const HURRIED = { ...PATIENCE, headers: 1500, request: 2500, handshake: 1500 };

const GENEROUS = { timeout: 15_000 };

/** A connection whose every byte the test decides. */
async function raw(url: string, isTls = false): Promise<{ socket: Socket; heard: () => string }> {
  const port = Number(new URL(url).port);
  const socket = isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, isTls ? 'secureConnect' : 'connect');
  return { socket, heard: () => heard };
}

test('what is too large is refused and the agent goes on', async () => {
  const agent = await stageAgent();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('admin');
  const path = '/api/v1/tokens';
  const large = JSON.stringify({ name: 'x'.repeat(300 * 1024) });
  const type = { 'content-type': 'application/json' };
  const body = await callHub(pinned, { method: 'POST', path, token, headers: type, body: large });
  expect(body.status).toBe(413);
  const head = await fetch(`${agent.plainUrl}/health`, {
    headers: { 'x-long': 'y'.repeat(20_000) },
  });
  expect(head.status).toBe(431);
  expect((await fetch(`${agent.plainUrl}/health`)).status).toBe(200);
});

test('who sends slowly is let go of, and nobody else notices', async () => {
  const agent = await stageAgent({ api: { patience: HURRIED } });
  const slow = await raw(agent.plainUrl);
  slow.socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ');
  const slowBody = await raw(agent.plainUrl);
  slowBody.socket.write(
    'POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{',
  );
  const silent = connect(Number(new URL(agent.url).port), '127.0.0.1');
  silent.on('error', () => {});
  await once(silent, 'connect');
  expect((await fetch(`${agent.plainUrl}/health`)).status).toBe(200);
  await expect
    .poll(() => [slow.socket.closed, slowBody.socket.closed, silent.closed], GENEROUS)
    .toEqual([true, true, true]);
  expect(slow.heard()).toContain('408');
});

test('with a thousand idle connections a newcomer is still answered', async () => {
  const agent = await stageAgent({ api: { maxConnections: 200 } });
  const port = Number(new URL(agent.plainUrl).port);
  const sockets = Array.from({ length: 1000 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
  await expect
    .poll(() => sockets.filter(({ closed }) => !closed).length, GENEROUS)
    .toBeLessThanOrEqual(200);
  const answer = await fetch(`${agent.plainUrl}/api/v1/status`);
  expect(answer.status).toBe(200);
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('viewer');
  expect((await callHub(pinned, { path: '/api/v1/overview', token })).status).toBe(200);
});

test('room is made by idle connections, not by one that is being answered', async () => {
  const agent = await stageAgent({ api: { maxConnections: 3 } });
  const stream = await raw(agent.plainUrl);
  stream.socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => stream.heard().includes('retry:'), 'the stream runs');
  const idle = [await raw(agent.plainUrl), await raw(agent.plainUrl), await raw(agent.plainUrl)];
  await until(() => idle[0]?.socket.closed === true, 'the oldest idle one went');
  expect(stream.socket.closed).toBe(false);
});

test('a broken handshake and garbage leave the agent alone', async () => {
  const agent = await stageAgent({ api: { patience: HURRIED } });
  const garbage = await raw(agent.plainUrl);
  garbage.socket.write('\x16\x03\x01 no http at all\r\n\r\n');
  const noTls = connect(Number(new URL(agent.url).port), '127.0.0.1');
  noTls.on('error', () => {});
  noTls.write('GET / HTTP/1.1\r\n\r\n');
  await expect.poll(() => [garbage.socket.closed, noTls.closed], GENEROUS).toEqual([true, true]);
  expect((await fetch(`${agent.plainUrl}/health`)).status).toBe(200);
  const nowhere = await fetch(`${agent.plainUrl}/api/v1/slurm/nodes/%E0%A4%A/drain`, {
    method: 'POST',
  });
  expect(nowhere.status).toBe(400);
});
