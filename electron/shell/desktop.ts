import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
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
import type { Settings } from '#shared/contract/settings';
import { watchCrashes } from './crash';
import { openDemoLab } from './demo';
import { guardContents, guardSession } from './guard';
import { createHost } from './host';
import type { Lifetime } from './lifetime';
import { menuTemplate } from './menu';
import { createNotifier } from './notifier';
import type { OpenedFiles } from './opened-files';
import { createPower } from './power';
import { bundleHandler } from './protocol';
import { servePorts } from './rpc';
import { createSafeStorageProtector } from './safe-storage';
import { selfCommand } from './self';
import { takeStore } from './store';
import { createTray } from './tray';
import { createMainWindow } from './window';

export interface DesktopOptions {
  paths: Paths;
  demo: boolean;
  opened: OpenedFiles;
  logger: Logger;
  lifetime: Lifetime;
}

/**
 * Puts the desktop program together: guards first, then the core on its store, then the window.
 * What is opened here is closed by the lifetime, newest first.
 */
export async function openDesktop(options: DesktopOptions) {
  const { paths, demo, opened, logger, lifetime } = options;
  const { platform } = process;
  const inApp = (...names: string[]) => join(app.getAppPath(), ...names);
  app.on('web-contents-created', (_event, contents) => guardContents(contents, logger));
  await app.whenReady();
  guardSession(session.defaultSession, logger);
  protocol.handle('app', bundleHandler(inApp('dist', 'renderer')));

  let settings: Pick<Settings, 'closeToTray'> = { closeToTray: false };
  const title = demo ? 'Clusterdeck demo' : 'Clusterdeck';
  const window = createMainWindow({
    dataDir: paths.dataDir,
    preload: inApp('dist', 'preload', 'preload.cjs'),
    icon: inApp('build', 'icons', '256x256.png'),
    title,
    hidesOnClose: () => settings.closeToTray,
  });
  const current = window.current;
  watchCrashes({ app, dialog, logger, clock: systemClock, logDir: paths.logDir, window: current });

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
      createSafeStorageProtector(safeStorage, platform, logger),
      // a folder that the command line made is sealed through the keychain itself
      createKeyringProtector({ platform }),
    ],
    notifier: createNotifier((uuid) => void openCluster(uuid)),
    host,
    power: createPower(powerMonitor),
  });
  lifetime.add(() => core.close());
  const { router } = core;
  const context = { logger };
  const client = createRouterClient(router, { context });
  async function openCluster(uuid?: string) {
    const found = uuid && (await client.clusters.get({ ref: uuid }).catch(() => undefined));
    window.show(found ? `/clusters/${found.clusterId}` : undefined);
  }
  const local = await serveLocal({ lock, router, context, host: 'electron', demo });
  lifetime.add(() => local.close());
  const closePorts = servePorts(ipcMain, router, context);
  lifetime.add(async () => closePorts());

  const tray = createTray({
    icon: inApp('build', 'icons', 'tray.png'),
    title,
    show: () => window.show(),
    quit: () => app.quit(),
  });
  const apply = (next: Settings) => {
    settings = next;
    nativeTheme.themeSource = next.theme;
    tray.setPresent(next.closeToTray);
  };
  apply(core.settings.get());
  core.settings.events.subscribe(apply);
  const menu = menuTemplate({
    isMac: platform === 'darwin',
    isPackaged: app.isPackaged,
    openRoute: window.show,
    openDemo: demo ? null : () => void host.openDemo(),
    openLogs: () => void shell.openPath(paths.logDir),
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu));

  core.start();
  if (demo) lifetime.add(await openDemoLab(client));
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (platform !== 'darwin') app.quit();
  });
  powerMonitor.on('shutdown', () => app.quit());
  opened.take((files) => {
    const ids = files.map((path) => core.bundles.offers.add(path));
    const latest = ids.at(-1);
    window.show(latest === undefined ? undefined : `/import/${latest}`);
  });
}
