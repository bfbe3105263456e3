import type { ClusterAnswer } from '#shared/contract/agent/dashboard';
import type { Snapshot } from '../types';
import { freshnessOf, statePart } from './freshness';
import { gigabytes } from './units';

/** Counts nodes that proved the key and did not leave; capacity is what the living ones have. */
export function assembleCluster(snapshot: Snapshot): ClusterAnswer {
  const { cluster, members, hardware } = snapshot;
  const own = members.filter(({ authenticated, status }) => authenticated && status !== 'left');
  const alive = own.filter(({ status }) => status === 'alive');
  const machines = alive.flatMap(({ id }) => hardware.get(id) ?? []);
  const roles: Record<string, number> = {};
  for (const role of alive.flatMap((member) => member.roles)) {
    roles[role] = (roles[role] ?? 0) + 1;
  }
  return {
    name: cluster.name,
    region: cluster.region,
    datacenter: cluster.datacenter,
    total_nodes: own.length,
    alive_nodes: alive.length,
    capacity: {
      total_cpu_cores: machines.reduce((sum, { cpuCores }) => sum + cpuCores, 0),
      total_ram: gigabytes(machines.reduce((sum, one) => sum + one.memTotalBytes, 0)),
      total_gpus: machines.reduce((sum, { gpus }) => sum + gpus, 0),
    },
    role_distribution: roles,
    uuid: cluster.uuid,
    created_at: Math.floor(cluster.createdAt),
    ...freshnessOf(snapshot, statePart(snapshot)),
  };
}
