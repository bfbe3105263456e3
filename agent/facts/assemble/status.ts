import { SERVICE_NAMES, type StatusAnswer } from '#shared/contract/agent/dashboard';
import type { Snapshot } from '../types';
import { freshnessOf, seconds } from './freshness';
import { leadingNodes } from './leaders';

/** The machine is read every five seconds. */
const MACHINE_GOOD_FOR_MS = 20_000;

export function assembleStatus(snapshot: Snapshot): StatusAnswer {
  const { self, cluster, network, members, state } = snapshot;
  const own = snapshot.facts.get(self.id);
  const { raft } = leadingNodes(snapshot);
  const leader = members.find(({ id }) => id === raft?.nodeId);
  const measuredAt = own === undefined || own.load === null ? null : own.measuredAt;
  return {
    node: {
      id: self.id,
      name: self.name,
      cluster: cluster.name,
      region: cluster.region,
      datacenter: cluster.datacenter,
    },
    networking: {
      type: network.type,
      connected: network.connected,
      ...(network.tailscaleIp !== '' && { tailscale_ip: network.tailscaleIp }),
      ...(network.message !== '' && { message: network.message }),
    },
    discovery: {
      serf: { running: snapshot.gossipRunning },
      members: members.length,
      member_list: members.map(({ name, address, status }) => ({ name, address, status })),
    },
    leadership: {
      mode: snapshot.stateKind,
      is_leader: raft?.nodeId === self.id,
      ...(leader !== undefined && { leader: leader.name }),
    },
    roles: [...(own?.roles ?? [])],
    system_services: systemServices(own?.units ?? []),
    resources: resourcesOf(snapshot),
    agent: {
      version: snapshot.version,
      started_at: seconds(snapshot.startedAt),
      cluster_uuid: cluster.uuid,
      state,
    },
    problems: [...snapshot.problems],
    ...freshnessOf(snapshot, [
      { what: 'This machine', asOf: measuredAt, goodForMs: MACHINE_GOOD_FOR_MS },
    ]),
  };
}

/** The names that clients know come first and always; what nobody looked at is unknown. */
function systemServices(
  units: readonly {
    name: string;
    status: StatusAnswer['system_services'][number]['Status'];
    message: string;
  }[],
): StatusAnswer['system_services'] {
  const found = new Map(units.map((unit) => [unit.name, unit]));
  const names = new Set([...SERVICE_NAMES, ...found.keys()]);
  return [...names].map((name) => {
    const unit = found.get(name);
    return {
      Name: name,
      Status: unit?.status ?? 'unknown',
      Message: unit?.message ?? 'It is not looked at on this node.',
    };
  });
}

function resourcesOf({ self, facts, hardware }: Snapshot): StatusAnswer['resources'] {
  const load = facts.get(self.id)?.load ?? null;
  const cores = hardware.get(self.id)?.cpuCores ?? 0;
  if (load === null) return { cpu_cores: cores };
  const { cpu, memoryTotalBytes, memoryUsedBytes, diskTotalBytes, diskUsedBytes } = load;
  return {
    cpu_cores: cores,
    ...(cpu !== null && { cpu_used: round(cpu, 4) }),
    memory: {
      total_kb: Math.floor(memoryTotalBytes / 1024),
      available_kb: Math.floor((memoryTotalBytes - memoryUsedBytes) / 1024),
    },
    disk: {
      total_bytes: diskTotalBytes,
      available_bytes: diskTotalBytes - diskUsedBytes,
      used_bytes: diskUsedBytes,
      used_percent: diskTotalBytes > 0 ? round((diskUsedBytes / diskTotalBytes) * 100, 1) : 0,
    },
  };
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
