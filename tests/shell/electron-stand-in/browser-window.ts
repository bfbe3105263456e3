import { EventEmitter } from 'node:events';
import { app } from './app';
import { nativeTheme } from './system';
import { WebContents, type WebPreferences } from './web-contents';

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Options extends Partial<Rectangle> {
  show?: boolean;
  backgroundColor?: string;
  webPreferences?: WebPreferences;
}

const windows = new Set<BrowserWindow>();

/** A window without a screen: its state is kept here, its page is in Chromium. */
export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [...windows];
  static getFocusedWindow = () => [...windows].find((window) => window.isFocused()) ?? null;

  readonly webContents: WebContents;
  readonly options: Options;
  backgroundColor: string;
  #bounds: Rectangle;
  #visible: boolean;
  #focused = false;
  #minimized = false;
  #maximized = false;
  #destroyed = false;

  constructor(options: Options) {
    super();
    this.options = options;
    this.backgroundColor = options.backgroundColor ?? '#ffffff';
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show !== false;
    windows.add(this);
    app.windows.add(this);
    this.webContents = new WebContents(options.webPreferences ?? {}, { width, height });
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    const colours = () => {
      if (this.#destroyed) return;
      this.webContents.emulateColours(nativeTheme.shouldUseDarkColors).catch(() => {});
    };
    nativeTheme.on('updated', colours);
    this.once('closed', () => nativeTheme.off('updated', colours));
    colours();
  }

  loadURL = (url: string) => this.webContents.loadURL(url);
  isDestroyed = () => this.#destroyed;
  isVisible = () => this.#visible;
  isFocused = () => this.#focused;
  isMinimized = () => this.#minimized;
  isMaximized = () => this.#maximized;
  getBounds = () => ({ ...this.#bounds });
  getNormalBounds = () => ({ ...this.#bounds });
  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
  }
  setBackgroundColor(colour: string): void {
    this.backgroundColor = colour;
  }
  maximize(): void {
    this.#maximized = true;
  }
  minimize(): void {
    this.#minimized = true;
    this.#focused = false;
  }
  restore(): void {
    this.#minimized = false;
  }
  show(): void {
    this.#visible = true;
    this.#focused = true;
    this.emit('show');
  }
  hide(): void {
    this.#visible = false;
    this.#focused = false;
    this.emit('hide');
  }
  focus(): void {
    this.#focused = true;
  }

  close(): void {
    let prevented = false;
    this.emit('close', { preventDefault: () => (prevented = true) });
    if (!prevented) this.destroy();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    this.webContents.destroy();
    this.emit('closed');
    app.windowGone(this);
  }
}
