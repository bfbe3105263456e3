import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleHandler, isBundleUrl } from '#electron/shell/protocol';

const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-protocol-'));
const root = join(folder, 'renderer');
const get = (url: string, method = 'GET') => bundleHandler(root)(new Request(url, { method }));

beforeAll(() => {
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>Deck</title>');
  writeFileSync(join(root, 'assets', 'app.js'), 'export {};');
  writeFileSync(join(root, 'assets', 'notes.txt'), 'not for the page');
  writeFileSync(join(folder, 'store.js'), 'secret');
  mkdirSync(join(folder, 'renderer-else'));
  writeFileSync(join(folder, 'renderer-else', 'x.js'), 'secret');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the page and its files are served with their types', async () => {
  const page = await get('app://bundle/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<title>Deck');
  const script = await get('app://bundle/assets/app.js?v=1');
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
});

test('every answer forbids scripts, frames and connections from elsewhere', async () => {
  for (const url of ['app://bundle/', 'app://bundle/none.js']) {
    const { headers } = await get(url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-eval');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

describe('what lies outside of the bundle stays there', () => {
  test.each([
    'app://bundle/../store.js',
    'app://bundle/%2e%2e/store.js',
    'app://bundle/..%2fstore.js',
    'app://bundle/assets/..%2f..%2fstore.js',
    'app://bundle/..%5cstore.js',
    'app://bundle/..%2frenderer-else/x.js',
    'app://bundle/%2fetc/hostname.js',
    'app://bundle/assets/app.js%00.png',
    'app://bundle/%zz.js',
    'app://bundle/assets',
    'app://bundle/assets/notes.txt',
    'app://other/index.html',
    'app://bundle.evil/index.html',
  ])('%s', async (url) => {
    const answer = await get(url);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('');
  });
});

test('only reading is possible', async () => {
  expect((await get('app://bundle/', 'POST')).status).toBe(405);
  const head = await get('app://bundle/', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('an address of the bundle is told by scheme and host, since its origin is "null"', () => {
  expect(new URL('app://bundle/x').origin).toBe('null');
  expect(isBundleUrl('app://bundle/#/clusters')).toBe(true);
  for (const url of ['app://evil/', 'https://bundle/', 'data:text/html,x', 'null', '', 'bundle']) {
    expect(isBundleUrl(url)).toBe(false);
  }
});
