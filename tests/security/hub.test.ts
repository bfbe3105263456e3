import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, test } from 'vitest';
import type { HubOptions } from '#electron/core/hub/hub';
import { openCore } from '#tests/support/core';
import { FakeClock } from '#tests/support/fake-clock';
import { callHub, type HubCall, withHub } from '#tests/support/hub';
import { MemoryKeychain, testPorts } from '#tests/support/ports';

const PASSWORD = 'correct horse 7';
const CONFIG = '/api/cluster-config';
const lab = (id: string) => ({
  cluster_id: id,
  name: `Lab ${id}`,
  host: '127.0.0.1',
  port: 9,
  user: 'root@pam',
  password: PASSWORD,
});
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A hub with an administrator's and a stranger's calls to it. */
async function openHub(options: Partial<HubOptions> = {}, clock = new FakeClock(Date.now())) {
  const opened = await openCore({ clock: { ...testPorts().clock, now: () => clock.now() } });
  const hub = await withHub(opened, options);
  const token = options.token ?? hub.newToken ?? '';
  const stranger = (call: HubCall = {}) => callHub(hub, call);
  const admin = (call: HubCall = {}) => callHub(hub, { token, ...call });
  const signIn = (password: string) => {
    const body = new URLSearchParams({ username: 'admin', password }).toString();
    return stranger({ method: 'POST', path: '/login', headers: FORM, body });
  };
  return { ...opened, hub, token, clock, stranger, admin, signIn };
}

test('without credentials nothing is read, changed or tried out', async () => {
  const { admin, stranger, client } = await openHub();
  await admin({ method: 'POST', body: lab('one') });
  for (const [method, path, body] of [
    ['GET', CONFIG],
    ['HEAD', CONFIG],
    ['POST', CONFIG, lab('two')],
    ['PUT', `${CONFIG}/1`, { name: 'Taken' }],
    ['DELETE', `${CONFIG}/1`],
    ['POST', `${CONFIG}/1/test`],
  ] as const) {
    const call = { method, path, ...(body !== undefined && { body }) };
    const anonymous = await stranger(call);
    expect([method, anonymous.status]).toEqual([method, 302]);
    expect(anonymous.headers['location']).toMatch(/^\/login\?next=/);
    const forged = await stranger({ ...call, headers: { cookie: 'session=x; session=' } });
    expect([method, forged.status]).toEqual([method, 302]);
    expect(anonymous.text + forged.text).not.toContain('Lab one');
  }
  expect((await stranger({ token: 'x'.repeat(43) })).status).toBe(401);
  expect((await stranger({ headers: { authorization: 'Basic YWRtaW46eA==' } })).status).toBe(302);
  expect((await client.clusters.list()).map(({ name }) => name)).toEqual(['Lab one']);
});

test('guessing is slowed down for token and form together, and a session goes on meanwhile', async () => {
  const { stranger, admin, signIn, token, clock } = await openHub();
  const session = (await signIn(token)).headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
  for (const guess of ['one', 'two', 'three']) {
    expect((await stranger({ token: guess })).status).toBe(401);
  }
  for (const guess of ['four', 'five']) expect((await signIn(guess)).status).toBe(200);
  const [form, bearer] = [await signIn(token), await admin()];
  expect([form.status, bearer.status]).toEqual([429, 429]);
  expect(Number(bearer.headers['retry-after'])).toBeGreaterThan(0);
  expect((await stranger({ headers: { cookie: session } })).status).toBe(200);
  clock.advance(301_000);
  expect((await admin()).status).toBe(200);
});

test('a session is bound to its cookie, out of reach of scripts, and ends', async () => {
  const { stranger, signIn, token, clock } = await openHub();
  const login = await signIn(token);
  const [cookie = ''] = login.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^session=[\w-]{43}; HttpOnly; Path=\/; SameSite=Lax; Secure$/);
  expect(cookie).not.toContain(token);
  const headers = { cookie: cookie.split(';', 1)[0] ?? '' };
  expect((await stranger({ headers })).status).toBe(200);
  clock.advance(13 * 60 * 60_000);
  expect((await stranger({ headers })).status).toBe(302);
  const [next = ''] = (await signIn(token)).headers['set-cookie'] ?? [];
  const fresh = { cookie: next.split(';', 1)[0] ?? '' };
  const out = await stranger({ path: '/logout', headers: fresh });
  expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
  expect((await stranger({ headers: fresh })).status).toBe(302);
});

test('another page’s form, sent along with a session, changes nothing', async () => {
  const { stranger, signIn, token, client } = await openHub();
  const [cookie = ''] = (await signIn(token)).headers['set-cookie'] ?? [];
  for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
    const headers = { cookie: cookie.split(';', 1)[0] ?? '', 'content-type': type };
    const body = JSON.stringify(lab('one'));
    const answer = await stranger({ method: 'POST', path: CONFIG, headers, body });
    expect(answer.status).toBe(400);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }
  expect(await client.clusters.list()).toEqual([]);
});

test('no secret is in any answer, log or file, whatever goes wrong', async () => {
  const keychain = new MemoryKeychain();
  const ports = testPorts({ protectors: [keychain] });
  const opened = await openCore(ports);
  const hub = await withHub({ ...opened, ports });
  const token = hub.newToken ?? '';
  const other = 'another secret 8';
  const answers = [];
  for (const call of [
    { method: 'POST', body: lab('one') },
    { method: 'POST', body: lab('one') },
    { method: 'POST', body: { ...lab('two'), name: null } },
    { method: 'POST', body: { ...lab('two'), verify_ssl: 'yes' } },
    { method: 'POST', body: { ...lab('two'), user: 'deck@pve!desk', password: '' } },
    { method: 'POST', body: JSON.stringify(lab('two')).slice(0, -1) },
    { method: 'PUT', path: `${CONFIG}/1`, body: { password: other, port: 'x' } },
    { method: 'PUT', path: `${CONFIG}/1`, body: { password: other } },
    { method: 'PUT', path: `${CONFIG}/9`, body: { password: other } },
    { method: 'POST', path: `${CONFIG}/1/test` },
    { method: 'GET', path: `${CONFIG}/1/storage` },
    { method: 'GET' },
    { method: 'DELETE', path: `${CONFIG}/1` },
  ]) {
    answers.push(await callHub(hub, { token, ...call }));
  }
  expect(answers.map(({ status }) => status)).toEqual([
    200, 400, 400, 400, 400, 400, 400, 200, 404, 500, 500, 200, 400,
  ]);
  const said = answers.map(({ text, headers }) => text + JSON.stringify(headers)).join('\n');
  const logged = JSON.stringify(ports.lines);
  await opened.close();
  const stored = filesBelow(ports.paths.dataDir).map((file) => readFileSync(file, 'latin1'));
  for (const where of [said, logged, ...stored]) {
    for (const secret of [PASSWORD, other, token, 'PRIVATE KEY'])
      expect(where).not.toContain(secret);
  }
});

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile());

test('a password that cannot be sealed is refused whole', async () => {
  const keychain = new MemoryKeychain();
  const opened = await openCore({ protectors: [keychain] });
  const hub = await withHub(opened);
  const token = hub.newToken ?? '';
  await callHub(hub, { token, method: 'POST', body: lab('one') });
  opened.core.vault.close();
  const answer = await callHub(hub, { token, method: 'POST', body: lab('two') });
  expect(answer.status).toBe(503);
  expect(answer.json()['ok']).toBe(false);
  const renamed = { method: 'PUT', path: `${CONFIG}/1`, body: { name: 'New', password: 'x' } };
  expect((await callHub(hub, { token, ...renamed })).status).toBe(503);
  const left = await opened.client.clusters.list();
  expect(left.map(({ name }) => name)).toEqual(['Lab one']);
});

test('a protected cluster and the last one are not removed from afar', async () => {
  const { admin, client } = await openHub();
  await admin({ method: 'POST', body: lab('one') });
  await admin({ method: 'POST', body: lab('two') });
  const two = await client.clusters.get({ ref: 'two' });
  await client.clusters.update({ uuid: two.uuid, changes: { protected: true } });
  const kept = await admin({ method: 'DELETE', path: `${CONFIG}/${two.number}` });
  expect([kept.status, kept.json()['error']]).toEqual([400, expect.stringContaining('protected')]);
  expect((await admin({ method: 'DELETE', path: `${CONFIG}/1` })).status).toBe(200);
  const last = await admin({ method: 'DELETE', path: `${CONFIG}/2` });
  expect(last.json()['error']).toBe('Cannot delete the last cluster');
});

test('viewer mode, a read-only cluster and the app lock hold from afar as they do at the desk', async () => {
  const { admin, client } = await openHub();
  await admin({ method: 'POST', body: lab('one') });
  await admin({ method: 'POST', body: lab('two') });
  const one = await client.clusters.get({ ref: 'one' });
  await client.clusters.update({ uuid: one.uuid, changes: { readOnly: true } });
  const rename = (number: number) =>
    admin({ method: 'PUT', path: `${CONFIG}/${number}`, body: { name: 'New' } });
  expect((await rename(1)).status).toBe(403);
  expect((await admin({ method: 'DELETE', path: `${CONFIG}/1` })).status).toBe(403);
  expect((await rename(2)).status).toBe(200);
  await client.access.setViewer({ viewer: true });
  for (const call of [
    { method: 'POST', body: lab('three') },
    { method: 'PUT', path: `${CONFIG}/2`, body: { name: 'Newer' } },
    { method: 'DELETE', path: `${CONFIG}/2` },
  ]) {
    expect((await admin(call)).status).toBe(403);
  }
  expect((await admin()).status).toBe(200);
  await client.access.setLock({ passphrase: 'a lock of the desk' });
  await client.access.lock();
  const locked = await admin();
  expect([locked.status, locked.text]).toEqual([503, expect.not.stringContaining('Lab')]);
  await client.access.unlock({ passphrase: 'a lock of the desk' });
  await client.access.setViewer({ viewer: false, passphrase: 'a lock of the desk' });
  const names = (await client.clusters.list()).map(({ name }) => name);
  expect(names.toSorted()).toEqual(['Lab one', 'New']);
});

test('a body beyond any record is refused, announced or not, and nothing of it is kept', async () => {
  const { hub, admin, token, client } = await openHub();
  const body = { ...lab('one'), description: 'x'.repeat(300_000) };
  expect((await admin({ method: 'POST', body })).status).toBe(413);
  const socket = await openTls(hub.port);
  socket.write(
    `POST ${CONFIG} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  socket.write(`40001\r\n${'x'.repeat(0x40001)}\r\n`);
  expect(await read(socket)).toMatch(/^HTTP\/1\.1 413 /);
  expect(await client.clusters.list()).toEqual([]);
});

test('who sends slowly, or nothing, is let go of', async () => {
  const patience = { handshake: 150, headers: 150, request: 300, idle: 100 };
  const { hub, admin } = await openHub({ patience });
  const silent = connect(hub.port, '127.0.0.1');
  const shy = await openTls(hub.port);
  const slow = await openTls(hub.port);
  slow.write(`GET ${CONFIG} HTTP/1.1\r\nHost: x\r\nX-A: `);
  const halting = await openTls(hub.port);
  halting.write(`POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nuser`);
  await Promise.all([silent, shy, slow, halting].map((socket) => read(socket)));
  expect((await admin()).status).toBe(200);
});

test('it listens on this machine alone unless told otherwise', async () => {
  const { hub } = await openHub();
  expect(new URL(hub.url).hostname).toBe('127.0.0.1');
  // on Linux all of 127/8 is this machine: a server on every address would answer here
  const other = connect(hub.port, '127.0.0.2');
  await expect(once(other, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('it speaks TLS 1.2 or newer and nothing in clear', async () => {
  const { hub } = await openHub();
  const plain = connect(hub.port, '127.0.0.1');
  plain.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await read(plain)).not.toContain('200');
  const old = connectTls({
    port: hub.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await expect(once(old, 'secureConnect')).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_SSL/),
  });
});

test('its pages may load nothing and stand in no frame, and no answer is cached', async () => {
  const { stranger, admin } = await openHub();
  for (const answer of [
    await stranger({ path: '/login' }),
    await admin(),
    await admin({ path: '/x' }),
  ]) {
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
});

async function openTls(port: number) {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything until the other side ends, however it does. */
async function read(socket: ReturnType<typeof connect>): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => {});
  if (!socket.closed) await once(socket, 'close');
  return text;
}
