import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppWindow, openAppWindow } from '#electron/browser-host/window/app-window';
import { tempFolder } from '#tests/support/temp-folder';

const WITHIN = { timeout: 10_000 };
const SECRET = 'cookie-value-that-must-stay-hidden';
let folder: ReturnType<typeof tempFolder>;
let server: Server;
let base: string;
let seen: IncomingMessage[];
let page: string;
let waitingHangs: boolean;
let window: AppWindow | null;

beforeEach(async () => {
  folder = tempFolder();
  seen = [];
  page = '<title>deck</title>';
  window = null;
  waitingHangs = false;
  server = createServer((request, response) => {
    seen.push(request);
    response.setHeader('content-type', 'text/html');
    if (request.url === '/deck/') response.end(page);
    else if (!waitingHangs) response.end('<title>waiting</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});
afterEach(async () => {
  await window?.close();
  server.closeAllConnections();
  server.close();
  folder.remove();
});

const open = async () => {
  window = await openAppWindow({
    executable: process.env['CLUSTERDECK_BROWSER'] ?? '/usr/bin/chromium',
    profileDir: join(folder.path, 'profile'),
    waitingUrl: `${base}/deck/waiting`,
    session: {
      pageUrl: `${base}/deck/`,
      cookie: { name: 'clusterdeck', value: SECRET, path: '/deck/' },
    },
    switches: ['--headless', '--disable-gpu', '--disable-quic'],
  });
  return window;
};

/** Every process's command line and environment, as other programs of this user can read them. */
async function processList(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (path: string) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  return pids.map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`)).join('\n');
}

test('the window gets its session over the pipe; the process list never shows it', async () => {
  await open();
  await expect.poll(() => seen.some(({ url }) => url === '/deck/'), WITHIN).toBe(true);
  const [visit] = seen.filter(({ url }) => url === '/deck/');
  expect(visit?.headers.cookie).toBe(`clusterdeck=${SECRET}`);
  const list = await processList();
  expect(list).toContain('/deck/waiting');
  expect(list).not.toContain(SECRET);
});

test('the cookie goes to its path only', async () => {
  page = '<title>deck</title><img src="/elsewhere">';
  await open();
  await expect.poll(() => seen.find(({ url }) => url === '/elsewhere'), WITHIN).toBeDefined();
  const elsewhere = seen.find(({ url }) => url === '/elsewhere');
  expect(elsewhere?.headers.cookie).toBeUndefined();
});

test('the page cannot read its session', async () => {
  page = '<title>deck</title><script>new Image().src = `/said?${document.cookie}`</script>';
  await open();
  await expect
    .poll(() => seen.find(({ url }) => url?.startsWith('/said'))?.url, WITHIN)
    .toBe('/said?');
});

test('closing the page ends the browser, and whoever waits for it hears of it', async () => {
  // a script may close its window only while that has no history
  waitingHangs = true;
  page = '<title>deck</title><script>setTimeout(() => window.close(), 300)</script>';
  const opened = await open();
  await expect(opened.closed).resolves.toBeUndefined();
  window = null;
});

test('a program that is no browser fails instead of hanging', async () => {
  const opening = openAppWindow({
    executable: '/bin/true',
    profileDir: folder.path,
    waitingUrl: base,
    session: { pageUrl: base, cookie: { name: 'c', value: 'v', path: '/' } },
  });
  await expect(opening).rejects.toThrow(/browser/);
});
