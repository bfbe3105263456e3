import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { connectTo } from '#agent/roles/slurm/port';
import { createRelay, type RelayOptions } from '#agent/roles/slurm/relay';
import { KeptLog } from '#tests/support/agent';
import { freePorts } from '#tests/support/etcd';

const HOST = '127.0.0.1';
const TO = { id: 'id-a2', address: HOST };

const freePort = async () => (await freePorts(1))[0] ?? 0;

/** Answers each caller with what it sent, after it has ended its half. */
async function controller(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    void text(socket).then((said) => socket.end(`answer to ${said}`));
  });
  await new Promise<void>((resolve) => server.listen(port, HOST, resolve));
  onTestFinished(() => void server.close());
  return server;
}

async function staged(options: Partial<RelayOptions> = {}) {
  const [port, targetPort] = [await freePort(), await freePort()];
  const relay = createRelay({
    clock: systemClock,
    logger: new KeptLog(),
    port,
    targetPort,
    ...options,
  });
  onTestFinished(() => relay.end());
  await relay.open(HOST, TO);
  const call = async (words: string): Promise<string> => {
    const socket: Socket = await connectTo(HOST, port, 2_000);
    socket.end(words);
    return text(socket);
  };
  return { relay, port, targetPort, call };
}

test('who calls before the other end is there waits and is answered', async () => {
  const { call, targetPort } = await staged();
  const waiting = Promise.all(Array.from({ length: 40 }, (_, index) => call(`job ${index}`)));
  const early = await Promise.race([waiting, systemClock.sleep(150).then(() => 'nobody')]);
  expect(early).toBe('nobody');
  await controller(targetPort);
  const answers = await waiting;
  expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => `answer to job ${index}`));
  expect(await call('one more')).toBe('answer to one more');
});

test('it carries what is larger than any buffer, both ways', async () => {
  const { call, targetPort } = await staged();
  await controller(targetPort);
  const long = 'x'.repeat(5_000_000);
  expect((await call(long)).length).toBe(long.length + 'answer to '.length);
});

test('who waits too long is let go of', async () => {
  const { call } = await staged({ holdMs: 200 });
  await expect(call('job')).rejects.toThrow('ECONNRESET');
});

test('more callers than it may hold are refused, not queued without end', async () => {
  const { call, targetPort } = await staged({ maxCallers: 3 });
  const calls = Array.from({ length: 6 }, (_, index) => call(`job ${index}`).catch(() => ''));
  // those over the bound end at once
  await vi.waitFor(async () => {
    const ended = await Promise.all(calls.map((one) => Promise.race([one, Promise.resolve(null)])));
    expect(ended.filter((answer) => answer === '')).toHaveLength(3);
  });
  await controller(targetPort);
  expect((await Promise.all(calls)).filter((answer) => answer !== '')).toHaveLength(3);
});

test('closed, its port is free at once and who waited reaches what starts there', async () => {
  const port = await freePort();
  const relay = createRelay({ clock: systemClock, logger: new KeptLog(), port });
  onTestFinished(() => relay.end());
  // leads to a place where nobody will ever answer
  await relay.open(HOST, { id: 'nobody', address: '127.0.0.77' });
  const socket = await connectTo(HOST, port, 2_000);
  socket.end('kept waiting');
  await relay.close();
  expect(relay.to).toBeNull();
  await controller(port);
  expect(await text(socket)).toBe('answer to kept waiting');
});

test('a port that is taken is told with what to do', async () => {
  const port = await freePort();
  await controller(port);
  const relay = createRelay({ clock: systemClock, logger: new KeptLog(), port });
  await expect(relay.open(HOST, TO)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    data: { detail: 'EADDRINUSE' },
  });
  expect(relay.to).toBeNull();
});
