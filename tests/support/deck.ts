import { createRouterClient } from '@orpc/server';
import { onTestFinished } from 'vitest';
import { type Core, composeCore } from '#electron/core/compose';
import type { Ports } from '#electron/core/ports';
import type { DemoLab } from '#electron/demo/lab';
import { seedLab } from '#electron/demo/seed';
import type { Client } from '#shared/contract/index';
import type { LiveEvent } from '#shared/contract/live';
import { testPorts } from './ports';

/** A composed core with its in-process client. */
export interface Deck {
  core: Core;
  client: Client;
  /** the uuid of a cluster_id */
  uuid: (clusterId: string) => Promise<string>;
}

/** A core on a folder of its own; with a lab its clusters stand on the deck. Closed with the test. */
export async function withDeck(lab?: DemoLab, ports: Ports = testPorts()): Promise<Deck> {
  const core = await composeCore(ports);
  onTestFinished(() => core.close());
  const client: Client = createRouterClient(core.router, { context: { logger: ports.logger } });
  if (lab !== undefined) await seedLab(lab.deckCards(), client);
  return { core, client, uuid: async (ref) => (await client.clusters.get({ ref })).uuid };
}

/**
 * Reads live events until one fits; fails with what was heard when none does in time.
 * @returns all events up to and with the one that fits
 */
export async function hear(
  events: AsyncIterator<LiveEvent>,
  fits: (event: LiveEvent) => boolean,
  withinMs = 10_000,
): Promise<LiveEvent[]> {
  const heard: LiveEvent[] = [];
  const deadline = AbortSignal.timeout(withinMs);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => {
      reject(new Error(`Only heard ${heard.map((event) => event.type).join(', ')}`));
    });
  });
  for (;;) {
    const { value, done } = await Promise.race([events.next(), late]);
    if (done === true) throw new Error('The stream ended');
    heard.push(value);
    if (fits(value)) return heard;
  }
}
