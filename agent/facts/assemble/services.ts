import type { ServicesAnswer } from '#shared/contract/agent/dashboard';
import type { Snapshot } from '../types';
import { freshnessOf, kubePart, seconds, slurmPart, statePart } from './freshness';

type Services = ServicesAnswer['services'];

export function assembleServices(snapshot: Snapshot): ServicesAnswer {
  const { network, slurm } = snapshot;
  const endpoints = endpointsOf(snapshot);
  return {
    services: {
      tailscale: {
        enabled: network.tailscaleEnabled,
        connected: network.tailscaleIp !== '' && network.connected,
        ...(network.tailscaleIp !== '' && { ip: network.tailscaleIp }),
        ...(network.peerCount !== null && { peer_count: network.peerCount }),
      },
      slurm: slurmOf(snapshot),
      k3s: kubeOf(snapshot),
      ...(Object.keys(endpoints).length > 0 && { endpoints }),
    },
    partitions: [...(slurm?.partitions ?? [])],
    ...freshnessOf(snapshot, [
      ...statePart(snapshot),
      ...slurmPart(snapshot),
      ...kubePart(snapshot),
    ]),
  };
}

const absent = (what: string) => ({
  status: 'stopped' as const,
  message: `No node of this cluster has the role ${what}.`,
});

function slurmOf({ slurm }: Snapshot): Services['slurm'] {
  if (slurm === null) {
    return { controller: absent('slurm-controller'), worker: absent('slurm-worker') };
  }
  const { controller, worker, asOf, nodes, partitions, jobs } = slurm;
  if (asOf === null) return { controller: { ...controller }, worker: { ...worker } };
  const main = partitions.find((partition) => partition.default) ?? partitions[0];
  return {
    controller: { ...controller },
    worker: { ...worker },
    nodes_in_partition: main?.nodes ?? nodes.length,
    queued_jobs: jobs.filter(({ state }) => state === 'PENDING').length,
  };
}

function kubeOf({ kube }: Snapshot): Services['k3s'] {
  if (kube === null) return { server: absent('k3s-server'), agent: absent('k3s-agent') };
  return {
    server: { ...kube.server },
    agent: { ...kube.agent },
    ...(kube.nodeCount !== null && { node_count: kube.nodeCount }),
    ...(kube.podCount !== null && { pod_count: kube.podCount }),
  };
}

/** By service, and by service and node where several nodes offer the same one. */
function endpointsOf({ facts }: Snapshot): NonNullable<Services['endpoints']> {
  const found = [...facts].flatMap(([nodeId, { name: node, services }]) =>
    services.map((service) => ({ nodeId, node, ...service })),
  );
  const offers = new Map<string, number>();
  for (const { name } of found) offers.set(name, (offers.get(name) ?? 0) + 1);
  return Object.fromEntries(
    found.map((service) => {
      const { name, node, nodeId, address, port, status, lastSeen, url } = service;
      const key = (offers.get(name) ?? 0) > 1 ? `${name}@${node}` : name;
      const shown = {
        service_name: name,
        address,
        port,
        node_id: nodeId,
        status,
        last_seen: seconds(lastSeen),
        ...(url !== null && { url }),
      };
      return [key, shown];
    }),
  );
}
