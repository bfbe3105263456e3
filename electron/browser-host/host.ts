import { createRouterClient } from '@orpc/server';
import { composeCore } from '#electron/core/compose';
import type { StoreLock } from '#electron/core/local/lock';
import { serveLocal } from '#electron/core/local/server';
import { createLogger } from '#electron/core/logging/logger';
import type { Host, KeyProtector, Logger, Paths } from '#electron/core/ports';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { type Installation, nodePorts } from './ports/node-ports';
import { serveWeb, type WebServer } from './web/server';

export interface BrowserHost {
  web: WebServer;
  logger: Logger;
  /** the contract, in process */
  client: Client;
  close(): Promise<void>;
}

/**
 * Opens the store and serves it: to browsers over loopback, to this user's commands over the local
 * socket. Takes over the lock and releases it when closed, or when it cannot start.
 * @throws Failure, as when the store is broken or the port is taken
 */
export async function startBrowserHost(options: {
  lock: StoreLock;
  paths: Paths;
  installation: Installation;
  env: NodeJS.ProcessEnv;
  port: number;
  demo: boolean;
  /** what can hold the vault key here, best first */
  protectors: KeyProtector[];
  windows: Pick<Host, 'focus' | 'openDemo'>;
}): Promise<BrowserHost> {
  const { lock, paths, installation, env, port, demo, protectors, windows } = options;
  const cleanup: (() => unknown)[] = [() => lock.release()];
  const close = async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  };
  try {
    const logger = createLogger({ logDir: paths.logDir, program: 'host' });
    cleanup.push(() => logger.close());
    const logCrash = (error: unknown) => logger.error({ error }, 'The program is broken and ends');
    process.on('uncaughtExceptionMonitor', logCrash);
    cleanup.push(() => process.off('uncaughtExceptionMonitor', logCrash));
    const { ports, stop } = nodePorts({
      paths,
      logger,
      installation,
      env,
      demo,
      protectors,
      windows,
      host: 'browser',
    });
    cleanup.push(stop);
    const core = await composeCore(ports);
    cleanup.push(() => core.close());
    const context = { logger };
    const serving = { router: core.router, context };
    const web = await serveWeb({
      ...serving,
      rendererDir: installation.rendererDir,
      port,
      now: ports.clock.now,
    }).catch((error: unknown) => {
      throw portFailure(error, port);
    });
    cleanup.push(() => web.close());
    const local = await serveLocal({ ...serving, lock, host: 'browser', demo });
    cleanup.push(() => local.close());
    core.start();
    logger.info({ port: web.port, demo }, 'The browser host runs');
    return { web, logger, client: createRouterClient(core.router, { context }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function portFailure(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'ERR_SOCKET_BAD_PORT') return error;
  const remedy = 'Choose another with --port, or leave it out to get a free one.';
  return fail('INVALID_INPUT', { remedy, field: 'port' }, `Port ${port} cannot be used.`);
}
