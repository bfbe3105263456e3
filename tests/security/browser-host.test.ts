import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type BrowserHost, startBrowserHost } from '#electron/browser-host/host';
import { MAX_MESSAGE_BYTES, MAX_SOCKETS } from '#electron/core/local/rpc-sockets';
import { hostOptions } from '#tests/support/host';
import { tempFolder } from '#tests/support/temp-folder';

let folder: ReturnType<typeof tempFolder>;
let host: BrowserHost;
let base: string;

beforeEach(async () => {
  folder = tempFolder();
  const options = hostOptions(join(folder.path));
  const rendererDir = join(folder.path, 'renderer');
  mkdirSync(join(rendererDir, 'assets'), { recursive: true });
  writeFileSync(join(rendererDir, 'index.html'), 'the deck');
  writeFileSync(join(rendererDir, 'assets', 'app.js'), 'the script');
  writeFileSync(join(rendererDir, 'notes.md'), 'no type of the renderer');
  writeFileSync(join(folder.path, 'outside.html'), 'a file outside');
  const installation = { ...options.installation, rendererDir };
  host = await startBrowserHost({ ...options, installation });
  base = new URL(host.web.waitingUrl).pathname.replace('waiting', '');
});
afterEach(async () => {
  await host.close();
  folder.remove();
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The path goes out as it is: a browser or fetch would tidy it up. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port: host.web.port, path, method, headers });
  sent.end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

const signedIn = () => {
  const { cookie } = host.web.newSession();
  return { cookie: `${cookie.name}=${cookie.value}` };
};
const pathOf = (link: string) => new URL(link).pathname;
const origin = () => `http://127.0.0.1:${host.web.port}`;

/** @returns the status a WebSocket is refused with, or 101 */
async function knock(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${host.web.port}${path}`, { headers });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
  socket.terminate();
  return status;
}

test('a link opens the deck once and turns into a cookie no script can read', async () => {
  const link = pathOf(host.web.newLink());
  const first = await ask(link);
  expect(first.status).toBe(303);
  expect(first.headers.location).toBe(base);
  const [cookie = ''] = first.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(new RegExp(`; Path=${base}; HttpOnly; SameSite=Strict$`));
  const [pair = ''] = cookie.split(';');
  expect((await ask(base, { cookie: pair })).body).toBe('the deck');

  const replayed = await ask(link);
  expect(replayed.status).toBe(403);
  expect(replayed.headers['set-cookie']).toBeUndefined();
  expect(replayed.body).toContain('This link works no more');
});

test('a made-up link and a made-up cookie are refused', async () => {
  expect((await ask(`${base}open/${'A'.repeat(43)}`)).status).toBe(403);
  expect((await ask(`${base}open/`)).status).toBe(403);
  expect((await ask(base, { cookie: 'clusterdeck=' })).status).toBe(403);
  expect((await ask(base, { cookie: `clusterdeck=${'A'.repeat(43)}` })).status).toBe(403);
});

test('looking at a link does not use it up', async () => {
  const link = pathOf(host.web.newLink());
  expect((await ask(link, {}, 'HEAD')).status).toBe(403);
  expect((await ask(link, { 'sec-purpose': 'prefetch' })).status).toBe(403);
  expect((await ask(link)).status).toBe(303);
});

test('without a session neither page nor script is given, and the page says what to do', async () => {
  for (const path of ['/', base, `${base}assets/app.js`, '/favicon.ico', '/rpc']) {
    const answer = await ask(path);
    expect([path, answer.status]).toEqual([path, 403]);
    expect(answer.body).toContain('Start it again');
  }
});

test('a session is of no use outside of the random path', async () => {
  expect((await ask('/', signedIn())).status).toBe(403);
  expect(base).toMatch(/^\/deck-[0-9a-f]{24}\/$/);
});

test('a foreign Host header is refused, as after DNS rebinding', async () => {
  const wrong = ['evil.test', `evil.test:${host.web.port}`, '127.0.0.1', '127.0.0.1:1'];
  for (const name of wrong) {
    const answer = await ask(base, { ...signedIn(), host: name });
    expect([name, answer.status]).toEqual([name, 421]);
    expect(await knock(`${base}rpc`, { ...signedIn(), host: name, origin: origin() })).toBe(421);
  }
});

test('a WebSocket needs our own origin and a session', async () => {
  const path = `${base}rpc`;
  const session = signedIn();
  expect(await knock(path, { ...session, origin: origin() })).toBe(101);
  expect(await knock(path, session)).toBe(403);
  for (const foreign of ['null', 'http://evil.test', `http://127.0.0.1:${host.web.port + 1}`]) {
    expect([foreign, await knock(path, { ...session, origin: foreign })]).toEqual([foreign, 403]);
  }
  expect(await knock(path, { origin: `https://127.0.0.1:${host.web.port}`, ...session })).toBe(403);
  expect(await knock(path, { origin: origin() })).toBe(403);
  expect(await knock(path, { origin: origin(), cookie: 'clusterdeck=x' })).toBe(403);
  expect(await knock('/rpc', { ...session, origin: origin() })).toBe(404);
});

test('no path leads out of the renderer', async () => {
  const tries = [
    '../outside.html',
    '..%2foutside.html',
    '%2e%2e/outside.html',
    'assets/../../outside.html',
    'assets/..%5c..%5coutside.html',
    './outside.html',
    '//outside.html',
    'outside.html%00.js',
    'assets',
    'assets/',
    'notes.md',
  ];
  for (const path of tries) {
    const answer = await ask(base + path, signedIn());
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.body).not.toContain('a file outside');
  }
  const absolute = await ask(`${origin()}${base}../outside.html`, signedIn());
  expect(absolute.body).not.toContain('a file outside');
});

test('only GET and HEAD are answered', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
    const answer = await ask(base, signedIn(), method);
    expect([method, answer.status]).toEqual([method, 405]);
    expect(answer.headers.allow).toBe('GET, HEAD');
  }
  const head = await ask(`${base}assets/app.js`, signedIn(), 'HEAD');
  expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '10']);
});

test('every answer carries the policy, and no other site may read or frame it', async () => {
  const answers = [
    await ask(base, signedIn()),
    await ask(base),
    await ask('/', { host: 'evil.test' }),
    await ask(host.web.newLink().slice(origin().length)),
    await ask(`${base}nothing`, signedIn()),
  ];
  for (const { headers } of answers) {
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('the plain pages may use their one style and no other inline one', async () => {
  const { body, headers } = await ask(base);
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(String(body)) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  const policy = headers['content-security-policy'];
  expect(style).not.toBe('');
  expect(policy).toContain(`style-src 'self' 'sha256-${digest}';`);
});

test('it listens on loopback only', async () => {
  const socket = connect(host.web.port, '127.0.0.2');
  const [error] = await once(socket, 'error');
  expect(error.code).toBe('ECONNREFUSED');
});

test('the number of sockets is bounded, and a closed one makes room', async () => {
  const headers = { ...signedIn(), origin: origin() };
  const url = `ws://127.0.0.1:${host.web.port}${base}rpc`;
  const open = await Promise.all(
    Array.from({ length: MAX_SOCKETS }, async () => {
      const socket = new WebSocket(url, { headers });
      await once(socket, 'open');
      return socket;
    }),
  );
  expect(await knock(`${base}rpc`, headers)).toBe(503);
  const [first] = open;
  first?.close();
  if (first) await once(first, 'close');
  await expect.poll(() => knock(`${base}rpc`, headers), { timeout: 10_000 }).toBe(101);
  for (const socket of open) socket.terminate();
});

test('a message that is too large ends its socket and nothing else', async () => {
  const headers = { ...signedIn(), origin: origin() };
  const socket = new WebSocket(`ws://127.0.0.1:${host.web.port}${base}rpc`, { headers });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
  const [code] = await once(socket, 'close');
  expect([1006, 1009]).toContain(code);
  expect((await ask(base, signedIn())).status).toBe(200);
});

test.each(['', '{', '[]', 'null', '{"i":1,"t":1}', '{"i":"1","p":{"u":"/clusters/list"', '\u0000'])(
  'a senseless message ends its socket and nothing else: %j',
  async (text) => {
    const headers = { ...signedIn(), origin: origin() };
    const socket = new WebSocket(`ws://127.0.0.1:${host.web.port}${base}rpc`, { headers });
    await once(socket, 'open');
    socket.send(text.startsWith('\u0000') ? Buffer.from([0, 255, 1]) : text);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1007);
    expect((await ask(base, signedIn())).status).toBe(200);
  },
);

test('a peer that is frozen does not hold up the end', async () => {
  const frozen = connect(host.web.port, '127.0.0.1');
  const lines = [
    `GET ${base}rpc HTTP/1.1`,
    `Host: 127.0.0.1:${host.web.port}`,
    `Origin: ${origin()}`,
    `Cookie: ${signedIn().cookie}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  frozen.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = await once(frozen, 'data');
  expect(String(answer)).toContain('101 Switching Protocols');
  frozen.pause();
  const start = performance.now();
  await host.close();
  expect(performance.now() - start).toBeLessThan(10_000);
  frozen.destroy();
});

test('links and sessions end with the host', async () => {
  const link = pathOf(host.web.newLink());
  const session = signedIn();
  await host.close();
  host = await startBrowserHost({
    ...hostOptions(folder.path),
    installation: { ...hostInstallation() },
  });
  expect((await ask(link)).status).toBe(403);
  expect((await ask(base, session)).status).toBe(403);
});

const hostInstallation = () => ({
  version: '0.0.0-test',
  rendererDir: join(folder.path, 'renderer'),
  cliPath: '',
});
