import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Electron from 'electron';
import { _electron } from 'playwright-core';
import { ensureBuilt, root } from '../../build/builder.mjs';

type Run<A, R> = (electron: typeof Electron, argument: A) => R | Promise<R>;

/** The running desktop program, under the real Electron or under the stand-in. */
export interface Shell {
  /** runs a function in the main process; it may use nothing but its parameters */
  main<R, A = null>(run: Run<A, R>, argument: A): Promise<R>;
  /** evaluates an expression in the window's page */
  page<R>(expression: string): Promise<R>;
  /** a picture of the window, as PNG */
  picture(): Promise<Buffer>;
  signal(name: NodeJS.Signals): void;
  /** ends the program as its menu does, and waits for it */
  quit(): Promise<void>;
  exited: Promise<number>;
  /** what it wrote on stderr so far */
  errors(): string;
}

export interface ShellOptions {
  dataDir: string;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

const electronFolder = join(root, 'node_modules', 'electron');
const electronPath = () => {
  const named = join(electronFolder, 'path.txt');
  if (!existsSync(named)) return null;
  const path = join(electronFolder, 'dist', readFileSync(named, 'utf8'));
  return existsSync(path) ? path : null;
};

/** The real Electron where its binary is there; it holds the stand-in to the truth. */
export const runner = electronPath() === null ? 'stand-in for Electron' : 'real Electron';

export async function startShell(options: ShellOptions): Promise<Shell> {
  await ensureBuilt();
  const { CLUSTERDECK_DATA: _data, ...inherited } = process.env;
  const env = { ...inherited, ...options.env };
  const args = ['--data', options.dataDir, ...(options.args ?? [])];
  const executable = electronPath();
  return executable === null ? startStandIn(args, env) : startElectron(executable, args, env);
}

async function startElectron(
  executablePath: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Shell> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const program = await _electron.launch({
    executablePath,
    args: [root, ...asRoot, ...args],
    cwd: root,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? ''])),
  });
  const main: Shell['main'] = (run, argument) =>
    program.evaluate(run as never, argument as never) as never;
  return { main, ...common(main, program.process()) };
}

async function startStandIn(args: string[], env: NodeJS.ProcessEnv): Promise<Shell> {
  const hook = join(import.meta.dirname, 'electron-stand-in', 'register.mjs');
  const script = join(root, 'dist', 'node', 'shell.js');
  const child = spawn(process.execPath, ['--import', hook, script, ...args], {
    cwd: root,
    env: { ...env, STAND_IN_APP: root },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let lastId = 0;
  const main = <R, A>(run: Run<A, R>, argument: A): Promise<R> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      const id = lastId;
      const take = (answer: { id: number; value?: unknown; error?: string }) => {
        if (answer.id !== id) return;
        child.off('message', take);
        child.off('exit', gone);
        if (answer.error === undefined) resolve(answer.value as R);
        else reject(new Error(answer.error));
      };
      const gone = () => reject(new Error('The program has ended'));
      if (!child.connected) return gone();
      child.on('message', take);
      child.once('exit', gone);
      child.send({ id, source: String(run), argument }, (error) => error && gone());
    });
  return { main, ...common(main, child) };
}

function common(main: Shell['main'], child: ChildProcess): Omit<Shell, 'main'> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exited = once(child, 'exit').then(([code]) => Number(code));
  return {
    page: (expression) =>
      main(
        ({ BrowserWindow }, source) =>
          BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(source),
        expression,
      ),
    async picture() {
      const base64 = await main(async ({ BrowserWindow }) => {
        const image = await BrowserWindow.getAllWindows()[0]?.webContents.capturePage();
        return image?.toPNG().toString('base64') ?? '';
      }, null);
      return Buffer.from(base64, 'base64');
    },
    signal: (name) => void child.kill(name),
    async quit() {
      // the answer may be lost with the process
      main(({ app }) => app.quit(), null).catch(() => {});
      await exited;
    },
    exited,
    errors: () => errors,
  };
}
