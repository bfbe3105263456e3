import { afterEach, describe, expect, test } from 'vitest';
import type { SessionClient } from '#electron/core/pve/client';
import { FakeClock } from '#tests/support/fake-clock';
import {
  json,
  reply,
  type SeenRequest,
  startTlsServer,
  type TestServer,
} from '#tests/support/tls-server';
import { clientOf, failureOf, PASSWORD, TOKEN, TOKEN_SECRET } from './support';

const MINUTE = 60_000;
const HALF = 'PVE:!tfa!{"recovery"%3A[],"totp"%3Atrue,"yubico"%3Atrue}:6B01F244::aGFsZg==';
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A server that knows one account, hands out numbered tickets and refuses those it has revoked. */
class Realm {
  readonly revoked = new Set<string>();
  readonly logins: URLSearchParams[] = [];
  secondFactor = false;
  password = 'correct horse; battery';
  refuseTickets = false;
  server: TestServer | null = null;

  async start(): Promise<TestServer> {
    this.server = await startTlsServer((request, socket) => {
      if (request.path === '/api2/json/access/ticket') return this.#login(request, socket);
      if (this.#authentic(request)) return json(socket, request.method);
      return reply(socket, '401 Authentication failed!', '', { connection: 'close' });
    });
    cleanups.push(() => this.server?.close() ?? Promise.resolve());
    return this.server;
  }

  #login(request: SeenRequest, socket: Parameters<typeof json>[0]): void {
    const form = new URLSearchParams(request.body);
    this.logins.push(form);
    const password = form.get('password') ?? '';
    const full = () => {
      const ticket = `PVE:${form.get('username')}:6B01F2${this.logins.length}::dGlja2V0`;
      json(socket, { ticket, CSRFPreventionToken: `csrf${this.logins.length}` });
    };
    const refuse = () => {
      const type = { 'content-type': 'application/json' };
      reply(
        socket,
        '401 authentication failure',
        '{"data":null,"message":"authentication failure\\n"}',
        type,
      );
    };
    if (form.has('tfa-challenge'))
      return password === 'totp:123456' && form.get('tfa-challenge') === HALF ? full() : refuse();
    if (password.startsWith('PVE:')) return this.revoked.has(password) ? refuse() : full();
    if (password !== this.password) return refuse();
    return this.secondFactor
      ? json(socket, { ticket: HALF, CSRFPreventionToken: 'half', NeedTFA: 1 })
      : full();
  }

  #authentic({ method, headers }: SeenRequest): boolean {
    const ticket = decodeURIComponent((headers.cookie ?? '').replace('PVEAuthCookie=', ''));
    if (this.refuseTickets || this.revoked.has(ticket) || !/^PVE:[^!]/.test(ticket)) return false;
    return method === 'GET' || (headers.csrfpreventiontoken ?? '').startsWith('csrf');
  }
}

async function signedIn(wish: Parameters<typeof clientOf>[1] = {}) {
  const realm = new Realm();
  const server = await realm.start();
  const clock = new FakeClock();
  const client = clientOf([server], { account: PASSWORD, clock, ...wish });
  cleanups.push(() => client.close());
  return { realm, server, clock, client };
}

function get(client: SessionClient) {
  return client.call('GET', '/version');
}

describe('password sessions', () => {
  test('twenty parallel first calls share one login', async () => {
    const { realm, client } = await signedIn();
    await Promise.all(Array.from({ length: 20 }, () => get(client)));
    expect(realm.logins).toHaveLength(1);
    expect(realm.logins[0]?.get('password')).toBe('correct horse; battery');
    expect(realm.logins[0]?.get('new-format')).toBe('1');
  });

  test('the password stands in one body and nowhere else; changes carry the CSRF token', async () => {
    const { server, client } = await signedIn();
    await get(client);
    await client.call('PUT', '/nodes/pve1/qemu/100/config', { tags: 'a;b' });
    const [, read, change] = server.requests;
    expect(read?.headers.csrfpreventiontoken).toBeUndefined();
    expect(change?.headers.csrfpreventiontoken).toBe('csrf1');
    expect(change?.body).toBe('tags=a%3Bb');
    expect(
      server.requests.filter((request) => JSON.stringify(request).includes('horse')),
    ).toHaveLength(1);
  });

  test('a ticket is renewed by itself before its two hours end, without the password', async () => {
    const { realm, clock, client } = await signedIn();
    await get(client);
    clock.advance(89 * MINUTE);
    await get(client);
    expect(realm.logins).toHaveLength(1);
    clock.advance(2 * MINUTE);
    await Promise.all([get(client), get(client), get(client)]);
    expect(realm.logins).toHaveLength(2);
    expect(realm.logins[1]?.get('password')).toMatch(/^PVE:ada@pve:/);
    clock.advance(91 * MINUTE);
    await get(client);
    expect(realm.logins[2]?.get('password')).toMatch(/^PVE:ada@pve:/);
  });

  test('after a pause longer than a ticket lives it logs in with the password', async () => {
    const { realm, clock, client } = await signedIn();
    await get(client);
    clock.advance(10 * 60 * MINUTE);
    await get(client);
    expect(realm.logins.map((form) => form.get('password'))).toEqual(
      Array(2).fill('correct horse; battery'),
    );
  });

  test('a read whose ticket is refused logs in and repeats once', async () => {
    const { realm, server, client } = await signedIn();
    await get(client);
    realm.revoked.add('PVE:ada@pve:6B01F21::dGlja2V0');
    expect((await get(client)).data).toBe('GET');
    expect(realm.logins).toHaveLength(2);
    expect(server.requests.filter((request) => request.method === 'GET')).toHaveLength(3);
  });

  test('a change whose ticket is refused is not repeated; the next call has a new session', async () => {
    const { realm, server, client } = await signedIn();
    await get(client);
    realm.revoked.add('PVE:ada@pve:6B01F21::dGlja2V0');
    const failure = await failureOf(client.call('POST', '/nodes/pve1/qemu/100/status/start'));
    expect([failure.code, failure.data.outcome]).toEqual(['AUTH_FAILED', undefined]);
    expect(
      server.requests.filter((request) => request.path.includes('/status/start')),
    ).toHaveLength(1);
    expect((await get(client)).data).toBe('GET');
  });

  test('fresh tickets that are refused end in one failure and no storm of logins', async () => {
    const { realm, client } = await signedIn();
    realm.refuseTickets = true;
    expect((await failureOf(get(client))).code).toBe('AUTH_FAILED');
    const logins = realm.logins.length;
    for (let i = 0; i < 5; i++) expect((await failureOf(get(client))).code).toBe('AUTH_FAILED');
    expect(logins).toBe(2);
    expect(realm.logins).toHaveLength(logins);
  });

  test('a wrong password is tried once; a login on purpose tries again', async () => {
    const { realm, client } = await signedIn();
    realm.password = 'changed';
    const failures = await Promise.all([1, 2, 3].map(() => failureOf(get(client))));
    for (let i = 0; i < 3; i++) failures.push(await failureOf(get(client)));
    expect(failures.map(({ code }) => code)).toEqual(Array(6).fill('AUTH_FAILED'));
    expect(JSON.stringify(failures)).not.toContain('horse');
    expect(realm.logins).toHaveLength(1);
    realm.password = 'correct horse; battery';
    await client.logIn(null);
    expect((await get(client)).data).toBe('GET');
  });

  test('one caller giving up does not end the login the others wait for', async () => {
    const { client } = await signedIn();
    const abort = new AbortController();
    const first = failureOf(client.call('GET', '/version', {}, { signal: abort.signal }));
    const second = get(client);
    abort.abort();
    expect((await first).code).toBe('ABORTED');
    expect((await second).data).toBe('GET');
  });
});

describe('second factors', () => {
  test('the factors are named, nothing more is sent, and an answer opens the session', async () => {
    const { realm, client } = await signedIn();
    realm.secondFactor = true;
    for (let i = 0; i < 3; i++) {
      const { code, data } = await failureOf(get(client));
      expect([code, data.factors]).toEqual(['TFA_REQUIRED', ['totp', 'yubico']]);
    }
    expect(realm.logins).toHaveLength(1);
    const wrong = await failureOf(client.answerTfa({ kind: 'totp', code: '000000' }));
    expect(wrong.code).toBe('TFA_FAILED');
    expect((await failureOf(get(client))).code).toBe('TFA_REQUIRED');
    await client.answerTfa({ kind: 'totp', code: '123456' });
    expect((await get(client)).data).toBe('GET');
  });

  test('the session then lives on by renewal, without another code', async () => {
    const { realm, clock, client } = await signedIn({ factor: { kind: 'totp', code: '123456' } });
    realm.secondFactor = true;
    await get(client);
    for (let i = 0; i < 5; i++) {
      clock.advance(91 * MINUTE);
      await get(client);
    }
    expect(realm.logins.filter((form) => form.has('tfa-challenge'))).toHaveLength(1);
    expect(realm.logins).toHaveLength(7);
  });
});

describe('API tokens', () => {
  test('they need no login and no CSRF token', async () => {
    const server = await startTlsServer((_request, socket) => json(socket, 1));
    cleanups.push(() => server.close());
    const client = clientOf([server], { account: TOKEN });
    cleanups.push(() => client.close());
    await client.call('POST', '/pools', { poolid: 'x', comment: 'ü & ö' });
    const [request] = server.requests;
    expect(request?.headers.authorization).toBe(`PVEAPIToken=root@pam!desk=${TOKEN_SECRET}`);
    expect(request?.body).toBe('poolid=x&comment=%C3%BC%20%26%20%C3%B6');
    expect(server.requests).toHaveLength(1);
  });

  test('a server that echoes the token secret does not get it into a failure', async () => {
    const server = await startTlsServer((request, socket) =>
      reply(socket, `500 you sent ${request.headers.authorization}`, '', { connection: 'close' }),
    );
    cleanups.push(() => server.close());
    const client = clientOf([server], { account: TOKEN });
    cleanups.push(() => client.close());
    expect(JSON.stringify(await failureOf(get(client)))).not.toContain(TOKEN_SECRET);
  });
});
