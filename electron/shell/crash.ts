import type { App, BrowserWindow, Dialog, WebContents } from 'electron';
import type { Clock, Logger } from '#electron/core/ports';

const WINDOW_MS = 5 * 60_000;
const MAX_RELOADS = 3;

export interface CrashOptions {
  app: Pick<App, 'on' | 'quit'>;
  dialog: Pick<Dialog, 'showMessageBox'>;
  logger: Logger;
  clock: Pick<Clock, 'now'>;
  logDir: string;
  window(): BrowserWindow | null;
}

/**
 * Logs every process that dies and offers to reload the window, at most {@link MAX_RELOADS} times
 * in five minutes. Nothing is sent anywhere.
 */
export function watchCrashes(options: CrashOptions): void {
  const { app, logger, clock } = options;
  const reloads: number[] = [];

  async function offer(contents: WebContents, reason: string): Promise<void> {
    while (reloads[0] !== undefined && clock.now() - reloads[0] > WINDOW_MS) reloads.shift();
    const again = reloads.length < MAX_RELOADS;
    const { response } = await options.dialog.showMessageBox({
      type: 'error',
      message: 'The window stopped working.',
      detail: `The store and the clusters are not affected (${reason}). ${
        again ? '' : `It happened ${MAX_RELOADS} times in a row. `
      }The log is in ${options.logDir}.`,
      buttons: again ? ['Reload', 'Quit'] : ['Quit'],
      defaultId: 0,
      cancelId: again ? 1 : 0,
    });
    if (!again || response === 1) return app.quit();
    reloads.push(clock.now());
    if (!contents.isDestroyed()) contents.reload();
  }

  app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    logger.error({ reason, exitCode }, 'The window process ended');
    if (options.window()?.webContents !== contents) return;
    offer(contents, reason).catch((error: unknown) => {
      logger.error({ error }, 'The window could not be reloaded');
      app.quit();
    });
  });
  app.on('child-process-gone', (_event, { type, reason, exitCode, name }) => {
    if (reason !== 'clean-exit') {
      logger.error({ type, reason, exitCode, name }, 'A helper process ended');
    }
  });
}

/** An error nobody caught leaves the program in an unknown state: log it, close cleanly, end. */
export function watchErrors(
  source: Pick<NodeJS.Process, 'on'>,
  logger: Logger,
  end: () => void,
): void {
  source.on('uncaughtException', (error) => {
    logger.error({ error }, 'An error was not handled');
    end();
  });
  source.on('unhandledRejection', (error) => {
    logger.error({ error }, 'A failure was not handled');
  });
}
