import type { NodeAnswer, NodesAnswer, SlurmJob } from '#shared/contract/agent/dashboard';
import type { Member } from '../../membership/types';
import type { SlurmNode } from '../../roles/slurm/types';
import type { Load, Snapshot } from '../types';
import { freshnessOf, seconds, slurmPart, statePart } from './freshness';
import { gigabytes } from './units';

/** All known members by name, also those that failed or left. */
export function assembleNodes(snapshot: Snapshot): NodesAnswer {
  const slurmNodes = new Map(snapshot.slurm?.nodes.map((node) => [node.name, node]));
  const running = runningByNode(snapshot.slurm?.jobs ?? []);
  const nodes = snapshot.members.map((member) =>
    nodeOf(snapshot, member, slurmNodes.get(member.name), running.get(member.name) ?? 0),
  );
  return {
    count: nodes.length,
    nodes: nodes.toSorted(byName),
    ...freshnessOf(snapshot, [...statePart(snapshot), ...slurmPart(snapshot)]),
  };
}

const numeric = new Intl.Collator('en', { numeric: true });
const byName = (a: { name: string }, b: { name: string }) => numeric.compare(a.name, b.name);

function nodeOf(
  snapshot: Snapshot,
  member: Member,
  slurmNode: SlurmNode | undefined,
  runningJobs: number,
): NodeAnswer {
  const { id, authenticated } = member;
  const facts = snapshot.facts.get(id);
  const load = facts?.load ?? null;
  const owned = authenticated ? snapshot.hardware.get(id) : undefined;
  return {
    id,
    name: member.name,
    // what a node says of itself counts for nothing before it has proved the key
    roles: authenticated ? [...member.roles] : [],
    status: member.status,
    address: member.address,
    tailscale_ip: member.tailscaleIp,
    wireguard_ip: '',
    wireguard_key: '',
    capabilities: {
      cpu: owned?.cpuCores ?? 0,
      ram: gigabytes(owned?.memTotalBytes ?? 0),
      gpu: owned?.gpus ?? 0,
      arch: owned?.arch ?? '',
    },
    tags: authenticated ? { ...member.tags } : {},
    last_seen: Math.floor(member.lastSeen),
    joined_at: Math.floor(member.joinedAt),
    authenticated,
    fingerprint: member.fingerprint,
    api_port: member.apiPort,
    slurm: slurmNode === undefined ? null : slurmOf(slurmNode),
    running_jobs: runningJobs,
    load:
      authenticated && load !== null && load.cpu !== null
        ? loadOf(load, load.cpu, facts?.measuredAt ?? 0)
        : null,
  };
}

function slurmOf(node: SlurmNode): NonNullable<NodeAnswer['slurm']> {
  const { state, drain, reason, cpus, cpusAllocated, partitions } = node;
  return { state, drain, reason, cpus, cpus_allocated: cpusAllocated, partitions: [...partitions] };
}

function loadOf(load: Load, cpu: number, measuredAt: number): NonNullable<NodeAnswer['load']> {
  return {
    cpu: Number(cpu.toFixed(4)),
    memory_used_bytes: load.memoryUsedBytes,
    memory_total_bytes: load.memoryTotalBytes,
    disk_used_bytes: load.diskUsedBytes,
    disk_total_bytes: load.diskTotalBytes,
    measured_at: seconds(measuredAt),
  };
}

/** States in which a job has processes on its nodes. */
const ON_NODE = new Set([
  'RUNNING',
  'COMPLETING',
  'SUSPENDED',
  'STOPPED',
  'SIGNALING',
  'STAGE_OUT',
]);

function runningByNode(jobs: readonly SlurmJob[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { state, nodes } of jobs) {
    if (!ON_NODE.has(state)) continue;
    for (const name of nodes) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
