import { z } from 'zod';

/**
 * The answers of the node agent's dashboard API under `/api/v1`, as clients of the original plan
 * expect them (names and nesting are theirs), with further keys beside. Times are unix seconds.
 */
const unixSeconds = z.number().nonnegative();
const count = z.number().int().nonnegative();

/** Every answer tells when it was true, and whether that is longer ago than it should be. */
const freshness = {
  as_of: unixSeconds,
  stale: z.boolean(),
  /** what could not be asked, in a sentence */
  stale_reason: z.string().optional(),
};

export const ROLE_NAMES = ['slurm-controller', 'slurm-worker', 'k3s-server', 'k3s-agent'] as const;
export const roleName = z.enum(ROLE_NAMES);
export type RoleName = z.infer<typeof roleName>;

export const SERVICE_NAMES = [
  'slurmctld',
  'slurmd',
  'k3s',
  'k3s-agent',
  'apache2',
  'ttyd',
  'filebrowser',
] as const;

export const healthAnswer = z.object({ status: z.literal('ok'), timestamp: unixSeconds });

export const roleState = z.object({
  name: roleName,
  running: z.boolean(),
  healthy: z.boolean(),
  is_leader: z.boolean(),
  /** '' where nothing is wrong */
  error: z.string(),
});
export type RoleState = z.infer<typeof roleState>;

/** Something a person should know, with its next step. */
export const agentProblem = z.object({
  severity: z.enum(['warning', 'bad']),
  /** stable word for programs, as `munge-mismatch` */
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  remedy: z.string(),
  /** name of the node concerned */
  node: z.string().optional(),
});
export type AgentProblem = z.infer<typeof agentProblem>;

export const serviceStatus = z.enum(['running', 'stopped', 'error', 'unknown']);
export type ServiceStatus = z.infer<typeof serviceStatus>;

export const statusAnswer = z.object({
  node: z.object({
    id: z.string(),
    name: z.string(),
    cluster: z.string(),
    region: z.string(),
    datacenter: z.string(),
  }),
  networking: z.object({
    type: z.string(),
    connected: z.boolean(),
    tailscale_ip: z.string().optional(),
    message: z.string().optional(),
  }),
  discovery: z.object({
    serf: z.object({ running: z.boolean() }),
    members: count,
    member_list: z.array(z.object({ name: z.string(), address: z.string(), status: z.string() })),
  }),
  leadership: z.object({
    mode: z.string(),
    is_leader: z.boolean().optional(),
    leader: z.string().optional(),
  }),
  roles: z.array(roleState),
  system_services: z.array(
    z.object({ Name: z.string(), Status: serviceStatus, Message: z.string() }),
  ),
  resources: z.object({
    cpu_cores: count,
    /** fraction 0..1 of all cores over the last interval; absent until measured */
    cpu_used: z.number().optional(),
    memory: z.object({ total_kb: count, available_kb: count }).optional(),
    disk: z
      .object({
        total_bytes: count,
        available_bytes: count,
        used_bytes: count,
        used_percent: z.number().min(0).max(100),
      })
      .optional(),
  }),
  agent: z.object({
    version: z.string(),
    started_at: unixSeconds,
    cluster_uuid: z.string(),
    /** whether the cluster's shared state can be written to now */
    state: z.enum(['ok', 'read-only', 'unreachable']),
  }),
  problems: z.array(agentProblem),
  ...freshness,
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

export const memberStatus = z.enum(['alive', 'leaving', 'left', 'failed', 'unknown']);
export type MemberStatus = z.infer<typeof memberStatus>;

export const nodeAnswer = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(roleName),
  status: memberStatus,
  address: z.string(),
  tailscale_ip: z.string(),
  wireguard_ip: z.string(),
  wireguard_key: z.string(),
  /** `ram` as `16GB`; `gpu` counts devices */
  capabilities: z.object({ cpu: count, ram: z.string(), gpu: count, arch: z.string() }),
  tags: z.record(z.string(), z.string()),
  last_seen: unixSeconds,
  joined_at: unixSeconds,
  /** whether it proved the cluster key; others get no vote and no role */
  authenticated: z.boolean(),
  /** SHA-256 of the certificate of its API, `AA:BB:...`; '' where it is not known */
  fingerprint: z.string(),
  /** port of its HTTPS API; 0 where it offers none */
  api_port: count,
  /** SLURM's view of it; null where it is no worker */
  slurm: z
    .object({
      /** SLURM's own word, as `idle`, `mixed`, `allocated`, `down`, `drained`, `draining` */
      state: z.string(),
      drain: z.enum(['none', 'draining', 'drained']),
      reason: z.string(),
      cpus: count,
      cpus_allocated: count,
      partitions: z.array(z.string()),
    })
    .nullable(),
  running_jobs: count,
  /** what it last measured of itself; null where it does not tell */
  load: z
    .object({
      /** fraction 0..1 */
      cpu: z.number(),
      memory_used_bytes: count,
      memory_total_bytes: count,
      disk_used_bytes: count,
      disk_total_bytes: count,
      measured_at: unixSeconds,
    })
    .nullable(),
});
export type NodeAnswer = z.infer<typeof nodeAnswer>;

export const nodesAnswer = z.object({ count, nodes: z.array(nodeAnswer), ...freshness });
export type NodesAnswer = z.infer<typeof nodesAnswer>;

const leader = z.union([
  z.object({
    node_id: z.string(),
    name: z.string().optional(),
    address: z.string().optional(),
    tailscale_ip: z.string().optional(),
    /** grows with every change of leadership; a lower one is refused everywhere */
    epoch: count.optional(),
  }),
  z.object({ status: z.literal('no_leader') }),
]);
export const leadersAnswer = z.object({
  leaders: z.object({
    'slurm-controller': leader,
    'k3s-server': leader,
    raft: leader,
    local_node: z.object({ node_id: z.string(), is_leader_for: z.array(z.string()) }).optional(),
  }),
  ...freshness,
});
export type LeadersAnswer = z.infer<typeof leadersAnswer>;

const component = z.object({ status: serviceStatus, message: z.string() });
export const servicesAnswer = z.object({
  services: z.object({
    tailscale: z.object({
      enabled: z.boolean(),
      connected: z.boolean(),
      ip: z.string().optional(),
      peer_count: count.optional(),
    }),
    slurm: z.object({
      controller: component,
      worker: component,
      nodes_in_partition: count.optional(),
      queued_jobs: count.optional(),
    }),
    k3s: z.object({
      server: component,
      agent: component,
      node_count: count.optional(),
      pod_count: count.optional(),
    }),
    endpoints: z
      .record(
        z.string(),
        z.object({
          service_name: z.string(),
          address: z.string(),
          port: count,
          node_id: z.string(),
          status: serviceStatus,
          last_seen: unixSeconds,
          /** to be opened in a browser; absent where it is no web page */
          url: z.string().optional(),
        }),
      )
      .optional(),
  }),
  /** SLURM's partitions; empty where there is none */
  partitions: z.array(
    z.object({
      name: z.string(),
      /** `up`, `down`, `drain`, `inactive` */
      state: z.string(),
      default: z.boolean(),
      nodes: count,
      cpus: count,
      cpus_allocated: count,
    }),
  ),
  ...freshness,
});
export type ServicesAnswer = z.infer<typeof servicesAnswer>;

export const clusterAnswer = z.object({
  name: z.string(),
  region: z.string(),
  datacenter: z.string(),
  total_nodes: count,
  alive_nodes: count,
  /** summed over the alive nodes; `total_ram` as `48GB` */
  capacity: z.object({ total_cpu_cores: count, total_ram: z.string(), total_gpus: count }),
  role_distribution: z.record(z.string(), count),
  uuid: z.string(),
  created_at: unixSeconds,
  ...freshness,
});
export type ClusterAnswer = z.infer<typeof clusterAnswer>;

export const slurmJob = z.object({
  id: z.string(),
  name: z.string(),
  /** SLURM's own word, as `RUNNING` */
  state: z.string(),
  user: z.string(),
  /** time used, as squeue prints it: `1-02:03:04` */
  time: z.string(),
  partition: z.string(),
  nodes: z.array(z.string()),
  /** why it waits; '' where it runs */
  reason: z.string(),
  submit_time: unixSeconds,
  cpus: count,
});
export type SlurmJob = z.infer<typeof slurmJob>;

export const jobsAnswer = z.object({
  jobs: z.object({
    /** `count` counts all of them, also those that did not fit into `jobs` */
    slurm: z.object({ jobs: z.array(slurmJob), count }),
    k3s: z.object({
      pods: z.array(
        z.object({
          name: z.string(),
          namespace: z.string(),
          phase: z.string(),
          node: z.string(),
          ready: z.boolean(),
          restarts: count,
        }),
      ),
      count,
    }),
  }),
  ...freshness,
});
export type JobsAnswer = z.infer<typeof jobsAnswer>;

/** `GET /api/v1/overview`: the six answers at once, so that a watcher asks one question. */
export const overviewAnswer = z.object({
  status: statusAnswer,
  nodes: nodesAnswer,
  leaders: leadersAnswer,
  services: servicesAnswer,
  cluster: clusterAnswer,
  jobs: jobsAnswer,
  /** what the token that asked may do */
  rights: z.enum(['viewer', 'operator', 'admin']),
});
export type OverviewAnswer = z.infer<typeof overviewAnswer>;

/**
 * `GET /api/v1/samples?minutes=60`: what the agents measured, oldest first, one point per `step_s`
 * (10 s up to an hour, 60 s up to a day). Series: `node/<name>/{cpu,memory,disk}` and
 * `cluster/{cpu,memory,disk}` as fractions 0..1; `cluster/nodes/{alive,total}`,
 * `cluster/jobs/{running,pending}` and `cluster/pods/running` as counts.
 */
export const samplesAnswer = z.object({
  step_s: z.number().positive(),
  /** time of the first point */
  from: unixSeconds,
  /** by series, as `node/a1/cpu`, `cluster/jobs/running`; null where nothing was measured */
  series: z.record(z.string(), z.array(z.number().nullable())),
});
export type SamplesAnswer = z.infer<typeof samplesAnswer>;

/** `GET /api/v1/events` (SSE): what changed, so that a watcher asks at once and not at its interval. */
export const agentEvent = z.object({
  id: count,
  at: unixSeconds,
  kind: z.enum(['members', 'leaders', 'roles', 'jobs', 'nodes', 'problems', 'operation', 'config']),
  /** name of the node or id of the operation concerned, where there is one */
  subject: z.string().optional(),
});
export type AgentEvent = z.infer<typeof agentEvent>;

/** What every refused request answers. */
export const agentError = z.object({
  ok: z.literal(false),
  /** stable word for programs, as `token-expired` */
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  /** a change was begun and its end not seen: look before asking again */
  outcome: z.literal('unknown').optional(),
});
export type AgentError = z.infer<typeof agentError>;
