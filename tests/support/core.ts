import { createRouterClient } from '@orpc/server';
import { onTestFinished } from 'vitest';
import { composeCore } from '#electron/core/compose';
import type { Ports } from '#electron/core/ports';
import { MemoryKeychain, testPorts } from './ports';

/** A whole core on a folder of its own with an in-process client; it is closed when the test ends. */
export async function openCore(overrides: Partial<Ports> = {}) {
  const ports = testPorts({ protectors: [new MemoryKeychain()], ...overrides });
  const core = await composeCore(ports);
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= core.close());
  onTestFinished(close);
  const client = createRouterClient(core.router, { context: { logger: ports.logger } });
  return { core, client, ports, close };
}
