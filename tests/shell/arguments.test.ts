import { expect, test } from 'vitest';
import { shellArguments } from '#electron/shell/arguments';
import { selfCommand } from '#electron/shell/self';

const read = (argv: string[], env = {}) => shellArguments(argv, env, '/home/ada');

test('the data folder comes from the command line, then from the environment', () => {
  expect(read(['.', '--data', '/srv/deck'])).toEqual({
    dataDir: '/srv/deck',
    demo: false,
    files: [],
  });
  expect(read(['--data=lab'], { CLUSTERDECK_DATA: '/x' }).dataDir).toBe('/home/ada/lab');
  expect(read([], { CLUSTERDECK_DATA: '/x' }).dataDir).toBe('/x');
  expect(read([], { CLUSTERDECK_DATA: '' }).dataDir).toBeNull();
});

test("Chromium's own switches pass", () => {
  const argv = [
    '.',
    '--no-sandbox',
    '--original-process-start-time=1',
    '--demo',
    'clusterdeck://x',
  ];
  expect(read(argv)).toEqual({ dataDir: null, demo: true, files: [] });
});

test('bundles are opened by path and by address, and nothing else is', () => {
  const argv = ['.', 'lab.cdeck', '/srv/B.CDECK', 'file:///tmp/my%20lab.cdeck', 'notes.txt'];
  expect(read([...argv, 'file://elsewhere/x.cdeck', 'https://x/y.cdeck.html']).files).toEqual([
    '/home/ada/lab.cdeck',
    '/srv/B.CDECK',
    '/tmp/my lab.cdeck',
  ]);
});

test('the program starts itself again in each of its forms', () => {
  const app = (isPackaged: boolean) => ({ isPackaged, getAppPath: () => '/src/clusterdeck' });
  const node = (env: NodeJS.ProcessEnv) => ({ execPath: '/opt/x/clusterdeck', env });
  expect(selfCommand(app(false), node({}))).toEqual({
    command: '/opt/x/clusterdeck',
    args: ['/src/clusterdeck'],
  });
  expect(selfCommand(app(true), node({})).args).toEqual([]);
  expect(selfCommand(app(true), node({ APPIMAGE: '/a/Deck.AppImage' })).command).toBe(
    '/a/Deck.AppImage',
  );
});
