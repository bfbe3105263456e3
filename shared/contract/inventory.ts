import { z } from 'zod';
import { memberStatus, roleName, serviceStatus } from './agent/dashboard';
import { base, timestampMs, uuid } from './base';
import { failureView } from './errors';

/** A measured value that may be missing; never a made-up 0. */
const maybe = z.number().nullable();

export const nodeRow = z.object({
  /** `node/pve1` */
  id: z.string(),
  node: z.string(),
  status: z.enum(['online', 'offline', 'unknown']),
  /** fraction 0..1 of all cores */
  cpu: maybe,
  maxCpu: maybe,
  /** bytes */
  mem: maybe,
  maxMem: maybe,
  disk: maybe,
  maxDisk: maybe,
  uptimeS: maybe,
  /** subscription level, '' where there is none */
  level: z.string(),
});
export type NodeRow = z.infer<typeof nodeRow>;

export const guestKind = z.enum(['qemu', 'lxc']);
export const guestRow = z.object({
  /** `qemu/100`, unique in its cluster */
  id: z.string(),
  vmid: z.number().int(),
  kind: guestKind,
  node: z.string(),
  name: z.string(),
  /** running, stopped, paused, suspended, prelaunch, ... or unknown */
  status: z.string(),
  template: z.boolean(),
  tags: z.array(z.string()),
  pool: z.string().nullable(),
  lock: z.string().nullable(),
  haState: z.string().nullable(),
  cpu: maybe,
  maxCpu: maybe,
  mem: maybe,
  maxMem: maybe,
  disk: maybe,
  maxDisk: maybe,
  /** bytes per second, from two readings of the counter */
  netInRate: maybe,
  netOutRate: maybe,
  uptimeS: maybe,
});
export type GuestRow = z.infer<typeof guestRow>;

export const storageRow = z.object({
  /** `storage/pve1/local` */
  id: z.string(),
  storage: z.string(),
  node: z.string(),
  type: z.string(),
  content: z.array(z.string()),
  shared: z.boolean(),
  status: z.enum(['available', 'unknown']),
  used: maybe,
  total: maybe,
});
export type StorageRow = z.infer<typeof storageRow>;

/**
 * What only a ClusterOS node has, beside its row in `nodes` (same `node`), which has what is
 * measured.
 */
export const memberRow = z.object({
  /** `member/a1` */
  id: z.string(),
  node: z.string(),
  /** the node's own id, which outlives its name */
  nodeId: z.string(),
  status: memberStatus,
  address: z.string(),
  tailscaleIp: z.string(),
  roles: z.array(roleName),
  /** `slurm-controller`, `k3s-server`, `raft` */
  leaderOf: z.array(z.string()),
  /** whether it proved the cluster key; others get no vote and no role */
  authenticated: z.boolean(),
  /** SHA-256 of its API's certificate; '' where it is not known */
  fingerprint: z.string(),
  /** 0 where it offers no HTTPS API */
  apiPort: z.number().int(),
  arch: z.string(),
  gpus: z.number().int(),
  /** null while it is alive */
  lastSeen: timestampMs.nullable(),
  joinedAt: timestampMs,
  /** SLURM's own word, as `idle`; null where it is no worker, and with it what follows */
  slurmState: z.string().nullable(),
  drain: z.enum(['none', 'draining', 'drained']).nullable(),
  /** why it is drained; '' where it is not */
  drainReason: z.string(),
  cpus: maybe,
  cpusAllocated: maybe,
  partitions: z.array(z.string()),
  runningJobs: z.number().int(),
});
export type MemberRow = z.infer<typeof memberRow>;

export const jobRow = z.object({
  /** `job/1042` */
  id: z.string(),
  /** SLURM's number, with an array's index: `1042_3` */
  job: z.string(),
  name: z.string(),
  /** SLURM's own word, as `RUNNING` */
  state: z.string(),
  user: z.string(),
  partition: z.string(),
  nodes: z.array(z.string()),
  /** why it waits; '' where it runs */
  reason: z.string(),
  cpus: z.number().int(),
  submittedAt: timestampMs,
  /** null while it waits */
  startedAt: timestampMs.nullable(),
});
export type JobRow = z.infer<typeof jobRow>;

export const podRow = z.object({
  /** `pod/default/web-0` */
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  /** Kubernetes' own word, as `Running` */
  phase: z.string(),
  node: z.string(),
  ready: z.boolean(),
  restarts: z.number().int(),
});
export type PodRow = z.infer<typeof podRow>;

/** A web service that a node offers to people. */
export const serviceRow = z.object({
  /** `service/ondemand@a1` or as the agent names it */
  id: z.string(),
  name: z.string(),
  /** name of the node, or its id where the name is not known */
  node: z.string(),
  address: z.string(),
  port: z.number().int(),
  status: serviceStatus,
  /** http or https only; null where it is no web page */
  url: z.string().nullable(),
});
export type ServiceRow = z.infer<typeof serviceRow>;

export const partitionRow = z.object({
  /** `partition/debug` */
  id: z.string(),
  name: z.string(),
  /** `up`, `down`, `drain`, `inactive` */
  state: z.string(),
  isDefault: z.boolean(),
  nodes: z.number().int(),
  cpus: z.number().int(),
  cpusAllocated: z.number().int(),
});
export type PartitionRow = z.infer<typeof partitionRow>;

export const connectionState = z.enum([
  'notConnected',
  'connecting',
  'active',
  'authenticationRequired',
  'insufficientPermissions',
  'untrustedCertificate',
  'unavailable',
  'paused',
  'maintenance',
]);
export type ConnectionState = z.infer<typeof connectionState>;

const usage = z.object({ used: maybe, total: maybe });

/** The totals of a cluster; shared storage is counted once. */
export const clusterTotals = z.object({
  /** cores in use and cores there are (online nodes) */
  cpu: usage,
  memory: usage,
  storage: usage,
  /** vCPUs of running guests per physical core */
  overcommit: maybe,
  nodes: z.object({
    online: z.number().int(),
    offline: z.number().int(),
    unknown: z.number().int(),
  }),
  /** counts; templates are in none of the others */
  guests: z.object({
    running: z.number().int(),
    stopped: z.number().int(),
    other: z.number().int(),
    unknown: z.number().int(),
    templates: z.number().int(),
  }),
});
export type ClusterTotals = z.infer<typeof clusterTotals>;

/** One line what, one line detail, and which button helps. */
export const problem = z.object({
  severity: z.enum(['warning', 'bad']),
  title: z.string(),
  detail: z.string(),
  /** what to do, where no button does it */
  remedy: z.string().optional(),
  action: z.enum(['look', 'compare', 'signIn', 'secondFactor', 'retry', 'edit', 'unlock']),
  node: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;

/** What only a ClusterOS cluster has to say of itself. */
export const clusterosLive = z.object({
  /** its own uuid, made at its founding */
  id: z.string(),
  region: z.string(),
  datacenter: z.string(),
  createdAt: timestampMs,
  /** the node whose agent answered */
  node: z.string(),
  /** `slurm-controller`, `k3s-server` and `raft`; node null: there is no leader */
  leaders: z.array(
    z.object({ role: z.string(), node: z.string().nullable(), epoch: z.number().nullable() }),
  ),
  /** whether the shared state can be written; `read-only`: it lost its quorum */
  state: z.enum(['ok', 'read-only', 'unreachable']),
  /** what the stored token may do: `viewer` looks, `operator` acts on nodes and jobs */
  rights: z.enum(['viewer', 'operator', 'admin']),
  /** of all jobs, also those that are not listed */
  jobs: z.object({
    running: z.number().int(),
    waiting: z.number().int(),
    other: z.number().int(),
    total: z.number().int(),
  }),
  pods: z.object({
    running: z.number().int(),
    waiting: z.number().int(),
    failed: z.number().int(),
    total: z.number().int(),
  }),
  /** nodes that take no new jobs: draining or drained */
  drained: z.number().int(),
  gpus: z.number().int(),
  /** `slurm controller`, `slurm worker`, `k3s server`, `k3s agent`, `tailscale`, in this order */
  components: z.array(z.object({ name: z.string(), status: serviceStatus, message: z.string() })),
  /** why what the agent knows is older than it should be, in a sentence; null: it is fresh */
  staleReason: z.string().nullable(),
});
export type ClusterosLive = z.infer<typeof clusterosLive>;

export const clusterLive = z.object({
  uuid,
  state: connectionState,
  /** the last failure while the state is not active */
  failure: failureView.nullable(),
  version: z.string().nullable(),
  clusterName: z.string().nullable(),
  /** null: not known; a standalone node has no quorum to speak of */
  quorate: z.boolean().nullable(),
  standalone: z.boolean().nullable(),
  totals: clusterTotals.nullable(),
  /** null for other kinds, and until the cluster has answered */
  clusteros: clusterosLive.nullable(),
  problems: z.array(problem),
  /** when the shown data were measured; null: never */
  asOf: timestampMs.nullable(),
  /** whether the shown data are older than two polling intervals */
  stale: z.boolean(),
  nextAttemptAt: timestampMs.nullable(),
  endpoint: z.string().nullable(),
  latencyMs: maybe,
  callsPerMinute: z.number(),
  /** the last hour, at most 60 points, fractions 0..1, oldest first; null where nothing was measured */
  spark: z.object({ cpu: z.array(maybe), memory: z.array(maybe), storage: z.array(maybe) }),
});
export type ClusterLive = z.infer<typeof clusterLive>;

export const inventoryRows = z.object({
  nodes: z.array(nodeRow),
  guests: z.array(guestRow),
  storages: z.array(storageRow),
  // of ClusterOS; empty for other kinds, as guests and storages are for it
  members: z.array(memberRow),
  jobs: z.array(jobRow),
  pods: z.array(podRow),
  services: z.array(serviceRow),
  partitions: z.array(partitionRow),
});
export type InventoryRows = z.infer<typeof inventoryRows>;
/** Nothing in any table. */
export const noRows = (): InventoryRows => ({
  nodes: [],
  guests: [],
  storages: [],
  members: [],
  jobs: [],
  pods: [],
  services: [],
  partitions: [],
});

const delta = <Row extends z.ZodType>(row: Row) =>
  z.object({ upserts: z.array(row), removed: z.array(z.string()) });
/** Only what changed since the last answer of the cluster. */
export const inventoryDelta = z.object({
  nodes: delta(nodeRow),
  guests: delta(guestRow),
  storages: delta(storageRow),
  members: delta(memberRow),
  jobs: delta(jobRow),
  pods: delta(podRow),
  services: delta(serviceRow),
  partitions: delta(partitionRow),
});
export type InventoryDelta = z.infer<typeof inventoryDelta>;

export const inventory = {
  /** what is known now (from the last poll, with its age); `query` in the guests' query syntax */
  query: base
    .input(
      z.strictObject({
        cluster: z.string().max(64).optional(),
        query: z.string().max(500).default(''),
      }),
    )
    .output(
      z.array(
        z.object({
          uuid,
          clusterId: z.string(),
          asOf: timestampMs.nullable(),
          live: clusterLive,
          ...inventoryRows.shape,
        }),
      ),
    ),
  /** polls the named cluster (or all active ones) once and waits for the answers */
  poll: base
    .input(z.strictObject({ cluster: z.string().max(64).optional() }))
    .output(z.array(clusterLive)),
};
