import { afterAll, beforeAll, expect, test } from 'vitest';
import { PortalClient } from '#electron/core/sync/portal-client';
import { machineAuthorities } from '#electron/core/trust/authorities';
import { Failure } from '#shared/contract/errors';
import { bodyOf, type Exchange, recordedConversation } from '#tests/contract-portal/recorded';
import { LabPortal, type PortalCall, startPortal } from '#tests/support/portal';
import { reply, startTlsServer, type TestServer } from '#tests/support/tls-server';

const conversation = recordedConversation();
const recorded = (name: string): Exchange => {
  const found = conversation.find((exchange) => exchange.name === name);
  if (found === undefined) throw new Error(`Nothing was recorded as ${name}`);
  return found;
};

/** Answers with what was recorded, one after another, and keeps what it was asked. */
let server: TestServer;
const queue: Exchange[] = [];
beforeAll(async () => {
  server = await startTlsServer((_request, socket) => {
    const next = queue.shift();
    if (next === undefined) throw new Error('Nothing more was to be asked');
    const { status, headers, json } = next;
    const all = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    reply(
      socket,
      `${status} Recorded`,
      json === null ? '<!doctype html>' : JSON.stringify(json),
      all,
    );
  });
});
afterAll(() => server.close());

const signal = new AbortController().signal;
const trust = machineAuthorities();
function client(...answers: string[]) {
  queue.splice(0, queue.length, ...answers.map(recorded));
  server.requests.length = 0;
  return new PortalClient({
    url: `https://127.0.0.1:${server.port}`,
    auth: 'login',
    user: 'ada@pve',
    verify: 'pin',
    pin: server.certificate.fingerprint,
    secret: async () => 'correct horse',
    trust,
  });
}
const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error(`It should have failed: ${String(error)}`);
};
const asked = () => server.requests.map(({ method, path }) => `${method} ${path}`);

test('a login and a list are read as recorded, with the cookie on the second request', async () => {
  const portal = client('login', 'get');
  const [first] = await portal.list(signal);
  expect(first).toMatchObject({ id: 'c1', db_id: 1, admin_group: 'ops' });
  expect(asked()).toEqual(['POST /login', 'GET /api/cluster-config']);
  expect(server.requests[0]?.body).toBe('username=ada%40pve&password=correct+horse');
  expect(server.requests[1]?.headers['cookie']).toBe('session=eyJSCRUBBED');
  await portal.close();
});

test('a session that ended is made anew once, and the change goes on', async () => {
  const portal = client('login', 'get', 'get-after-logout', 'login', 'put-partial');
  await portal.list(signal);
  const answered = await portal.update(2, { priority: 10 }, signal);
  expect(answered).toMatchObject({ priority: 10, id: 'c2' });
  expect(asked().filter((line) => line.startsWith('PUT'))).toHaveLength(2);
  expect(server.requests[2]?.body).toBe(server.requests[4]?.body);
  await portal.close();
});

test.each<[string, string[], (portal: PortalClient) => Promise<unknown>, object]>([
  ['a wrong password', ['login-wrong'], (it) => it.list(signal), { code: 'AUTH_FAILED' }],
  [
    'a session that never holds',
    ['login', 'anon-get'],
    (it) => it.list(signal),
    { code: 'AUTH_FAILED' },
  ],
  ['no rights', ['login', 'bob-get-403'], (it) => it.list(signal), { code: 'PERMISSION_DENIED' }],
  ['another server', ['login', 'unknown-api'], (it) => it.list(signal), { code: 'UNSUPPORTED' }],
  ['an id twice', ['login', 'post-dup'], (it) => it.create({}, signal), { code: 'DUPLICATE_ID' }],
  [
    'a field missing',
    ['login', 'post-missing'],
    (it) => it.create({}, signal),
    { code: 'PARAMETER_REFUSED' },
  ],
  [
    'a cluster that is gone',
    ['login', 'put-404'],
    (it) => it.update(9, {}, signal),
    { code: 'NOT_FOUND' },
  ],
  [
    'the last cluster',
    ['login', 'delete-last'],
    (it) => it.remove(1, signal),
    { code: 'LAST_CLUSTER' },
  ],
])(
  '%s is told by its code, as something that was not done',
  async (_name, answers, call, expected) => {
    const portal = client(...answers);
    const failure = await failureOf(call(portal));
    expect(failure).toMatchObject(expected);
    expect(failure.data.outcome).toBeUndefined();
    expect(failure.data.remedy).toMatch(/^[A-Z].*\.$/);
    expect(queue).toEqual([]);
    await portal.close();
  },
);

test('an error of the portal that repeats the password tells nothing, and leaves the end open', async () => {
  const { json } = recorded('post-null-name');
  expect(JSON.stringify(json)).toContain('pw-two');
  const portal = client('login', 'post-null-name');
  const failure = await failureOf(portal.create({ password: 'pw-two' }, signal));
  expect(failure).toMatchObject({
    code: 'SERVER_ERROR',
    data: { status: 500, outcome: 'unknown' },
  });
  const everything = JSON.stringify([failure.view(), failure.stack, String(failure.cause)]);
  for (const secret of ['pw-two', 'INSERT', 'parameters', 'sqlite']) {
    expect(everything).not.toContain(secret);
  }
  await portal.close();
});

test('the simulated portal of these tests answers the conversation as the real one did', async () => {
  const running = await startPortal(new LabPortal());
  const { portal } = running;
  portal.add('c1', {
    name: 'Lab One',
    host: '127.0.0.1',
    user: 'ada@pve',
    admin_group: 'ops',
    is_default: true,
  });
  let cookie = '';
  for (const exchange of conversation) {
    const { name, status, json, headers } = exchange;
    // these ask a live cluster, an account that is not kept here, or what the portal never refused
    if (/^test-|^storage$|^groups$|local|mended/.test(name)) continue;
    const { method, path, body } = bodyOf(exchange);
    const call: PortalCall = { method, path, body, headers: { cookie } };
    const answer = portal.answer(call);
    const seen = { name, status: answer.status, location: answer.headers?.['location'] ?? null };
    expect(seen).toEqual({ name, status, location: headers['Location'] ?? null });
    cookie = /^session=[^;]*/.exec(answer.headers?.['set-cookie'] ?? '')?.[0] ?? cookie;
    if (json === null) continue;
    const timeless = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value, (key, part: unknown) =>
          key.endsWith('_at') ? 'time' : key === 'error' && status === 500 ? 'text' : part,
        ),
      );
    expect({ name, json: timeless(answer.json) }).toEqual({ name, json: timeless(json) });
  }
  await running.close();
});
