// From the start of the process to cards that can be used: from the store, or from the network.
import { createRouterClient } from '@orpc/server';
import { composeCore } from '#electron/core/compose';
import { order, tell } from './messages';
import { benchPorts } from './ports';

const [mode = 'store', startedAt = '0'] = process.argv.slice(2);
const { dataDir } = await order();
const ports = benchPorts(dataDir);
const core = await composeCore(ports);
const client = createRouterClient(core.router, { context: { logger: ports.logger } });
let guests = 0;
if (mode === 'store') {
  let waiting = Number.POSITIVE_INFINITY;
  for await (const event of await client.live.watch()) {
    if (event.type === 'snapshot') waiting = event.live.filter(({ asOf }) => asOf !== null).length;
    if (event.type === 'inventoryAll') {
      guests += event.rows.guests.length;
      waiting -= 1;
    }
    if (waiting === 0) break;
  }
} else {
  await client.inventory.poll({});
  const answers = await client.inventory.query({});
  guests = answers.reduce((sum, answer) => sum + answer.guests.length, 0);
}
tell({ ms: Date.now() - Number(startedAt), guests });
await core.close();
process.disconnect();
