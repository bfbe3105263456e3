import type { Cluster, Endpoint } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';

/** The endpoint of a cluster that is written `host:port`. */
export function endpointAt(
  cluster: Pick<Cluster, 'endpoints'>,
  address: string,
): Endpoint | undefined {
  return cluster.endpoints.find(({ host, port }) => hostPort(host, port) === address);
}
