import type { NodeAnswer, OverviewAnswer, SlurmJob } from '#shared/contract/agent/dashboard';

/** Unix seconds at which everything in an overview of tests was true. */
export const AS_OF = 1_795_262_400;
const fresh = { as_of: AS_OF, stale: false };
const GIB = 2 ** 30;

export function agentNode(name: string, changes: Partial<NodeAnswer> = {}): NodeAnswer {
  return {
    id: `id-${name}`,
    name,
    roles: ['slurm-worker'],
    status: 'alive',
    address: `10.0.0.${name.replace(/\D/g, '') || 1}`,
    tailscale_ip: '',
    wireguard_ip: '',
    wireguard_key: '',
    capabilities: { cpu: 8, ram: '16GB', gpu: 0, arch: 'amd64' },
    tags: {},
    last_seen: AS_OF,
    joined_at: AS_OF - 86_400,
    authenticated: true,
    fingerprint: Array(32).fill('AB').join(':'),
    api_port: 9090,
    slurm: {
      state: 'idle',
      drain: 'none',
      reason: '',
      cpus: 8,
      cpus_allocated: 0,
      partitions: ['main'],
    },
    running_jobs: 0,
    load: {
      cpu: 0.25,
      memory_used_bytes: 4 * GIB,
      memory_total_bytes: 16 * GIB,
      disk_used_bytes: 25 * GIB,
      disk_total_bytes: 100 * GIB,
      measured_at: AS_OF,
    },
    ...changes,
  };
}

export function agentJob(id: number, changes: Partial<SlurmJob> = {}): SlurmJob {
  return {
    id: String(id),
    name: `job-${id}`,
    state: 'RUNNING',
    user: 'ada',
    time: '1:00:00',
    partition: 'main',
    nodes: ['a1'],
    reason: '',
    submit_time: AS_OF - 4000,
    cpus: 2,
    ...changes,
  };
}

/** `GET /api/v1/overview` of a cluster with two nodes, in the shape of the contract. */
export function overviewOf(
  parts: {
    nodes?: NodeAnswer[];
    jobs?: SlurmJob[];
    jobCount?: number;
    stale?: string;
    state?: OverviewAnswer['status']['agent']['state'];
    problems?: OverviewAnswer['status']['problems'];
    rights?: OverviewAnswer['rights'];
    endpoints?: OverviewAnswer['services']['services']['endpoints'];
    cluster?: { uuid: string; name: string };
  } = {},
): OverviewAnswer {
  const { nodes = [agentNode('a1'), agentNode('a2')], jobs = [agentJob(1)] } = parts;
  const { uuid, name: clusterName } = parts.cluster ?? {
    uuid: '00000000-0000-4000-8000-00000000000c',
    name: 'atelier',
  };
  const alive = nodes.filter(({ status }) => status === 'alive').length;
  const stale =
    parts.stale === undefined ? fresh : { ...fresh, stale: true, stale_reason: parts.stale };
  const idle = { status: 'running' as const, message: 'ok' };
  return {
    status: {
      node: { id: 'id-a1', name: 'a1', cluster: clusterName, region: 'eu', datacenter: 'cellar' },
      networking: { type: 'address', connected: true },
      discovery: { serf: { running: true }, members: nodes.length, member_list: [] },
      leadership: { mode: 'etcd', is_leader: true, leader: 'a1' },
      roles: [],
      system_services: [],
      resources: { cpu_cores: 8 },
      agent: {
        version: '0.1.0',
        started_at: AS_OF - 100,
        cluster_uuid: uuid,
        state: parts.state ?? 'ok',
      },
      problems: parts.problems ?? [],
      ...fresh,
    },
    nodes: { count: nodes.length, nodes, ...fresh },
    leaders: {
      leaders: {
        'slurm-controller': { node_id: 'id-a1', name: 'a1', epoch: 7 },
        'k3s-server': { status: 'no_leader' },
        raft: { node_id: 'id-a2' },
      },
      ...fresh,
    },
    services: {
      services: {
        tailscale: { enabled: false, connected: false },
        slurm: { controller: idle, worker: idle, queued_jobs: 0 },
        k3s: {
          server: { status: 'stopped', message: 'No node has it.' },
          agent: { status: 'stopped', message: 'No node has it.' },
        },
        ...(parts.endpoints !== undefined && { endpoints: parts.endpoints }),
      },
      partitions: [
        { name: 'main', state: 'up', default: true, nodes: 2, cpus: 16, cpus_allocated: 2 },
      ],
      ...fresh,
    },
    cluster: {
      name: clusterName,
      region: 'eu',
      datacenter: 'cellar',
      total_nodes: nodes.length,
      alive_nodes: alive,
      capacity: { total_cpu_cores: 16, total_ram: '32GB', total_gpus: 0 },
      role_distribution: { 'slurm-worker': 2 },
      uuid,
      created_at: AS_OF - 86_400,
      ...fresh,
    },
    jobs: {
      jobs: {
        slurm: { jobs, count: parts.jobCount ?? jobs.length },
        k3s: { pods: [], count: 0 },
      },
      ...stale,
    },
    rights: parts.rights ?? 'operator',
  };
}
