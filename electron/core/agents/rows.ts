import type { NodeAnswer, SlurmJob } from '#shared/contract/agent/dashboard';
import type {
  InventoryRows,
  JobRow,
  MemberRow,
  NodeRow,
  ServiceRow,
} from '#shared/contract/inventory';
import { elapsedSeconds } from '#shared/domain/slurm-time';
import { coarse, roundFraction } from '../inventory/rounded';
import type { Overview } from './overview';

/** The tables of a ClusterOS cluster. */
export type ClusterosRows = Omit<InventoryRows, 'guests' | 'storages'>;

/**
 * Rows as this program knows them.
 * @param now ms, by this desk's clock: elapsed times are counted back from it, since the clocks of
 * desk and nodes need not agree
 */
export function shapeRows(overview: Overview, now: number): ClusterosRows {
  const { nodes, jobs, pods, partitions, endpoints } = overview;
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const leading = leadersByNode(overview.leaders);
  return {
    nodes: nodes.filter(countsAsNode).map(nodeRow),
    members: nodes.map((node) => memberRow(node, leading.get(node.id) ?? [])),
    jobs: jobs.map((job) => jobRow(job, now)),
    pods: pods.map((pod) => ({ id: `pod/${pod.namespace}/${pod.name}`, ...pod })),
    services: endpoints.map(([key, found]): ServiceRow => {
      const { service_name: name, address, port, status, node_id: nodeId, url } = found;
      const node = names.get(nodeId) ?? nodeId;
      return { id: `service/${key}`, name, node, address, port, status, url: webAddress(url) };
    }),
    partitions: partitions.map((partition) => {
      const { name, state, default: isDefault, nodes: count, cpus, cpus_allocated } = partition;
      const id = `partition/${name}`;
      return { id, name, state, isDefault, nodes: count, cpus, cpusAllocated: cpus_allocated };
    }),
  };
}

/** One that left on purpose is missed by nobody, and one that proved nothing is no node of it. */
const countsAsNode = ({ status, authenticated }: NodeAnswer) => status !== 'left' && authenticated;

const STATUS: Record<NodeAnswer['status'], NodeRow['status']> = {
  alive: 'online',
  leaving: 'unknown',
  left: 'offline',
  failed: 'offline',
  unknown: 'unknown',
};

function nodeRow({ name, status, load, capabilities }: NodeAnswer): NodeRow {
  const told = STATUS[status] === 'online' ? load : null;
  const maxMem = load?.memory_total_bytes ?? null;
  const maxDisk = load?.disk_total_bytes ?? null;
  return {
    id: `node/${name}`,
    node: name,
    status: STATUS[status],
    cpu: roundFraction(told?.cpu ?? null),
    maxCpu: capabilities.cpu,
    mem: coarse(told?.memory_used_bytes ?? null, maxMem, 1024),
    maxMem,
    disk: coarse(told?.disk_used_bytes ?? null, maxDisk, 4096),
    maxDisk,
    uptimeS: null,
    level: '',
  };
}

function memberRow(node: NodeAnswer, leaderOf: string[]): MemberRow {
  const { id, name, status, authenticated, slurm, capabilities } = node;
  return {
    // a foreign node may bear the name of one that belongs here
    id: `member/${authenticated ? name : id}`,
    node: name,
    nodeId: id,
    status,
    address: node.address,
    tailscaleIp: node.tailscale_ip,
    roles: node.roles,
    leaderOf,
    authenticated,
    fingerprint: node.fingerprint,
    apiPort: node.api_port,
    arch: capabilities.arch,
    gpus: capabilities.gpu,
    lastSeen: status === 'alive' ? null : inMs(node.last_seen),
    joinedAt: inMs(node.joined_at),
    slurmState: slurm?.state ?? null,
    drain: slurm?.drain ?? null,
    drainReason: slurm?.reason ?? '',
    cpus: slurm?.cpus ?? null,
    cpusAllocated: slurm?.cpus_allocated ?? null,
    partitions: slurm?.partitions ?? [],
    runningJobs: node.running_jobs,
  };
}

function jobRow(job: SlurmJob, now: number): JobRow {
  const { id, name, state, user, partition, nodes, reason, cpus, time } = job;
  const elapsed = elapsedSeconds(time);
  return {
    id: `job/${id}`,
    job: id,
    name,
    state,
    user,
    partition,
    nodes,
    reason,
    cpus,
    submittedAt: inMs(job.submit_time),
    startedAt: state === 'PENDING' || elapsed === null ? null : now - elapsed * 1000,
  };
}

function leadersByNode(leaders: Overview['leaders']): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const role of ['slurm-controller', 'k3s-server', 'raft'] as const) {
    const leader = leaders[role];
    if (!('node_id' in leader)) continue;
    found.set(leader.node_id, [...(found.get(leader.node_id) ?? []), role]);
  }
  return found;
}

/** A node's word is no reason to open anything but a web page. */
function webAddress(url: string | undefined): string | null {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed.href : null;
}

const inMs = (seconds: number) => Math.round(seconds * 1000);

/** A start counted back from an elapsed time wavers by as long as an answer takes. */
const STEADY_MS = 20_000;

/** Keeps the start that is shown while it is the same one for all anybody can tell. */
export function steadiedJob(row: JobRow, shown: JobRow | undefined): JobRow {
  const before = shown?.startedAt ?? null;
  if (before === null || row.startedAt === null || row.state !== shown?.state) return row;
  return Math.abs(row.startedAt - before) <= STEADY_MS ? { ...row, startedAt: before } : row;
}
