// The usual way: proxmox-api's own engine with no check of certificates, several calls per node,
// and the whole state to the window each time.
import { setTimeout as sleep } from 'node:timers/promises';
import proxmoxApi, { type Proxmox } from 'proxmox-api';
import type { LabCard } from '#electron/demo/lab-options';
import { CYCLE_MS, order, type Refresh, refresh, tell } from './messages';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const { cards, rounds } = await order();
const apis = cards.map(connect);

function connect({ endpoints: [door], user }: LabCard): Proxmox.Api {
  if (door === undefined) throw new Error('A cluster has no door');
  const { host, port } = door;
  return proxmoxApi({ host, port, username: user.userid, password: user.password });
}

async function readNode(api: Proxmox.Api, node: string) {
  const at = api.nodes.$(node);
  const [status, qemu, lxc, storage] = await Promise.all([
    at.status.$get(),
    at.qemu.$get(),
    at.lxc.$get(),
    at.storage.$get(),
  ]);
  return { node, status, storage, guests: [...qemu, ...lxc] };
}

async function readCluster(api: Proxmox.Api) {
  const nodes = await api.nodes.$get();
  const online = nodes.filter((node) => node.status === 'online');
  return await Promise.all(online.map(({ node }) => readNode(api, node)));
}

async function readAll(): Promise<number> {
  const state = await Promise.all(apis.map(readCluster));
  JSON.stringify(state);
  return state.flat().reduce((sum, node) => sum + node.guests.length, 0);
}

await readAll();
const refreshes: Refresh[] = [];
tell({ measuring: true });
for (let round = 0; round < rounds; round += 1) {
  await sleep(CYCLE_MS);
  refreshes.push(await refresh(readAll));
}
tell({ refreshes, rssMiB: process.memoryUsage().rss / 2 ** 20 });
process.disconnect();
