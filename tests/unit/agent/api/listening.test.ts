import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';

const hurried = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 50, signal),
};
const GENEROUS = { timeout: 15_000 };

async function occupant(address: string): Promise<{ port: number; server: Server }> {
  const server = createServer();
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  return { server, port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
}

test('an address that cannot be used yet is told, and used as soon as it can be', async () => {
  const { port, server } = await occupant('127.0.0.2');
  const agent = await stageAgent({
    clock: hurried,
    api: { port, loopback: [], addresses: ['127.0.0.2', '127.0.0.3'] },
  });
  const open = () => agent.api.endpoints().map(({ address }) => address);
  expect(open()).toEqual(['127.0.0.3']);
  expect(agent.api.problems()).toMatchObject([
    { code: 'api-not-listening', detail: `127.0.0.2:${port} is in use.` },
  ]);
  server.close();
  await expect.poll(open, GENEROUS).toEqual(['127.0.0.3', '127.0.0.2']);
  expect(agent.api.problems()).toEqual([]);
  const { fingerprint } = agent.certificate;
  const health = await callHub(
    { url: `https://127.0.0.2:${port}`, fingerprint },
    { path: '/health' },
  );
  expect(health.status).toBe(200);
});

test('an address that is not of this machine is told with its remedy', async () => {
  const agent = await stageAgent({ api: { addresses: ['192.0.2.77'] } });
  expect(agent.api.problems()[0]).toMatchObject({
    detail: '192.0.2.77 is not here.',
    remedy: expect.stringContaining('api.addresses'),
  });
  expect((await fetch(`${agent.plainUrl}/health`)).status).toBe(200);
});

test('when the tailnet gives another address the API moves along', async () => {
  const agent = await stageAgent({ api: { addresses: ['127.0.0.2'] } });
  const https = () => agent.api.endpoints().filter(({ kind }) => kind === 'https');
  const [before] = https();
  await agent.api.setAddresses(['127.0.0.4']);
  expect(https().map(({ address }) => address)).toEqual(['127.0.0.4']);
  await expect(
    callHub(
      { url: before?.url ?? '', fingerprint: agent.certificate.fingerprint },
      { path: '/health' },
    ),
  ).rejects.toThrow('ECONNREFUSED');
});

test('a port that another program has on loopback is said so at the start', async () => {
  const { port } = await occupant('127.0.0.1');
  await expect(stageAgent({ api: { port, addresses: [] } })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: `127.0.0.1:${port} is in use.`,
    data: { field: 'api.port', remedy: expect.stringContaining('Prometheus') },
  });
});

test('a node that works on what it was asked for is waited for, and one that says nothing is not', async () => {
  const { promise: ends, resolve: end } = Promise.withResolvers<void>();
  const agent = await stageAgent({
    api: {
      loopback: [],
      patience: { handshake: 300, headers: 30_000, request: 30_000, idle: 30_000, still: 100 },
    },
    peers: [
      async () => {
        await ends;
        return { status: 200, body: { stopped: true } };
      },
    ],
  });
  const { fingerprint } = agent.certificate;
  const answer = callHub(
    { url: agent.url, fingerprint },
    { method: 'POST', path: '/api/v1/peer/operations/hand', body: {} },
  );
  // those that say nothing are cut off one after another meanwhile
  for (let times = 0; times < 2; times += 1) {
    const silent = connect({ port: Number(new URL(agent.url).port), host: '127.0.0.1' });
    silent.on('error', () => undefined);
    await once(silent, 'close');
  }
  end();
  expect((await answer).json()).toEqual({ stopped: true });
}, 60_000);
