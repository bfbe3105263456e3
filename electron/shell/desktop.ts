import { join } from 'node:path';
import {
  app,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  powerMonitor,
  protocol,
  safeStorage,
  session,
  shell,
} from 'electron';
import { composeCore } from '#electron/core/compose';
import { systemClock } from '#electron/core/local/clock';
import { serveLocal } from '#electron/core/local/server';
import type { Logger, Paths } from '#electron/core/ports';
import { createKeyringProtector } from '#electron/core/vault/keyring';
import { watchCrashes } from './crash';
import { guardContents, guardSession } from './guard';
import { createHost } from './host';
import type { Lifetime } from './lifetime';
import { menuTemplate } from './menu';
import { createNotifier } from './notifier';
import { createPower } from './power';
import { bundleHandler } from './protocol';
import { servePorts } from './rpc';
import { createSafeStorageProtector } from './safe-storage';
import { selfCommand } from './self';
import { followSettings } from './settings';
import { takeStore } from './store';
import { createTray } from './tray';
import { createMainWindow } from './window';

export interface DesktopOptions {
  paths: Paths;
  demo: boolean;
  logger: Logger;
  lifetime: Lifetime;
}

/**
 * Puts the desktop program together: guards first, then the core on its store, then the window.
 * What is opened here is closed by the lifetime, newest first.
 */
export async function openDesktop({ paths, demo, logger, lifetime }: DesktopOptions) {
  const built = (...names: string[]) => join(app.getAppPath(), 'dist', ...names);
  const icon = (name: string) => join(app.getAppPath(), 'build', 'icons', name);
  const title = demo ? 'Clusterdeck demo' : 'Clusterdeck';
  let hidesOnClose = false;

  const window = createMainWindow({
    dataDir: paths.dataDir,
    preload: built('preload', 'preload.cjs'),
    icon: icon('256x256.png'),
    title,
    hidesOnClose: () => hidesOnClose,
  });
  app.on('second-instance', () => window.show());
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('web-contents-created', (_event, contents) => guardContents(contents, logger));
  watchCrashes({
    app,
    dialog,
    logger,
    clock: systemClock,
    logDir: paths.logDir,
    window: window.current,
  });

  await app.whenReady();
  guardSession(session.defaultSession, logger);
  protocol.handle('app', bundleHandler(built('renderer')));
  powerMonitor.on('shutdown', () => app.quit());

  const lock = await takeStore(paths.dataDir);
  lifetime.add(async () => lock.release());
  const host = createHost({
    version: app.getVersion(),
    demo,
    shell,
    self: selfCommand(app, process),
    show: () => window.show(),
  });
  const core = await composeCore({
    paths,
    clock: systemClock,
    logger,
    protectors: [
      createSafeStorageProtector(safeStorage, process.platform, logger),
      // a folder that the command line made is sealed through the keychain itself
      createKeyringProtector({ platform: process.platform }),
    ],
    notifier: createNotifier(window.show),
    host,
    power: createPower(powerMonitor),
  });
  lifetime.add(() => core.close());
  const context = { logger };
  const local = await serveLocal({ lock, router: core.router, context, host: 'electron', demo });
  lifetime.add(() => local.close());
  const closePorts = servePorts(ipcMain, core.router, context);
  lifetime.add(async () => closePorts());

  const tray = createTray({
    icon: icon('tray.png'),
    title,
    show: window.show,
    quit: () => app.quit(),
  });
  const unfollow = followSettings(core.router, context, (settings) => {
    nativeTheme.themeSource = settings.theme;
    hidesOnClose = settings.closeToTray;
    tray.setPresent(settings.closeToTray);
  });
  lifetime.add(async () => unfollow());
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({
        isMac: process.platform === 'darwin',
        isPackaged: app.isPackaged,
        openRoute: window.show,
        openDemo: demo ? null : () => void host.openDemo(),
        openLogs: () => void shell.openPath(paths.logDir),
      }),
    ),
  );

  core.start();
  window.show();
}
