import { spawn } from 'node:child_process';
import type { Host } from '#electron/core/ports';
import { openWebPage } from './external';

export interface HostOptions {
  version: string;
  demo: boolean;
  shell: { openExternal(url: string): Promise<void> };
  /** the command that starts this program again, without arguments of its own */
  self: { command: string; args: readonly string[] };
  show(): void;
}

/** What the core may ask of the desktop. */
export function createHost(options: HostOptions): Host {
  return {
    info: {
      version: options.version,
      host: 'electron',
      platform: process.platform,
      demo: options.demo,
      canOpenDemo: !options.demo,
    },
    openExternal: (url) => openWebPage(url, options.shell),
    openDemo: () => startDemo(options.self),
    async focus() {
      options.show();
    },
  };
}

/** Starts the demo lab as a program of its own, which outlives this one. */
async function startDemo(self: HostOptions['self']): Promise<void> {
  const { CLUSTERDECK_DATA: _named, ...env } = process.env;
  const child = spawn(self.command, [...self.args, '--demo'], {
    detached: true,
    stdio: 'ignore',
    env,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}
