import { fail } from '#shared/contract/errors';
import type { InventoryRows } from '#shared/contract/inventory';
import { hostPort } from '#shared/domain/host';
import type { ClusterReader } from '../clusters/types';
import type { Host } from '../ports';
import { os } from './base';

interface Known {
  clusters: ClusterReader;
  watcher: { rows(uuid: string): Pick<InventoryRows, 'services'> };
}

/** @param dataDir where this program keeps its store */
export function createAppRouter(host: Host, dataDir: string, { clusters, watcher }: Known) {
  return {
    info: os.app.info.handler(() => ({ ...host.info, dataDir })),
    openWebInterface: os.app.openWebInterface.handler(({ input }) =>
      host.openExternal(webInterface(clusters, input.uuid, input.guestId)),
    ),
    openService: os.app.openService.handler(({ input }) => host.openExternal(page(watcher, input))),
    openDemo: os.app.openDemo.handler(() => host.openDemo()),
    focus: os.app.focus.handler(() => host.focus()),
  };
}

/** Only what the cluster's agents told is opened, never an address of the screen's own making. */
function page(watcher: Known['watcher'], { uuid, id }: { uuid: string; id: string }): string {
  const url = watcher.rows(uuid).services.find((service) => service.id === id)?.url ?? null;
  if (url === null) {
    throw fail('NOT_FOUND', { remedy: 'The service has no page now. Refresh the cluster.' });
  }
  return url;
}

/** The server's own pages; `#v1:0:=qemu/100` is how they name what is selected. */
function webInterface(clusters: ClusterReader, uuid: string, guestId?: string): string {
  const { kind, endpoints } = clusters.get(uuid);
  if (kind !== 'proxmox') {
    throw fail('UNSUPPORTED', { remedy: 'Open one of its services instead.' });
  }
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error('A cluster without an endpoint was stored');
  const place = guestId === undefined ? '' : `#v1:0:=${encodeURIComponent(guestId)}`;
  return `https://${hostPort(endpoint.host, endpoint.port)}/${place}`;
}
