import { describe, expect, test } from 'vitest';
import { openWebPage } from '#electron/shell/external';
import { isTrustedSender } from '#electron/shell/guard';
import { menuTemplate } from '#electron/shell/menu';

type Event = Parameters<typeof isTrustedSender>[0];
type Frame = NonNullable<Event['senderFrame']>;

const frame = (url: string, parent: Frame | null = null) => ({ url, parent }) as Frame;
const from = (senderFrame: Frame | null, mainFrame = senderFrame): Event => ({
  senderFrame,
  sender: { mainFrame: mainFrame ?? frame('app://bundle/') },
});

describe('a port is accepted', () => {
  test('from the main frame of the bundle', () => {
    expect(isTrustedSender(from(frame('app://bundle/index.html#/guests')))).toBe(true);
  });
});

describe('a port is refused', () => {
  const page = frame('app://bundle/');
  test.each([
    ['from a foreign page', from(frame('https://bundle/'))],
    ['from another host of the scheme', from(frame('app://evil/'))],
    ['from a data page, whose origin is "null" as well', from(frame('data:text/html,x'))],
    ['from a frame inside the page', from(frame('app://bundle/', page), page)],
    ['from a frame that is not the main one', from(frame('app://bundle/'), page)],
    ['from a frame that is gone', from(null)],
  ])('%s', (_who, event) => {
    expect(isTrustedSender(event)).toBe(false);
  });
});

describe('the system browser', () => {
  const opened: string[] = [];
  const shell = { openExternal: async (url: string) => void opened.push(url) };

  test('is given web addresses', async () => {
    opened.length = 0;
    await openWebPage('https://[fd00::5]:8006/#v1:0:=qemu%2F100', shell);
    await openWebPage('http://198.51.100.11:7681/', shell);
    expect(opened).toEqual([
      'https://[fd00::5]:8006/#v1:0:=qemu%2F100',
      'http://198.51.100.11:7681/',
    ]);
  });

  test.each([
    'ftp://pve1:8006/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'vscode://x',
    'smb://host/share',
    'https://root:pw@pve1/',
    'http://root:pw@node1/',
    'https:',
    'pve1:8006',
  ])('is never given %s', async (url) => {
    opened.length = 0;
    await expect(openWebPage(url, shell)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(opened).toEqual([]);
  });
});

test('the menu of a packaged program has no way to the developer tools', () => {
  const actions = { isMac: false, openRoute() {}, openDemo: null, openLogs() {} };
  const text = (isPackaged: boolean) => JSON.stringify(menuTemplate({ ...actions, isPackaged }));
  expect(text(true)).not.toContain('toggleDevTools');
  expect(text(false)).toContain('toggleDevTools');
});
