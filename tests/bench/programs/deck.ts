// The core as a host runs it, with one window that hears what changed.
import { setTimeout as sleep } from 'node:timers/promises';
import { createRouterClient } from '@orpc/server';
import { composeCore } from '#electron/core/compose';
import { seedLab } from '#electron/demo/seed';
import { CYCLE_MS, INTERVAL_MS, order, type Refresh, refresh, tell } from './messages';
import { benchPorts } from './ports';

const { cards, rounds, dataDir } = await order();
const ports = benchPorts(dataDir);
const core = await composeCore(ports);
const client = createRouterClient(core.router, { context: { logger: ports.logger } });
await seedLab(cards, client);

let rows = 0;
let bytes = 0;
const window = new AbortController();
const events = await client.live.watch(undefined, { signal: window.signal });
const listening = (async () => {
  for await (const event of events) {
    // what a window is sent is also put into text on its way
    bytes += JSON.stringify(event).length;
    if (event.type === 'inventory') rows += event.delta.guests.upserts.length;
  }
})().catch(() => undefined);

// from here on each cluster is polled at its own place in the ten seconds, as when somebody looks
core.start();
while ((await client.inventory.query({ query: 'vmid:0' })).some(({ asOf }) => asOf === null)) {
  await sleep(100);
}
await sleep(CYCLE_MS);
const refreshes: Refresh[] = [];
tell({ measuring: true });
for (let round = 0; round < rounds; round += 1) {
  refreshes.push(
    await refresh(async () => {
      rows = 0;
      await sleep(INTERVAL_MS);
      return rows;
    }),
  );
}
const rssMiB = process.memoryUsage().rss / 2 ** 20;
window.abort();
await listening;
await core.close();
tell({ refreshes, rssMiB, bytes });
process.disconnect();
