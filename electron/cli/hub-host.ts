import { once } from 'node:events';
import { nodePorts } from '#electron/browser-host/ports/node-ports';
import { composeCore } from '#electron/core/compose';
import { type Hub, type HubOptions, startHub } from '#electron/core/hub/hub';
import { enterStore, storeBusy } from '#electron/core/local/enter';
import { serveLocal } from '#electron/core/local/server';
import { createLogger } from '#electron/core/logging/logger';
import type { Paths } from '#electron/core/ports';
import type { CliIo } from './io';
import type { CliProgram } from './session';

const WAIT_MS = 10_000;

/**
 * Runs the hub until the signal. It has no window and watches no cluster; commands on the same
 * data folder go through it.
 * @param tell is given the hub once it answers
 * @throws Failure STORE_BUSY and whatever keeps the hub from starting
 */
export async function runHub(
  hubOptions: HubOptions,
  { paths, program, io }: { paths: Paths; program: CliProgram; io: Pick<CliIo, 'env' | 'signal'> },
  tell: (hub: Hub) => void,
): Promise<void> {
  const { dataDir, logDir } = paths;
  const entrance = await enterStore({ dataDir, waitMs: WAIT_MS, signal: io.signal });
  if (entrance.role === 'visitor') {
    entrance.visit.close();
    throw storeBusy(dataDir);
  }
  const { lock } = entrance;
  const cleanup: (() => unknown)[] = [() => lock.release()];
  try {
    const logger = createLogger({ logDir, program: 'hub' });
    cleanup.push(() => logger.close());
    const { installation, protectors } = program;
    const { ports, stop } = nodePorts({
      paths,
      logger,
      installation,
      env: io.env,
      host: 'cli',
      protectors,
    });
    cleanup.push(stop);
    const core = await composeCore(ports);
    cleanup.push(() => core.close());
    const { router, clusters, vault, store, access, clients, connection } = core;
    const serving = { lock, router, context: { logger }, host: 'cli', demo: false } as const;
    const local = await serveLocal(serving);
    cleanup.push(() => local.close());
    const { clock } = ports;
    const test = connection.test;
    const deps = { clusters, vault, store, access, clients, test, clock, logger };
    const hub = await startHub(deps, hubOptions);
    cleanup.push(() => hub.close());
    logger.info({ port: hub.port, fingerprint: hub.fingerprint }, 'The hub runs');
    tell(hub);
    if (!io.signal.aborted) await once(io.signal, 'abort');
  } finally {
    for (const step of cleanup.reverse()) await step();
  }
}
