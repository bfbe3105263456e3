import { systemClock } from '#electron/core/local/clock';
import type { Host, KeyProtector, Logger, Paths, Ports } from '#electron/core/ports';
import type { AppInfo } from '#shared/contract/app';
import { fail } from '#shared/contract/errors';
import { openExternal } from './external';
import { createNotifier } from './notifier';
import { readPassphraseFile } from './passphrase-file';
import { createPower } from './power';

/** Where this copy of Clusterdeck has its parts. */
export interface Installation {
  version: string;
  /** the built renderer */
  rendererDir: string;
  /** the script that is the command line, started with this same Node */
  cliPath: string;
}

/** The ports of the hosts that run in plain Node: the browser host and the command line. */
export function nodePorts(options: {
  paths: Paths;
  logger: Logger;
  installation: Installation;
  env: NodeJS.ProcessEnv;
  host: AppInfo['host'];
  protectors: KeyProtector[];
  demo?: boolean;
  /** what only a host with a window can do; a command has none */
  windows?: Pick<Host, 'focus' | 'openDemo'>;
}): { ports: Ports; stop(): void } {
  const { logger, env, windows, demo = false } = options;
  const power = createPower(systemClock.now);
  const noWindow = async () => {
    throw fail('UNSUPPORTED', { remedy: 'Start Clusterdeck with npm start, or run serve.' });
  };
  return {
    ports: {
      paths: options.paths,
      clock: systemClock,
      logger,
      protectors: options.protectors,
      passphrase: () => readPassphraseFile(env),
      notifier: createNotifier(logger),
      power,
      host: {
        info: {
          version: options.installation.version,
          host: options.host,
          platform: process.platform,
          demo,
          canOpenDemo: windows !== undefined && !demo,
        },
        openExternal,
        focus: windows?.focus ?? noWindow,
        openDemo: windows?.openDemo ?? noWindow,
      },
    },
    stop: () => power.stop(),
  };
}
