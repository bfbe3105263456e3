import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { portNumber } from '#electron/browser-host/numbers';
import { openExternal } from '#electron/browser-host/ports/external';
import { createPower } from '#electron/browser-host/ports/power';
import { createScreen } from '#electron/browser-host/screen';
import { Sessions } from '#electron/browser-host/web/sessions';
import { findBrowser, hasDisplay } from '#electron/browser-host/window/find-browser';
import { defaultDataDir, preparePaths } from '#electron/core/local/paths';
import { tempFolder } from '#tests/support/temp-folder';

let temp: ReturnType<typeof tempFolder>;
beforeEach(() => {
  temp = tempFolder();
});
afterEach(() => {
  vi.useRealTimers();
  temp.remove();
});

const home = '/home/ada';
test.each([
  ['linux', {}, '/home/ada/.local/share/clusterdeck'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/clusterdeck'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/clusterdeck'],
  ['darwin', {}, '/home/ada/Library/Application Support/Clusterdeck'],
  ['win32', { LOCALAPPDATA: '/c/Local' }, '/c/Local/Clusterdeck'],
] as const)('the data folder on %s with %j is %s', (platform, env, expected) => {
  expect(defaultDataDir({ platform, env, home })).toBe(expected);
});

test('the folders of a host are private, also where they were open before', () => {
  const named = join(temp.path, 'data');
  mkdirSync(named, { mode: 0o755 });
  chmodSync(named, 0o755);
  const { dataDir, logDir } = preparePaths(named);
  expect([dataDir, logDir].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
});

test('an installed browser is found on the path; CLUSTERDECK_BROWSER comes first', () => {
  const program = (name: string) => {
    const path = join(temp.path, name);
    writeFileSync(path, '');
    chmodSync(path, 0o755);
    return path;
  };
  const env = { PATH: `relative:${temp.path}` };
  expect(findBrowser({ platform: 'linux', env })).toBeNull();
  const edge = program('microsoft-edge');
  expect(findBrowser({ platform: 'linux', env })).toBe(edge);
  const chromium = program('chromium');
  expect(findBrowser({ platform: 'linux', env })).toBe(chromium);
  const mine = program('mine');
  const named = { ...env, CLUSTERDECK_BROWSER: mine };
  expect(findBrowser({ platform: 'linux', env: named })).toBe(mine);
  chmodSync(mine, 0o644);
  expect(findBrowser({ platform: 'linux', env: named })).toBeNull();
});

test('a display is what X or Wayland name; other systems have one', () => {
  expect(hasDisplay({ platform: 'linux', env: {} })).toBe(false);
  expect(hasDisplay({ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true);
  expect(hasDisplay({ platform: 'darwin', env: {} })).toBe(true);
});

function screenWith(open: boolean, env: NodeJS.ProcessEnv) {
  const printed: unknown[] = [];
  const screen = createScreen({
    web: {
      port: 1,
      waitingUrl: 'http://127.0.0.1:1/deck/waiting',
      newLink: () => 'the link',
      newSession: () => ({
        pageUrl: 'http://127.0.0.1:1/deck/',
        cookie: { name: 'c', value: 'v', path: '/deck/' },
      }),
      close: async () => undefined,
    },
    paths: { dataDir: temp.path, logDir: temp.path },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    env: { PATH: temp.path, ...env },
    open,
    print: (link, reason) => void printed.push([link, reason]),
    onClosed: () => undefined,
  });
  return { screen, printed };
}

test.each([
  [false, {}, null],
  [true, {}, 'there is no display'],
  [true, { DISPLAY: ':0' }, 'no Chromium, Chrome or Edge is installed'],
  [true, { DISPLAY: ':0', CLUSTERDECK_BROWSER: '/bin/false' }, 'the browser did not come up'],
])(
  'where no window can open (wanted: %s, %j) a link is printed with the reason',
  async (open, env, why) => {
    const { screen, printed } = screenWith(open, env);
    await screen.show();
    expect(printed).toEqual([['the link', why]]);
  },
);

test('asked twice while its window opens, it starts one browser', async () => {
  const browser = join(temp.path, 'browser');
  const starts = join(temp.path, 'starts');
  writeFileSync(browser, `#!/bin/sh\necho start >> '${starts}'\n`, { mode: 0o755 });
  const env = { DISPLAY: ':0', CLUSTERDECK_BROWSER: browser };
  const { screen, printed } = screenWith(true, env);
  await Promise.all([screen.show(), screen.show()]);
  expect(readFileSync(starts, 'utf8')).toBe('start\n');
  expect(printed).toHaveLength(1);
  await screen.show();
  expect(readFileSync(starts, 'utf8')).toBe('start\nstart\n');
});

test('a port that is no number is wrong usage', () => {
  expect(portNumber(undefined)).toBe(0);
  expect(portNumber('8443')).toBe(8443);
  for (const text of ['abc', '', '-1', '1.5', '65536']) {
    expect(() => portNumber(text)).toThrow('--port is a whole number from 0 to 65535.');
  }
});

test('a link works for an hour and not longer', () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const [early, late] = [sessions.newLink(), sessions.newLink()];
  now = 59 * 60_000;
  expect(sessions.redeem(early)).not.toBeNull();
  now = 61 * 60_000;
  expect(sessions.redeem(late)).toBeNull();
});

test('links and sessions do not pile up: the oldest goes', () => {
  const sessions = new Sessions(() => 0);
  const [first] = Array.from({ length: 100 }, () => sessions.newSession());
  expect(sessions.isValid(first)).toBe(false);
  const links = Array.from({ length: 100 }, () => sessions.newLink());
  expect(sessions.redeem(links[0] ?? '')).toBeNull();
  expect(sessions.redeem(links[99] ?? '')).not.toBeNull();
});

test.each([
  'ftp://pve1:8006/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'ssh://pve1',
  'https://user:secret@pve1/',
  'http://user:secret@pve1/',
  '--version',
  '',
])('%s is not handed to the system', async (url) => {
  await expect(openExternal(url)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a beat that comes much too late is told as sleep and waking', () => {
  vi.useFakeTimers();
  let now = 0;
  const power = createPower(() => now);
  const heard: boolean[] = [];
  power.onChange((asleep) => heard.push(asleep));
  for (let beat = 0; beat < 5; beat += 1) {
    now += 5_000;
    vi.advanceTimersByTime(5_000);
  }
  expect(heard).toEqual([]);
  now += 3_600_000;
  vi.advanceTimersByTime(5_000);
  expect(heard).toEqual([true, false]);
  power.stop();
});
