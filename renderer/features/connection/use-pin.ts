import { useMutation } from '@tanstack/react-query';
import type { Cluster } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { endpointAt } from './endpoint-address';

interface PinRequest {
  /** `host:port` */
  endpoint: string;
  fingerprint: string;
  /** the pin that is replaced; null: there was none */
  previous: string | null;
}

/** Pins a certificate at one endpoint of a saved cluster. */
export function usePin(cluster: Cluster) {
  const client = useClient();
  return useMutation({
    mutationFn: async ({ endpoint, fingerprint, previous }: PinRequest) => {
      const at = endpointAt(cluster, endpoint);
      if (at === undefined) throw new Error(`${endpoint} is no endpoint of ${cluster.clusterId}`);
      const { host, port } = at;
      return client.connection.pin({ uuid: cluster.uuid, host, port, fingerprint, previous });
    },
  });
}
