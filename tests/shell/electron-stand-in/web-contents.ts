import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { toChromium, toElectron } from './addresses';
import { app } from './app';
import type { Session as Devtools } from './chromium';
import { ipcMain } from './ipc';
import { BINDING, MAIN_WORLD, preloadWorld, WORLD } from './page-scripts';
import { MessagePortMain } from './ports';
import { chromium } from './runtime';
import { session } from './session';

export interface WebPreferences {
  preload?: string;
  sandbox?: boolean;
  contextIsolation?: boolean;
  nodeIntegration?: boolean;
  additionalArguments?: string[];
}

const withoutFragment = (url: string) => url.split('#', 1)[0] ?? '';
const PAGE_LEFT = ['Runtime.executionContextsCleared', 'Inspector.targetCrashed'];
let lastId = 0;

/** A page in Chromium, with the real preload in an isolated world. */
export class WebContents extends EventEmitter {
  readonly id = (lastId += 1);
  readonly mainFrame = { url: '', parent: null };
  readonly #preferences: WebPreferences;
  readonly #devtools: Promise<Devtools>;
  readonly #ports = new Map<string, MessagePortMain>();
  readonly #expected = new Set<string>();
  #targetId = '';
  #openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  #destroyed = false;

  constructor(preferences: WebPreferences, size: { width: number; height: number }) {
    super();
    if (preferences.sandbox !== true || preferences.contextIsolation !== true) {
      throw new Error('The stand-in runs sandboxed, isolated pages only');
    }
    this.#preferences = preferences;
    this.#devtools = this.#attach(size);
    app.emit('web-contents-created', {}, this);
  }

  isDestroyed = () => this.#destroyed;
  getURL = () => this.mainFrame.url;

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.#openHandler = handler;
  }

  async loadURL(url: string): Promise<void> {
    const devtools = await this.#devtools;
    const loaded = this.#next('did-finish-load');
    this.#expected.add(withoutFragment(toChromium(url)));
    const answer = await devtools.send('Page.navigate', { url: toChromium(url) });
    if (answer['errorText'] !== undefined) {
      this.emit('did-fail-load', {}, -2, answer['errorText'], url, true);
      throw new Error(String(answer['errorText']));
    }
    // no loader: the page stayed and only its fragment changed
    if (answer['loaderId'] !== undefined) await loaded;
  }

  reload(): void {
    this.#expected.add(withoutFragment(toChromium(this.mainFrame.url)));
    void this.#devtools.then((devtools) => devtools.send('Page.reload')).catch(() => {});
  }

  async executeJavaScript(expression: string): Promise<unknown> {
    const devtools = await this.#devtools;
    const { promise: left, reject: leave } = Promise.withResolvers<never>();
    // an answer of a page that is replaced meanwhile never comes
    const gone = () => leave(new Error('The page has changed'));
    for (const event of PAGE_LEFT) devtools.once(event, gone);
    try {
      const evaluated = devtools.send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      });
      return valueOf(await Promise.race([evaluated, left]));
    } finally {
      for (const event of PAGE_LEFT) devtools.off(event, gone);
    }
  }

  async capturePage(): Promise<{ toPNG(): Buffer }> {
    const devtools = await this.#devtools;
    const { data } = await devtools.send('Page.captureScreenshot', { format: 'png' });
    return { toPNG: () => Buffer.from(String(data), 'base64') };
  }

  forcefullyCrashRenderer(): void {
    void this.#devtools.then((devtools) => devtools.send('Page.crash')).catch(() => {});
  }

  async emulateColours(dark: boolean): Promise<void> {
    const devtools = await this.#devtools;
    await devtools.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    });
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#endPorts('');
    const close = () => chromium().browser.send('Target.closeTarget', { targetId: this.#targetId });
    void this.#devtools.then(close).catch(() => {});
    this.emit('destroyed');
  }

  async #attach(size: { width: number; height: number }): Promise<Devtools> {
    const { browser } = chromium();
    const created = await browser.send('Target.createTarget', { url: 'about:blank', ...size });
    this.#targetId = String(created['targetId']);
    const attached = await browser.send('Target.attachToTarget', {
      targetId: this.#targetId,
      flatten: true,
    });
    const devtools = chromium().session(String(attached['sessionId']));
    this.#listen(devtools, browser);
    const argv = ['chromium', ...(this.#preferences.additionalArguments ?? [])];
    const { preload } = this.#preferences;
    const source = preload === undefined ? '' : preloadWorld(readFileSync(preload, 'utf8'), argv);
    await Promise.all([
      devtools.send('Page.enable'),
      devtools.send('Runtime.enable'),
      devtools.send('Inspector.enable'),
      devtools.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD }),
      devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: MAIN_WORLD }),
      devtools.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD }),
      devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      browser.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true }),
    ]);
    return devtools;
  }

  #listen(devtools: Devtools, browser: Devtools): void {
    devtools.on('Fetch.requestPaused', (paused) => void this.#paused(devtools, paused));
    devtools.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId === undefined) this.#at(frame.url + (frame.urlFragment ?? ''));
    });
    devtools.on('Page.navigatedWithinDocument', ({ url }) => this.#at(url));
    devtools.on('Page.loadEventFired', () => {
      session.defaultSession
        .decidePermissions(browser, this)
        .catch(() => {})
        .finally(() => this.emit('did-finish-load'));
    });
    devtools.on('Runtime.bindingCalled', (call) => this.#called(devtools, call));
    devtools.on('Runtime.executionContextDestroyed', ({ executionContextId }) =>
      this.#endPorts(`${executionContextId}:`),
    );
    devtools.on('Runtime.executionContextsCleared', () => this.#endPorts(''));
    devtools.on('Inspector.targetCrashed', () => {
      this.#endPorts('');
      app.emit('render-process-gone', {}, this, { reason: 'crashed', exitCode: 133 });
    });
    browser.on('Target.attachedToTarget', ({ targetInfo, sessionId }) =>
      this.#popup(browser, targetInfo, chromium().session(sessionId)),
    );
    browser.on('Browser.downloadWillBegin', ({ url }) => {
      let prevented = false;
      const event = { preventDefault: () => (prevented = true) };
      session.defaultSession.emit('will-download', event, { getURL: () => url }, this);
      if (!prevented) throw new Error('The stand-in cannot download');
    });
  }

  /** A popup waits for a debugger: a denied one is closed with its first request held. */
  #popup(
    browser: Devtools,
    { targetId, openerId, url }: { targetId: string; openerId?: string; url: string },
    devtools: Devtools,
  ): void {
    if (openerId !== this.#targetId) return;
    const { action } = this.#openHandler({ url: toElectron(url) });
    const denied = action === 'deny';
    const hold = denied ? devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }) : null;
    // only once it runs does the opener's window.open return
    Promise.resolve(hold)
      .then(() => devtools.send('Runtime.runIfWaitingForDebugger'))
      .then(() => (denied ? browser.send('Target.closeTarget', { targetId }) : null))
      .catch(() => {});
  }

  #at(url: string): void {
    this.mainFrame.url = toElectron(url);
  }

  async #paused(devtools: Devtools, paused: Parameters<typeof session.defaultSession.answer>[1]) {
    const fail = () =>
      devtools.send('Fetch.failRequest', { requestId: paused.requestId, errorReason: 'Aborted' });
    try {
      if (paused.resourceType === 'Document' && !this.#mayNavigate(paused)) await fail();
      else await session.defaultSession.answer(devtools, paused);
    } catch {
      // the page went away while its request was answered
      await fail().catch(() => {});
    }
  }

  /** Asks as Electron does: nobody about loadURL and reload, the listeners about a page's wishes. */
  #mayNavigate(paused: { request: { url: string }; frameId?: string }): boolean {
    if (this.#expected.delete(withoutFragment(paused.request.url))) return true;
    const isMainFrame = paused.frameId === this.#targetId;
    let prevented = false;
    const event = {
      url: toElectron(paused.request.url),
      isMainFrame,
      preventDefault: () => (prevented = true),
    };
    if (isMainFrame) this.emit('will-navigate', event, event.url);
    this.emit('will-frame-navigate', event);
    return !prevented;
  }

  #called(devtools: Devtools, call: { payload: string; executionContextId: number }): void {
    const contextId = call.executionContextId;
    const message = JSON.parse(call.payload);
    const known = (id: number) => this.#ports.get(`${contextId}:${id}`);
    if (message.type === 'data') known(message.id)?.arrived(message.data);
    else if (message.type === 'close') known(message.id)?.ended();
    else {
      const run = (expression: string) =>
        void devtools.send('Runtime.evaluate', { expression, contextId }).catch(() => {});
      const ports = message.ports.map((id: number) => {
        const port = new MessagePortMain(
          (data) => run(`standInDeliver(${id}, ${JSON.stringify(data)})`),
          () => run(`standInClose(${id})`),
        );
        this.#ports.set(`${contextId}:${id}`, port);
        return port;
      });
      const event = { sender: this, senderFrame: this.mainFrame, ports };
      ipcMain.emit(message.channel, event, message.message);
    }
  }

  #endPorts(prefix: string): void {
    for (const [key, port] of this.#ports) {
      if (!key.startsWith(prefix)) continue;
      this.#ports.delete(key);
      port.ended();
    }
  }

  #next(event: string): Promise<void> {
    return new Promise((resolve) => this.once(event, () => resolve()));
  }
}

/** What `Runtime.evaluate` answered, or the page's error. */
function valueOf(answer: Record<string, unknown>): unknown {
  const failed = answer['exceptionDetails'] as { exception?: { description?: string } } | undefined;
  if (failed !== undefined) throw new Error(failed.exception?.description ?? 'The page threw');
  return (answer['result'] as { value?: unknown }).value;
}
