import { hostPort } from '#shared/domain/host';
import type { ClusterReader } from '../clusters/types';
import type { Host } from '../ports';
import { os } from './base';

/** @param dataDir where this program keeps its store */
export function createAppRouter(host: Host, dataDir: string, clusters: ClusterReader) {
  return {
    info: os.app.info.handler(() => ({ ...host.info, dataDir })),
    openWebInterface: os.app.openWebInterface.handler(({ input }) =>
      host.openExternal(webInterface(clusters, input.uuid, input.guestId)),
    ),
    openDemo: os.app.openDemo.handler(() => host.openDemo()),
    focus: os.app.focus.handler(() => host.focus()),
  };
}

/** The server's own pages; `#v1:0:=qemu/100` is how they name what is selected. */
function webInterface(clusters: ClusterReader, uuid: string, guestId?: string): string {
  const [endpoint] = clusters.get(uuid).endpoints;
  if (endpoint === undefined) throw new Error('A cluster without an endpoint was stored');
  const place = guestId === undefined ? '' : `#v1:0:=${encodeURIComponent(guestId)}`;
  return `https://${hostPort(endpoint.host, endpoint.port)}/${place}`;
}
