import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { composeCore } from '#electron/core/compose';
import { takeStoreLock } from '#electron/core/local/lock';
import { preparePaths } from '#electron/core/local/paths';
import { serveLocal } from '#electron/core/local/server';
import { visitHost } from '#electron/core/local/visitor';
import { document, entry } from '#tests/support/bundles';
import { testPorts } from '#tests/support/ports';
import { tempFolder } from '#tests/support/temp-folder';
import { runner, type Shell, startShell } from './driver';

// each start opens a store and a browser, and some tests start twice
vi.setConfig({ testTimeout: 60_000 });
const SLOW = { timeout: 12_000, interval: 50 };

/** A keychain of its own beside each data folder. */
function desk() {
  const folder = tempFolder();
  const dataDir = join(folder.path, 'data');
  const keychain = { STAND_IN_KEYCHAIN: join(folder.path, 'keychain') };
  const running: Shell[] = [];
  return {
    dataDir,
    async start(args: readonly string[] = [], env: NodeJS.ProcessEnv = keychain) {
      const shell = await startShell({ dataDir, args, env });
      running.push(shell);
      return shell;
    },
    async visit() {
      const visit = await visitHost(dataDir);
      if (visit === null) throw new Error('No host serves this folder');
      return visit;
    },
    async end() {
      await Promise.all(running.map((shell) => shell.quit()));
      folder.remove();
    },
  };
}

const textOf = (shell: Shell) => () => shell.page<string>('document.body.innerText').catch(String);
/** Waits until the page has these words. */
const shows = (shell: Shell, words: string) =>
  vi.waitFor(async () => {
    const found = await textOf(shell)();
    if (!found.includes(words)) throw new Error(`"${words}" is not in: ${found}`);
  }, SLOW);
/** What was written before is gone at once, so that what is seen after comes from the new page. */
const reload = (shell: Shell) =>
  shell.page('void document.body.replaceChildren(), void setTimeout(() => location.reload())');
const windowOf = (shell: Shell) =>
  shell.main(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) return null;
    return {
      bounds: window.getBounds(),
      visible: window.isVisible(),
      minimized: window.isMinimized(),
      url: window.webContents.getURL(),
    };
  }, null);

describe(`the window, under the ${runner}`, () => {
  const { start, visit, end } = desk();
  let shell: Shell;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('access-control-allow-origin', '*').end('<h1>Foreign page</h1>');
  });
  let foreign = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    foreign = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    shell = await start();
    await shows(shell, 'Welcome to Clusterdeck');
  });
  afterAll(async () => {
    await end();
    server.close();
  });

  test('shows what the core says over its port', async () => {
    await shows(shell, 'Secret Service');
    expect(await windowOf(shell)).toMatchObject({ visible: true, url: 'app://bundle/' });
  });

  test('gives the page a port and three constants, and nothing of Node', async () => {
    const page = await shell.page<Record<string, unknown>>(
      `({ ...clusterdeck, connect: typeof clusterdeck.connect, node: [typeof require, typeof process, typeof module].join() })`,
    );
    const version = await shell.main(({ app }) => app.getVersion(), null);
    expect(page).toEqual({
      host: 'electron',
      platform: process.platform,
      version,
      connect: 'function',
      node: 'undefined,undefined,undefined',
    });
  });

  test('comes up again after a reload, over a new port', async () => {
    await reload(shell);
    await expect.poll(textOf(shell), SLOW).toContain('Welcome to Clusterdeck');
  });

  test('runs no script but its own', async () => {
    const tried = await shell.page<unknown>(`new Promise((resolve) => {
      const refused = [];
      addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective));
      const inline = document.createElement('script');
      inline.textContent = 'window.ran = true';
      document.body.append(inline);
      const link = document.createElement('a');
      link.href = 'javascript:window.ran = true';
      link.click();
      setTimeout(() => resolve({ ran: window.ran === true, refused: refused.length > 0 }), 300);
    })`);
    expect(tried).toEqual({ ran: false, refused: true });
  });

  test('reaches nothing outside of the bundle', async () => {
    await shell.page(`new Promise((resolve) => {
      const to = '${foreign}';
      fetch(to + '/fetch').catch(() => {});
      navigator.sendBeacon(to + '/beacon');
      new Image().src = to + '/image';
      for (const tag of ['iframe', 'script', 'embed']) {
        document.body.append(Object.assign(document.createElement(tag), { src: to + '/' + tag }));
      }
      document.body.append(Object.assign(document.createElement('object'), { data: to + '/object' }));
      const form = Object.assign(document.createElement('form'), { action: to + '/form' });
      document.body.append(form);
      form.submit();
      window.open(to + '/window');
      const link = Object.assign(document.createElement('a'), { href: to + '/link', target: '_blank' });
      document.body.append(link);
      link.click();
      Object.assign(document.createElement('a'), { href: to + '/file', download: 'file' }).click();
      setTimeout(() => { location.href = to + '/navigation'; }, 100);
      setTimeout(resolve, 500);
    })`);
    expect(asked).toEqual([]);
    const windows = await shell.main(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows().length,
      null,
    );
    expect(windows).toBe(1);
    expect((await windowOf(shell))?.url).toBe('app://bundle/');
    await reload(shell);
    await shows(shell, 'Welcome to Clusterdeck');
  });

  test('saves files that the page made, and no others', async () => {
    const isRefused = (url: string) =>
      shell.main(({ session }, from: string) => {
        let refused = false;
        const event = { preventDefault: () => (refused = true) };
        session.defaultSession.emit('will-download', event, { getURL: () => from });
        return refused;
      }, url);
    expect(await isRefused('blob:app://bundle/9d9b5a0e-6f8b-4f0c-9c1c-0c3f0b1c2d3e')).toBe(false);
    for (const url of [
      'blob:https://elsewhere/9d9b5a0e',
      'blob:app://other/9d9b5a0e',
      'https://elsewhere/file.cdeck',
      'data:application/octet-stream,x',
    ]) {
      expect([url, await isRefused(url)]).toEqual([url, true]);
    }
  });

  test('may copy text and ask for nothing else', async () => {
    const state = (name: string) =>
      shell.page<string>(`navigator.permissions.query({ name: '${name}' }).then((p) => p.state)`);
    expect(await state('clipboard-write')).toBe('granted');
    for (const name of ['geolocation', 'camera', 'microphone', 'notifications', 'clipboard-read']) {
      expect([name, await state(name)]).toEqual([name, 'denied']);
    }
  });

  test('follows the theme of the settings', async () => {
    const { client, close } = await visit();
    const isDark = () => shell.page<boolean>(`matchMedia('(prefers-color-scheme: dark)').matches`);
    await client.settings.update({ theme: 'dark' });
    await expect.poll(isDark, SLOW).toBe(true);
    await client.settings.update({ theme: 'light' });
    await expect.poll(isDark, SLOW).toBe(false);
    close();
  });

  test('goes where the menu says, without loading the page anew', async () => {
    await shell.page('void (window.stayed = true)');
    await shell.main(({ Menu }) => {
      const items = Menu.getApplicationMenu()?.items.flatMap((item) => item.submenu?.items ?? []);
      items?.find(({ label }) => label === 'Settings')?.click();
    }, null);
    await expect.poll(() => shell.page('location.hash'), SLOW).toBe('#/settings');
    expect(await shell.page('window.stayed')).toBe(true);
    await shell.page('void (location.hash = "/")');
  });

  test('is offered again when it crashed', async () => {
    await shell.page('void document.body.replaceChildren()');
    await shell.main(({ dialog, BrowserWindow }) => {
      dialog.showMessageBox = async () => ({ response: 0, checkboxChecked: false });
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
    }, null);
    await expect.poll(textOf(shell), SLOW).toContain('Welcome to Clusterdeck');
  });
});

describe('one program for a data folder', () => {
  const { start, visit, end, dataDir } = desk();
  let shell: Shell;
  beforeAll(async () => {
    shell = await start();
    await shows(shell, 'Welcome to Clusterdeck');
  });
  afterAll(end);

  test('a second start brings the first window to the front and ends', async () => {
    await shell.main(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize(), null);
    const second = await start();
    expect(await second.exited).toBe(0);
    await expect.poll(() => windowOf(shell), SLOW).toMatchObject({ minimized: false });
    await shows(shell, 'Welcome to Clusterdeck');
  });

  test('the command line goes through the window, over a socket of this user alone', async () => {
    const { client, record, close } = await visit();
    expect(record).toMatchObject({ host: 'electron', demo: false });
    expect(statSync(record.local?.address ?? '').mode & 0o077).toBe(0);
    await client.groups.create({ name: 'From a script', colour: '#3d5be0' });
    await shows(shell, 'From a script');
    close();
  });

  test('closed to the tray it goes on, and comes back from there', async () => {
    const { client, close } = await visit();
    await client.settings.update({ closeToTray: true });
    await shell.main(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), null);
    expect(await windowOf(shell)).toMatchObject({ visible: false });
    await client.app.focus();
    expect(await windowOf(shell)).toMatchObject({ visible: true });
    await client.settings.update({ closeToTray: false });
    close();
  });

  test('the window stands where it stood, also after SIGTERM, and nothing is left open', async () => {
    const bounds = { x: 120, y: 90, width: 1111, height: 777 };
    await shell.main(
      ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to),
      bounds,
    );
    shell.signal('SIGTERM');
    expect(await shell.exited).toBe(0);
    const lock = takeStoreLock(dataDir);
    expect(lock).not.toBeNull();
    lock?.release();

    shell = await start();
    await shows(shell, 'Welcome to Clusterdeck');
    expect(await windowOf(shell)).toMatchObject({ bounds });
  });

  test('closing the window ends the program', async () => {
    await shell
      .main(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), null)
      .catch(() => {});
    expect(await shell.exited).toBe(0);
  });
});

test('a bundle opened with the program is looked into, at the start and by a second start', async () => {
  const { start, end, dataDir } = desk();
  const folder = join(dataDir, '..');
  for (const name of ['first', 'second']) {
    writeFileSync(join(folder, `${name}.cdeck`), document([entry(`lab-${name}`)]));
  }
  const shell = await start([join(folder, 'first.cdeck')]);
  await shows(shell, 'lab-first');
  const second = await start([pathToFileURL(join(folder, 'second.cdeck')).href]);
  expect(await second.exited).toBe(0);
  await shows(shell, 'lab-second');
  expect(await shell.page('location.hash')).toMatch(/^#\/import/);
  await end();
});

describe('a program that cannot start says why', () => {
  const desks: ReturnType<typeof desk>[] = [];
  const fresh = () => {
    const made = desk();
    desks.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of desks.splice(0)) await made.end();
  });

  test('another host has the folder: it comes to the front, this one refuses', async () => {
    const { dataDir, start } = fresh();
    const paths = preparePaths(dataDir);
    const lock = takeStoreLock(dataDir);
    if (lock === null) throw new Error('The folder is new');
    let focused = 0;
    const ports = testPorts({ paths });
    const host = { ...ports.host, focus: async () => void (focused += 1) };
    const core = await composeCore({ ...ports, host });
    const context = { logger: ports.logger };
    const local = await serveLocal({
      lock,
      router: core.router,
      context,
      host: 'browser',
      demo: false,
    });
    const shell = await start();
    expect(await shell.exited).toBe(1);
    expect(shell.errors()).toMatch(
      /A Clusterdeck in the browser \(process \d+\) uses the data folder/,
    );
    expect(focused).toBe(1);
    await local.close();
    await core.close();
    lock.release();
  });

  test('a store that is none', async () => {
    const { dataDir, start } = fresh();
    preparePaths(dataDir);
    writeFileSync(
      join(dataDir, 'clusterdeck.db'),
      'this is not a database, whatever its name says',
    );
    const shell = await start();
    expect(await shell.exited).toBe(1);
    expect(shell.errors()).toMatch(/store/i);
  });
});

describe('the keychain', () => {
  const { start, visit, end, dataDir } = desk();
  afterAll(end);
  const password = 'pass-Wörd-7f3a91';

  test('seals what is stored, opens it at the next start, and no file shows it', async () => {
    let shell = await start();
    await shows(shell, 'Welcome to Clusterdeck');
    let visited = await visit();
    await visited.client.clusters.create({
      clusterId: 'hall-c',
      name: 'Hall C',
      endpoints: [{ host: '127.0.0.1', port: 1, pin: null }],
      secret: password,
    });
    visited.close();
    await shell.quit();

    shell = await start();
    await shows(shell, 'Hall C');
    visited = await visit();
    expect(await visited.client.vault.status()).toMatchObject({
      protection: 'safeStorage',
      label: 'Secret Service',
      state: 'unlocked',
      sealedSecrets: 1,
    });
    visited.close();
    await shell.quit();
    for (const name of ['clusterdeck.db', join('logs', 'desktop.log')]) {
      expect(readFileSync(join(dataDir, name)).includes(password)).toBe(false);
    }
  });

  test('that only pretends is not taken', async () => {
    const other = desk();
    const shell = await other.start([], { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
    await shows(shell, 'Welcome to Clusterdeck');
    const { client, close } = await other.visit();
    const { protection, options } = await client.vault.status();
    expect(protection).toBe('session');
    expect(options.find((option) => option.protection === 'safeStorage')).toMatchObject({
      available: false,
      reason: expect.stringContaining('no keychain'),
    });
    close();
    await other.end();
  });
});

test('the demo lab fills a deck of its own', async () => {
  const { start, end } = desk();
  const shell = await start(['--demo']);
  await shows(shell, 'prod-main');
  expect(await shell.page('document.title')).not.toBe('');
  await end();
});
