import { z } from 'zod';
import { readAccess } from '../../../roles/k3s/access';
import { KubeClient } from '../../../roles/k3s/client';
import { KubeMachines } from '../../../roles/k3s/machines';
import type { KubePlaces } from '../../../roles/k3s/places';
import type { lookAtKube } from './hands';

/** of k3s, where its configuration names none: https://docs.k3s.io/cli/server#networking */
const CLUSTER_CIDR = '10.42.0.0/16';
const SERVICE_CIDR = '10.43.0.0/16';

const namespaceList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
});

export interface KubeLookDeps {
  places: KubePlaces;
  /** of roles.k3s-server */
  server: {
    enabled: boolean;
    cluster_cidr?: string | undefined;
    service_cidr?: string | undefined;
  };
}

/** What the server on this node knows. @throws Failure NOT_FOUND | UNREACHABLE | BAD_RESPONSE */
export async function kubeHere(
  { places, server }: KubeLookDeps,
  signal: AbortSignal,
): Promise<z.output<typeof lookAtKube.output>> {
  const client = new KubeClient(await readAccess(places.serverAccess));
  try {
    const machines = await new KubeMachines(client).list(signal);
    const found = namespaceList.parse(await client.json({ path: '/api/v1/namespaces', signal }));
    const named = (isServer: boolean) =>
      machines.filter((one) => one.isServer === isServer).map(({ name }) => name);
    return {
      version: machines.find(({ isServer }) => isServer)?.version ?? '',
      servers: named(true).toSorted(),
      agents: named(false).toSorted(),
      namespaces: found.items.map(({ metadata }) => metadata.name).toSorted(),
      clusterCidr: server.cluster_cidr ?? CLUSTER_CIDR,
      serviceCidr: server.service_cidr ?? SERVICE_CIDR,
    };
  } finally {
    await client.close();
  }
}
