import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { enterStore, storeBusy } from '#electron/core/local/enter';
import { preparePaths } from '#electron/core/local/paths';
import type { KeyProtector } from '#electron/core/ports';
import type { Client } from '#shared/contract/index';
import { type BrowserHost, startBrowserHost } from './host';
import type { Installation } from './ports/node-ports';
import { createScreen, type Screen } from './screen';

export interface RunOptions {
  data: string | undefined;
  port: number;
  open: boolean;
  demo: boolean;
  /** a second start brings the running one to the front instead of being refused */
  joins: boolean;
  /** whether the program ends when its window is closed */
  endsWithWindow: boolean;
  installation: Installation;
  /** what can hold the vault key here, best first */
  protectors: KeyProtector[];
  env: NodeJS.ProcessEnv;
  /** ends the program */
  signal: AbortSignal;
  /** called once everything answers, before the window opens */
  onReady?(running: { client: Client; web: BrowserHost['web']; dataDir: string }): Promise<void>;
  /** tells the person where to go */
  printLink(link: string, why: string | null): void;
}

const WAIT_MS = 10_000;

/**
 * Runs the browser host until the signal, or until its window is closed.
 * @returns `joined` when another host on this data folder was brought to the front instead
 * @throws Failure STORE_BUSY and whatever keeps the host from starting
 */
export async function runBrowserHost(options: RunOptions): Promise<'ended' | 'joined'> {
  const { env, installation, signal, demo } = options;
  const paths = preparePaths(options.data);
  const entrance = await enterStore({ dataDir: paths.dataDir, waitMs: WAIT_MS, signal });
  if (entrance.role === 'visitor') {
    const { client, close } = entrance.visit;
    try {
      if (!options.joins) throw storeBusy(paths.dataDir);
      await client.app.focus();
      return 'joined';
    } finally {
      close();
    }
  }
  const end = new AbortController();
  const ended = AbortSignal.any([signal, end.signal]);
  let screen: Screen | null = null;
  const host = await startBrowserHost({
    lock: entrance.lock,
    paths,
    installation,
    env,
    demo,
    port: options.port,
    protectors: options.protectors,
    windows: {
      focus: async () => screen?.show(),
      openDemo: () => startDemo(installation, options.open, env, ended),
    },
  });
  screen = createScreen({
    web: host.web,
    logger: host.logger,
    paths,
    env,
    open: options.open,
    print: options.printLink,
    onClosed: () => options.endsWithWindow && end.abort(),
  });
  try {
    await options.onReady?.({ client: host.client, web: host.web, dataDir: paths.dataDir });
    if (!ended.aborted) await screen.show();
    if (!ended.aborted) await once(ended, 'abort');
  } finally {
    await screen.close();
    await host.close();
  }
  return 'ended';
}

/** The demo lab as a program of its own beside this one; it ends with this one. */
async function startDemo(
  installation: Installation,
  open: boolean,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const { CLUSTERDECK_DATA: _data, ...inherited } = env;
  const args = [installation.cliPath, 'demo', ...(open ? [] : ['--no-open'])];
  const child = spawn(process.execPath, args, {
    // its link goes to the terminal, but this program's standard output is its own
    stdio: ['ignore', 2, 2],
    env: inherited,
  });
  await once(child, 'spawn');
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  child.once('exit', () => signal.removeEventListener('abort', stop));
}
