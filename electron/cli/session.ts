import { createRouterClient } from '@orpc/server';
import { type Installation, nodePorts } from '#electron/browser-host/ports/node-ports';
import { composeCore } from '#electron/core/compose';
import { enterStore } from '#electron/core/local/enter';
import { createLogger } from '#electron/core/logging/logger';
import type { KeyProtector, Paths } from '#electron/core/ports';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { CliIo } from './io';
import { unlockWithFile } from './unlock';

/** What a copy of the command line is made of. */
export interface CliProgram {
  installation: Installation;
  /** what can hold the vault key here, best first */
  protectors: KeyProtector[];
}

/** A client for the length of one command, and whether it visits a running host. */
export interface Session {
  client: Client;
  visits: boolean;
  /** what a failed call is to be told as */
  explain(error: unknown): unknown;
  close(): Promise<void>;
}

const WAIT_MS = 30_000;

/**
 * Goes through the host that runs on the data folder, or opens the store itself. A command that
 * has the store open just now is waited for.
 * @throws Failure STORE_BUSY
 */
export async function openSession(
  paths: Paths,
  { installation, protectors }: CliProgram,
  io: Pick<CliIo, 'env' | 'signal' | 'stderr'>,
): Promise<Session> {
  const { dataDir, logDir } = paths;
  const entrance = await enterStore({ dataDir, waitMs: WAIT_MS, signal: io.signal });
  if (entrance.role === 'visitor') {
    const { visit } = entrance;
    await unlockWithFile(visit.client, io);
    return {
      client: visit.client,
      visits: true,
      explain: (error) => (visit.lost ? hostGone() : error),
      close: async () => visit.close(),
    };
  }
  const { lock } = entrance;
  lock.announce({ pid: process.pid, host: 'cli', demo: false, local: null });
  const logger = createLogger({ logDir, program: 'cli' });
  const { ports, stop } = nodePorts({
    paths,
    logger,
    installation,
    env: io.env,
    host: 'cli',
    protectors,
  });
  try {
    const core = await composeCore(ports);
    return {
      client: createRouterClient(core.router, { context: { logger } }),
      visits: false,
      explain: (error) => error,
      async close() {
        await core.close();
        stop();
        lock.release();
        logger.close();
      },
    };
  } catch (error) {
    lock.release();
    logger.close();
    throw error;
  }
}

const hostGone = () =>
  fail(
    'ABORTED',
    { remedy: 'Look whether the change was made, then run the command again.' },
    'The running Clusterdeck ended in the middle of the command.',
  );
