// A stand-in for the module `electron` in the main process: the real main and preload bundles run
// against Chromium over its DevTools pipe. It is a tool of the tests and never shipped.
import { app } from './app';
import { BrowserWindow } from './browser-window';
import { dialog, Menu, Notification, nativeImage, shell, Tray } from './furniture';
import { ipcMain } from './ipc';
import { protocol, session } from './session';
import { nativeTheme, powerMonitor, safeStorage, screen } from './system';

const electron = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
};

interface Order {
  id: number;
  source: string;
  argument: unknown;
}

/** The test runs functions in this process, as Playwright's `electronApp.evaluate` does. */
process.on('message', async ({ id, source, argument }: Order) => {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the functions are the test's own
    const run = new Function(`return (${source});`)() as (e: object, a: unknown) => unknown;
    process.send?.({ id, value: await run(electron, argument) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
process.channel?.unref();
// a test that is gone needs no program
process.on('disconnect', () => app.quit());

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  powerMonitor,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
};
