import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeChromium } from './runtime';

const root = process.env['STAND_IN_APP'] ?? process.cwd();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};

/** What the app needs of the windows, which are made elsewhere. */
interface Closable {
  close(): void;
  destroy(): void;
}

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly commandLine = { hasSwitch: (name: string) => process.argv.includes(`--${name}`) };
  readonly windows = new Set<Closable>();
  sandboxed = false;
  #userData = tmpdir();
  #quitting = false;
  readonly #ready: Promise<void>;

  constructor() {
    super();
    // as in Electron: not before the main script has run through
    this.#ready = new Promise((resolve) => {
      setImmediate(() => {
        resolve();
        this.emit('ready', {});
      });
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.quit());
  }

  whenReady = () => this.#ready;
  getAppPath = () => root;
  getVersion = () => version;
  getName = () => 'Clusterdeck';
  getPath = (_name: string) => this.#userData;
  setAppUserModelId(_id: string): void {}

  setPath(name: string, path: string): void {
    if (name === 'userData') this.#userData = path;
    mkdirSync(path, { recursive: true });
  }

  enableSandbox(): void {
    this.sandboxed = true;
  }

  /** A socket stands for the lock. The answer must be immediate, so a folder decides who has it. */
  requestSingleInstanceLock(data: unknown = null): boolean {
    const folder = join(this.#userData, 'stand-in-lock');
    const address = join(folder, 's');
    try {
      mkdirSync(folder);
    } catch {
      connect(address).end(JSON.stringify({ argv: process.argv, cwd: process.cwd(), data }));
      return false;
    }
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    createServer((socket) => {
      let text = '';
      socket.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      socket.on('end', () => {
        const said = JSON.parse(text) as { argv: string[]; cwd: string; data: unknown };
        this.emit('second-instance', {}, said.argv, said.cwd, said.data);
      });
    })
      .listen(address)
      .unref();
    return true;
  }

  quit(): void {
    if (this.#quitting) return;
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (prevented) return;
    this.#quitting = true;
    for (const window of this.windows) window.close();
    if (this.windows.size > 0) {
      this.#quitting = false;
      return;
    }
    this.emit('will-quit', { preventDefault() {} });
    this.exit(0);
  }

  exit(code = 0): void {
    for (const window of this.windows) window.destroy();
    this.emit('quit', {}, code);
    // a moment for what a second instance says to the first
    setImmediate(() => void closeChromium().finally(() => process.exit(code)));
  }

  /** called by a window that is gone */
  windowGone(window: Closable): void {
    this.windows.delete(window);
    if (this.windows.size > 0 || this.#quitting) return;
    if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
    else this.quit();
  }
}

export const app = new App();
