import { afterEach, expect, test } from 'vitest';
import { json, reply, type Script, startTlsServer, until } from '#tests/support/tls-server';
import { clientOf, endpointOf, failureOf } from './support';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const fine: Script = (request, socket) => json(socket, request.method);
const resets: Script = (_request, socket) => void socket.destroy();

async function serve(script: Script) {
  const server = await startTlsServer(script);
  cleanups.push(() => server.close());
  return server;
}

function connect(...args: Parameters<typeof clientOf>) {
  const client = clientOf(...args);
  cleanups.push(() => client.close());
  return client;
}

const START = '/nodes/pve1/qemu/100/status/start';

test('a read goes on to the next endpoint and stays with the one that answered', async () => {
  const first = await serve(resets);
  const second = await serve(fine);
  const client = connect([first, second]);
  expect((await client.call('GET', '/version')).endpoint).toBe(`127.0.0.1:${second.port}`);
  const asked = first.requests.length;
  await client.call('GET', '/version');
  expect([first.requests.length, second.requests.length]).toEqual([asked, 2]);
});

test('a read on a kept connection that has ended meanwhile tries a new one, once', async () => {
  let answered = 0;
  const server = await serve((_request, socket) => {
    if (server.requests.length === 2) socket.destroy();
    else json(socket, ++answered);
  });
  const client = connect([server]);
  expect((await client.call('GET', '/version')).data).toBe(1);
  expect((await client.call('GET', '/version')).data).toBe(2);
  expect(server.requests).toHaveLength(3);
  const dead = await serve(resets);
  expect((await failureOf(connect([dead]).call('GET', '/version'))).code).toBe('UNREACHABLE');
  expect(dead.requests).toHaveLength(2);
});

test('a change whose answer is lost is sent once, and its failure says that it may have been done', async () => {
  const first = await serve(resets);
  const second = await serve(fine);
  const failure = await failureOf(connect([first, second]).call('POST', START));
  expect([failure.code, failure.data.outcome]).toEqual(['UNREACHABLE', 'unknown']);
  expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
});

test.each(['POST', 'PUT', 'DELETE'] as const)(
  '%s is sent once, however it fails',
  async (method) => {
    const scripts: Script[] = [
      resets,
      (_r, s) => reply(s, '502 Bad Gateway'),
      (_r, s) => reply(s, '596 Connection timed out'),
      (_r, s) => reply(s, '401 Authentication failed!'),
      (_r, s) => reply(s, '200 OK', '{"data"', { 'content-type': 'application/json' }),
      () => {},
    ];
    for (const script of scripts) {
      const server = await serve(script);
      const other = await serve(fine);
      await failureOf(connect([server, other]).call(method, START, {}, { deadlineMs: 1500 }));
      expect([server.requests.length, other.requests.length]).toEqual([1, 0]);
    }
  },
);

test('a change goes to another endpoint while nothing of it was written', async () => {
  const gone = await serve(fine);
  const second = await serve(fine);
  const endpoints = [endpointOf(gone), endpointOf(second)];
  await gone.close();
  cleanups.shift();
  const client = connect([], { endpoints });
  expect((await client.call('POST', START)).endpoint).toBe(`127.0.0.1:${second.port}`);
  expect(second.requests).toHaveLength(1);
});

test('a refused change is decided: its failure leaves nothing open', async () => {
  const server = await serve((_r, s) => reply(s, '500 cluster not ready - no quorum?'));
  const failure = await failureOf(connect([server]).call('POST', START));
  expect([failure.code, failure.data.outcome]).toEqual(['NO_QUORUM', undefined]);
});

test('a changed certificate is told and not passed over', async () => {
  const first = await serve(fine);
  const second = await serve(fine);
  const endpoints = [endpointOf(first, second.certificate.fingerprint), endpointOf(second)];
  const failure = await failureOf(connect([], { endpoints }).call('GET', '/version'));
  expect(failure.code).toBe('TLS_CHANGED');
  expect([first.bytes(), second.bytes()]).toEqual([0, 0]);
});

test('an endpoint that let a deadline pass is not begun with again', async () => {
  const silent = await serve(() => {});
  const second = await serve(fine);
  const client = connect([silent, second]);
  expect((await failureOf(client.call('GET', '/version', {}, { deadlineMs: 150 }))).code).toBe(
    'TIMEOUT',
  );
  expect((await client.call('GET', '/version')).endpoint).toBe(`127.0.0.1:${second.port}`);
});

test('a node its cluster cannot reach is not asked for through every endpoint', async () => {
  const first = await serve((_r, s) => reply(s, '595 No route to host'));
  const second = await serve(fine);
  const failure = await failureOf(connect([first, second]).call('GET', '/nodes/pve9/status'));
  expect([failure.code, failure.data.node]).toEqual(['NODE_UNREACHABLE', 'pve9']);
  expect(second.requests).toHaveLength(0);
});

test('at most four requests are open at once, over at most six connections', async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const server = await serve((_request, socket) => {
    most = Math.max(most, ++open);
    waiting.push(() => {
      open -= 1;
      json(socket, 1);
    });
  });
  const client = connect([server]);
  const calls = Promise.all(Array.from({ length: 10 }, () => client.call('GET', '/version')));
  for (let served = 0; served < 10; served++) {
    await until(() => waiting.length > 0, 'a request');
    waiting.shift()?.();
  }
  await calls;
  expect(most).toBeLessThanOrEqual(4);
  expect(server.connections().total).toBeLessThanOrEqual(6);
  expect(client.callsPerMinute()).toBe(10);
});

test('closing ends reads and lets a change that is on its way come back', async () => {
  let finish = () => {};
  const server = await serve((request, socket) => {
    if (request.method === 'POST') finish = () => json(socket, 'UPID');
  });
  const client = connect([server]);
  const read = failureOf(client.call('GET', '/version'));
  const change = client.call('POST', START);
  await until(() => server.requests.length === 2, 'both requests');
  const closed = client.close();
  expect((await read).code).toBe('ABORTED');
  finish();
  expect((await change).data).toBe('UPID');
  await closed;
  expect((await failureOf(client.call('POST', START))).code).toBe('ABORTED');
  expect(server.requests).toHaveLength(2);
});

test('the typed paths of proxmox-api go over the same connection', async () => {
  const server = await serve((_request, socket) => json(socket, [{ node: 'pve1' }]));
  const client = connect([server]);
  const nodes = await client.api().nodes.$get();
  expect(nodes).toEqual([{ node: 'pve1' }]);
  await client.api().nodes.$('pve1').qemu.$(100).config.$put({ tags: 'lab;exam', onboot: true });
  expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['GET', '/api2/json/nodes', ''],
    ['PUT', '/api2/json/nodes/pve1/qemu/100/config', 'tags=lab%3Bexam&onboot=1'],
  ]);
});

test('identifiers are encoded, and a path that climbs is refused', async () => {
  const server = await serve(fine);
  const client = connect([server]);
  await client.call('GET', '/nodes/pve1/storage/local/content/local:iso/a;b c?.iso', { x: 'ä;&' });
  expect(server.requests[0]?.path).toBe(
    '/api2/json/nodes/pve1/storage/local/content/local:iso/a%3Bb%20c%3F.iso?x=%C3%A4%3B%26',
  );
  expect((await failureOf(client.call('GET', '/nodes/../access/users'))).code).toBe(
    'INVALID_INPUT',
  );
  expect(server.requests).toHaveLength(1);
});
