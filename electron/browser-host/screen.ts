import { join } from 'node:path';
import type { Logger, Paths } from '#electron/core/ports';
import type { WebServer } from './web/server';
import { type AppWindow, openAppWindow } from './window/app-window';
import { findBrowser, hasDisplay } from './window/find-browser';

/** Where the deck is shown: an app window, or a printed link where there can be none. */
export interface Screen {
  /** opens a window, or brings it to the front; else prints a link */
  show(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param options.open false never opens a window
 * @param options.print prints a link and why there is one
 * @param options.onClosed told when the person closes the window
 */
export function createScreen(options: {
  web: WebServer;
  paths: Paths;
  logger: Logger;
  env: NodeJS.ProcessEnv;
  open: boolean;
  print(link: string, why: string | null): void;
  onClosed(): void;
}): Screen {
  const { web, logger, env, print } = options;
  const surroundings = { platform: process.platform, env };
  const profileDir = join(options.paths.dataDir, 'browser');
  let window: AppWindow | null = null;
  /** never rejects */
  let opening: Promise<void> | null = null;

  async function open(executable: string): Promise<void> {
    const session = web.newSession();
    const opened = await openAppWindow({
      executable,
      profileDir,
      session,
      waitingUrl: web.waitingUrl,
      switches: (env['CLUSTERDECK_BROWSER_SWITCHES'] ?? '').split(' ').filter(Boolean),
    });
    window = opened;
    void opened.closed.then(() => {
      window = null;
      options.onClosed();
    });
  }

  async function openOrPrint(executable: string): Promise<void> {
    try {
      await open(executable);
    } catch (error) {
      logger.warn({ error, executable }, 'No window could be opened');
      print(web.newLink(), 'the browser did not come up');
    } finally {
      opening = null;
    }
  }

  return {
    async show() {
      if (window !== null) return window.focus();
      // a second Chromium would fight over the profile, and nobody would close it
      if (opening !== null) return opening;
      if (!options.open) return print(web.newLink(), null);
      if (!hasDisplay(surroundings)) return print(web.newLink(), 'there is no display');
      const executable = findBrowser(surroundings);
      if (executable === null) {
        return print(web.newLink(), 'no Chromium, Chrome or Edge is installed');
      }
      opening = openOrPrint(executable);
      await opening;
    },
    async close() {
      await opening;
      await window?.close();
    },
  };
}
