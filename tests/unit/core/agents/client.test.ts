import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createAgentClient } from '#electron/core/agents/client';
import { readOverview } from '#electron/core/agents/overview';
import { machineAuthorities } from '#electron/core/trust/authorities';
import { Failure } from '#shared/contract/errors';
import { FakeClock } from '#tests/support/fake-clock';
import { overviewOf } from '#tests/support/overview';
import {
  reply,
  type Script,
  startTlsServer,
  type TestServer,
  until,
} from '#tests/support/tls-server';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const TOKEN = 'cdk_abc_0123456789abcdef';
const DRAIN = '/api/v1/slurm/nodes/a1/drain';
const OVERVIEW = '/api/v1/overview';

async function serve(script: Script): Promise<TestServer> {
  const server = await startTlsServer(script);
  cleanups.push(() => server.close());
  return server;
}

function connect(servers: readonly TestServer[], options: { pin?: string; token?: string } = {}) {
  const clock = new FakeClock();
  const client = createAgentClient({
    clusterId: 'atelier',
    endpoints: servers.map(({ port, certificate }) => ({
      host: '127.0.0.1',
      port,
      pin: options.pin ?? certificate.fingerprint,
    })),
    verify: 'pin',
    trust: machineAuthorities(),
    token: async () => options.token ?? TOKEN,
    clock,
  });
  cleanups.push(() => client.close());
  return { client, clock };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const says =
  (document: unknown, status = '200 OK'): Script =>
  (_request, socket) =>
    reply(socket, status, JSON.stringify(document), JSON_TYPE);
const refuses = (status: string, code: string, more: object = {}): Script =>
  says({ ok: false, code, message: `Refused: ${code}.`, remedy: 'Do this.', ...more }, status);
const resets: Script = (_request, socket) => void socket.destroy();
const never: Script = () => {};

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const reason = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (reason instanceof Failure) return reason;
  throw reason;
}

test('the token goes in a header, and only after the certificate was found to be the pinned one', async () => {
  const server = await serve(says({ hello: 'world' }));
  const { client } = connect([server]);
  expect((await client.get('/api/v1/status')).data).toEqual({ hello: 'world' });
  expect(server.requests[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
  const before = server.bytes();
  const other = connect([server], { pin: Array(32).fill('00').join(':') });
  expect((await failureOf(other.client.get('/api/v1/status'))).code).toBe('TLS_CHANGED');
  expect(server.bytes()).toBe(before);
});

test('what is no token is never sent', async () => {
  const server = await serve(says({}));
  const { client } = connect([server], { token: 'one\r\nX-Evil: two' });
  expect((await failureOf(client.get('/api/v1/status'))).code).toBe('AUTH_FAILED');
  expect(server.requests).toEqual([]);
});

test.each([
  ['401 Unauthorized', 'token-expired', 'AUTH_FAILED'],
  ['403 Forbidden', 'permission-denied', 'PERMISSION_DENIED'],
  ['404 Not Found', 'not-found', 'NOT_FOUND'],
  ['400 Bad Request', 'invalid-input', 'INVALID_INPUT'],
  ['409 Conflict', 'something-new', 'REVISION_CHANGED'],
  ['503 Service Unavailable', 'no-quorum', 'NO_QUORUM'],
  ['502 Bad Gateway', 'server-error', 'SERVER_ERROR'],
  ['403 Forbidden', 'vault-locked', 'PERMISSION_DENIED'],
] as const)('%s with %s is %s, in the words of the agent', async (status, code, expected) => {
  const server = await serve(refuses(status, code));
  const failure = await failureOf(connect([server]).client.get(OVERVIEW));
  expect([failure.code, failure.message, failure.data.remedy]).toEqual([
    expected,
    `Refused: ${code}.`,
    'Do this.',
  ]);
  expect(failure.data).toMatchObject({ cluster: 'atelier', status: Number(status.slice(0, 3)) });
});

test('a refusal that repeats the token does not get it to the screen', async () => {
  const server = await serve(
    says({ ok: false, code: 'x', message: `Bad ${TOKEN}`, remedy: TOKEN }, '401 Unauthorized'),
  );
  const failure = await failureOf(connect([server]).client.get(OVERVIEW));
  expect(JSON.stringify([failure.message, failure.data])).not.toContain(TOKEN);
});

test.each<[string, Script]>([
  ['Prometheus', says({ status: 'success', data: { resultType: 'vector', result: [] } })],
  [
    'a web page',
    (_r, socket) => reply(socket, '200 OK', '<html>', { 'content-type': 'text/html' }),
  ],
  ['a redirect', (_r, socket) => reply(socket, '302 Found', '', { location: '/login' })],
  ['a plain 404', (_r, socket) => reply(socket, '404 Not Found', '404 page not found\n')],
  ['no HTTP', (_r, socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
])('%s is no node agent, and the remedy names the port', async (_what, script) => {
  const server = await serve(script);
  const { client } = connect([server]);
  const failure = await failureOf(
    client.get(OVERVIEW).then(({ data, endpoint }) => readOverview(data, endpoint)),
  );
  expect(failure.code).toBe('NOT_AGENT');
  expect(failure.data.remedy).toContain('9090');
});

test.each<[string, Script]>([
  ['broken JSON', (_r, socket) => reply(socket, '200 OK', '{"status', JSON_TYPE)],
  ['an overview with a hole', says({ ...overviewOf(), cluster: null })],
])('%s is told as an answer that makes no sense', async (_what, script) => {
  const server = await serve(script);
  const { client } = connect([server]);
  const failure = await failureOf(
    client.get(OVERVIEW).then(({ data, endpoint }) => readOverview(data, endpoint)),
  );
  expect(failure.code).toBe('BAD_RESPONSE');
});

test('an answer that is too large is refused, packed or not', async () => {
  const large = 'x'.repeat(300_000);
  const plain = await serve((_r, socket) => reply(socket, '200 OK', large, JSON_TYPE));
  const packed = await serve((_r, socket) =>
    reply(socket, '200 OK', gzipSync(large), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
  );
  for (const server of [plain, packed]) {
    const { client } = connect([server]);
    const failure = await failureOf(client.get(OVERVIEW, { maxBytes: 100_000 }));
    expect(failure.code).toBe('RESPONSE_TOO_LARGE');
  }
});

test('reads go on to the next agent, and stay with the one that answered', async () => {
  const first = await serve(resets);
  const second = await serve(says(overviewOf()));
  const { client } = connect([first, second]);
  expect((await client.get(OVERVIEW)).endpoint).toBe(`127.0.0.1:${second.port}`);
  const asked = first.requests.length;
  await client.get(OVERVIEW);
  expect([first.requests.length, second.requests.length]).toEqual([asked, 2]);
});

test('a refused token is not tried at the next agent', async () => {
  const first = await serve(refuses('401 Unauthorized', 'token-unknown'));
  const second = await serve(says(overviewOf()));
  expect((await failureOf(connect([first, second]).client.get(OVERVIEW))).code).toBe('AUTH_FAILED');
  expect(second.requests).toEqual([]);
});

test.each<[string, Script, string, 'unknown' | undefined]>([
  ['a lost answer', resets, 'UNREACHABLE', 'unknown'],
  ['a silent agent', never, 'TIMEOUT', 'unknown'],
  ['half an answer', (_r, s) => reply(s, '200 OK', '{"ok"', JSON_TYPE), 'BAD_RESPONSE', 'unknown'],
  ['a refusal', refuses('403 Forbidden', 'permission-denied'), 'PERMISSION_DENIED', undefined],
  ['an error of SLURM', refuses('502 Bad Gateway', 'server-error'), 'SERVER_ERROR', undefined],
  ['an end nobody saw', refuses('504 x', 'timeout', { outcome: 'unknown' }), 'TIMEOUT', 'unknown'],
  ['a proxy', (_r, s) => reply(s, '502 Bad Gateway', ''), 'UNREACHABLE', 'unknown'],
])('a change is sent once: %s', async (_what, script, code, outcome) => {
  const first = await serve(script);
  const second = await serve(says({ ok: true, state: 'drained', message: '' }));
  const { client } = connect([first, second]);
  const failure = await failureOf(client.post(DRAIN, { reason: 'fans' }, { deadlineMs: 700 }));
  expect([failure.code, failure.data.outcome]).toEqual([code, outcome]);
  expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
  expect(JSON.parse(first.requests[0]?.body ?? '')).toEqual({ reason: 'fans' });
});

test('a change goes to the next agent only where nothing of it was sent', async () => {
  const first = await serve(resets);
  await first.close();
  const second = await serve(says({ ok: true, state: 'drained', message: '' }));
  const { client } = connect([first, second]);
  expect((await client.post(DRAIN, { reason: 'fans' })).data).toMatchObject({ state: 'drained' });
});

test('an aborted call ends at once and closes its connection', async () => {
  const server = await serve(never);
  const { client } = connect([server]);
  const abort = new AbortController();
  const failing = failureOf(client.get(OVERVIEW, { signal: abort.signal }));
  await until(() => server.requests.length === 1, 'the request');
  abort.abort();
  expect((await failing).code).toBe('ABORTED');
  await until(() => server.connections().open === 0, 'the closing');
});

const STREAM = { 'content-type': 'text/event-stream' };
const begin = `HTTP/1.1 200 OK\r\ncontent-type: ${STREAM['content-type']}\r\n\r\n`;

test('events are heard as they come, whole ones only, until the stream ends', async () => {
  const server = await serve((_request, socket) => {
    socket.write(`${begin}: hello\n\nid: 1\ndata: {"kind":"jo`);
    setTimeout(() => socket.end('bs"}\n\nevent: x\ndata: no json\n\ndata: {"half":'), 20);
  });
  const { client } = connect([server]);
  const heard: unknown[] = [];
  await client.events((data) => heard.push(data), new AbortController().signal);
  expect(heard).toEqual([{ kind: 'jobs' }, null]);
  expect(server.requests[0]).toMatchObject({
    path: '/api/v1/events',
    headers: { accept: 'text/event-stream', authorization: `Bearer ${TOKEN}` },
  });
});

test('a stream that says nothing for long is given up, and one that is ended ends quietly', async () => {
  const server = await serve((_request, socket) => void socket.write(`${begin}: hello\n\n`));
  const { client, clock } = connect([server]);
  const failing = failureOf(client.events(() => {}, new AbortController().signal));
  await until(() => server.requests.length === 1, 'the request');
  clock.advance(50_000);
  expect((await failing).code).toBe('TIMEOUT');

  const abort = new AbortController();
  const ending = client.events(() => {}, abort.signal);
  await until(() => server.requests.length === 2, 'the second request');
  abort.abort();
  await ending;
  await until(() => server.connections().open === 0, 'the closing');
});

test.each<[string, Script, string]>([
  ['a refusal', refuses('401 Unauthorized', 'token-unknown'), 'AUTH_FAILED'],
  ['another answer', says({ hello: 'world' }), 'NOT_AGENT'],
  ['a flood without an end', (_r, s) => void s.write(begin + 'x'.repeat(200_000)), 'BAD_RESPONSE'],
])('a stream that is none fails: %s', async (_what, script, code) => {
  const server = await serve(script);
  const { client } = connect([server]);
  const failure = await failureOf(client.events(() => {}, new AbortController().signal));
  expect(failure.code).toBe(code);
});
