import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { BUNDLE_URL } from './protocol';
import { MIN_SIZE, placeWindow, readWindowState, writeWindowState } from './window-state';

const BACKGROUND = { dark: '#0d1015', light: '#f5f6f8' };

export interface MainWindowOptions {
  dataDir: string;
  preload: string;
  icon: string;
  title: string;
  /** asked when a person closes the window: hide it and go on running? */
  hidesOnClose(): boolean;
}

/** The one window. It can be gone while the program runs on in the tray, and comes back by `show`. */
export interface MainWindow {
  /** makes the window if need be and brings it to the front; `route` as `/clusters/...` */
  show(route?: string): void;
  /** the present window, if there is one */
  current(): BrowserWindow | null;
}

export function createMainWindow(options: MainWindowOptions): MainWindow {
  const stateFile = join(options.dataDir, 'window.json');
  let window: BrowserWindow | null = null;
  let quitting = false;
  app.on('before-quit', () => {
    quitting = true;
  });

  function open(route: string): BrowserWindow {
    const state = readWindowState(stateFile);
    const displays = [
      screen.getPrimaryDisplay(),
      ...screen.getAllDisplays().filter(({ id }) => id !== screen.getPrimaryDisplay().id),
    ];
    const made = new BrowserWindow({
      ...placeWindow(
        state,
        displays.map(({ workArea }) => workArea),
      ),
      minWidth: MIN_SIZE.width,
      minHeight: MIN_SIZE.height,
      title: options.title,
      icon: options.icon,
      show: false,
      autoHideMenuBar: true,
      backgroundColor: background(),
      webPreferences: {
        preload: options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
        devTools: !app.isPackaged,
        additionalArguments: [`--clusterdeck-version=${app.getVersion()}`],
      },
    });
    const reveal = () => {
      if (made.isDestroyed() || made.isVisible()) return;
      if (state?.maximized) made.maximize();
      made.show();
    };
    made.once('ready-to-show', reveal);
    // a page that cannot be loaded must not leave a program without a window
    made.webContents.once('did-fail-load', reveal);
    made.on('close', (event) => {
      writeWindowState(stateFile, {
        bounds: made.getNormalBounds(),
        maximized: made.isMaximized(),
      });
      if (quitting || !options.hidesOnClose()) return;
      event.preventDefault();
      made.hide();
    });
    made.on('closed', () => {
      window = null;
    });
    made.on('page-title-updated', (event) => event.preventDefault());
    void made.loadURL(BUNDLE_URL + toFragment(route)).catch(() => {});
    return made;
  }

  nativeTheme.on('updated', () => window?.setBackgroundColor(background()));

  return {
    current: () => window,
    show(route) {
      if (window === null) {
        window = open(route ?? '');
        return;
      }
      if (route !== undefined) void window.loadURL(BUNDLE_URL + toFragment(route)).catch(() => {});
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
  };
}

/** Only the fragment changes, so the page stays and its router goes there. */
const toFragment = (route: string) => (route === '' ? '' : `#${route}`);
const background = () => (nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light);
