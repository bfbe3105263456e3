import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

type Params = Record<string, unknown>;
interface Message {
  id?: number;
  method?: string;
  params?: Params;
  result?: Params;
  error?: { message: string };
  sessionId?: string;
}
interface Waiting {
  resolve(result: Params): void;
  reject(error: Error): void;
}

const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--no-startup-window',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-dev-shm-usage',
  '--password-store=basic',
];

/** One session of the DevTools protocol: emits its events by their method's name. */
export class Session extends EventEmitter {
  readonly #send: (method: string, params: Params) => Promise<Params>;

  constructor(send: (method: string, params: Params) => Promise<Params>) {
    super();
    this.setMaxListeners(0);
    this.#send = send;
  }

  send(method: string, params: Params = {}): Promise<Params> {
    return this.#send(method, params);
  }
}

/** Chromium behind its DevTools pipe, which no other process of the machine can reach. */
export class Chromium {
  readonly browser: Session;
  readonly #process: ChildProcess;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #rest = '';

  constructor(executable: string, profile: string) {
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    this.#process = spawn(executable, [...FLAGS, ...asRoot, `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#output.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#process.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium ended'));
      this.#waiting.clear();
    });
    this.browser = new Session((method, params) => this.#call(method, params));
    this.#holdNewPages();
  }

  /** Pages that pages open wait until somebody has decided about them; our own go on at once. */
  #holdNewPages(): void {
    const filter = [{ type: 'page' }, { exclude: true }];
    const hold = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true, filter };
    this.browser.send('Target.setAutoAttach', hold).catch(() => {});
    this.browser.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.openerId !== undefined) return;
      this.session(sessionId)
        .send('Runtime.runIfWaitingForDebugger')
        .catch(() => {});
    });
  }

  session(id: string): Session {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const session = new Session((method, params) => this.#call(method, params, id));
    this.#sessions.set(id, session);
    return session;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.browser.send('Browser.close').catch(() => {});
    await exited;
  }

  get #output() {
    return this.#process.stdio[4] as Readable;
  }

  #call(method: string, params: Params, sessionId?: string): Promise<Params> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const input = this.#process.stdio[3] as Writable;
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) this.#take(JSON.parse(message) as Message);
  }

  #take({ id, method, params = {}, result = {}, error, sessionId }: Message): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error.message));
      return;
    }
    const session = sessionId === undefined ? this.browser : this.session(sessionId);
    if (method !== undefined) session.emit(method, params);
  }
}
