import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import type { WebSession } from '../web/server';
import { type DevToolsEvent, DevToolsPipe } from './devtools-pipe';

/** A browser window which shows the deck and nothing else. */
export interface AppWindow {
  /** resolves when the person has closed it */
  readonly closed: Promise<void>;
  focus(): Promise<void>;
  close(): Promise<void>;
}

export interface AppWindowOptions {
  executable: string;
  /** the browser's own folder: the window shares no cookies with everyday browsing */
  profileDir: string;
  waitingUrl: string;
  session: WebSession;
  /** further switches, as `--headless` in tests */
  switches?: readonly string[];
}

const SWITCHES = [
  '--remote-debugging-pipe',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-mode',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--window-size=1440,900',
  '--class=Clusterdeck',
];

const START_MS = 20_000;

const target = z.object({ targetId: z.string(), type: z.string(), url: z.string() });

/**
 * Opens the deck in an installed browser. The session's cookie goes in over the DevTools pipe, so
 * no secret stands in the process list, and only then the window leaves the waiting page.
 * @throws Error when the browser does not come up or does not obey
 */
export async function openAppWindow(options: AppWindowOptions): Promise<AppWindow> {
  const child = spawn(
    options.executable,
    [
      ...SWITCHES,
      // Chromium refuses to run its sandbox as root
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...(options.switches ?? []),
      `--user-data-dir=${options.profileDir}`,
      `--app=${options.waitingUrl}`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const [, , , out, incoming] = child.stdio;
  if (!(out instanceof Writable) || !(incoming instanceof Readable)) {
    throw new Error('The browser has no DevTools pipe.');
  }
  const pages = new PageWatch();
  const pipe = new DevToolsPipe(out, incoming, (event) => pages.hear(event));
  const quit = async () => {
    // it may be gone already, and then there is nothing to close
    await pipe.send('Browser.close').catch(() => child.kill());
    await ended;
  };
  try {
    await pipe.send('Target.setDiscoverTargets', { discover: true });
    const { pageUrl, cookie } = options.session;
    await pipe.send('Storage.setCookies', {
      cookies: [{ ...cookie, url: pageUrl, httpOnly: true, sameSite: 'Strict' }],
    });
    const page = await Promise.race([
      pages.first(options.waitingUrl),
      ended.then(() => Promise.reject(new Error('The browser ended at once.'))),
      once(AbortSignal.timeout(START_MS), 'abort').then(() =>
        Promise.reject(new Error('The browser opened no window.')),
      ),
    ]);
    const attached = await pipe.send('Target.attachToTarget', { targetId: page, flatten: true });
    const { sessionId } = z.object({ sessionId: z.string() }).parse(attached);
    await pipe.send('Page.navigate', { url: pageUrl }, sessionId);
    await pipe.send('Target.detachFromTarget', { sessionId });
    void pages.gone(page).then(quit);
    return {
      closed: ended,
      focus: async () => void (await pipe.send('Target.activateTarget', { targetId: page })),
      close: quit,
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** Which pages the browser has open. */
class PageWatch {
  readonly #pages = new Map<string, string>();
  readonly #checks = new Set<() => void>();

  hear({ method, params }: DevToolsEvent): void {
    if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged') {
      const { targetInfo } = z.object({ targetInfo: target }).parse(params);
      if (targetInfo.type === 'page') this.#pages.set(targetInfo.targetId, targetInfo.url);
    } else if (method === 'Target.targetDestroyed') {
      this.#pages.delete(z.object({ targetId: z.string() }).parse(params).targetId);
    }
    for (const check of this.#checks) check();
  }

  async first(url: string): Promise<string> {
    const find = () => [...this.#pages].find(([, at]) => at === url)?.[0];
    await this.#until(() => find() !== undefined);
    return find() ?? '';
  }

  gone(targetId: string): Promise<void> {
    return this.#until(() => !this.#pages.has(targetId));
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }
}
