import { z } from 'zod';
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
  action: z.enum(['look', 'compare', 'signIn', 'secondFactor', 'retry', 'edit', 'unlock']),
  node: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;

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
});
export type InventoryRows = z.infer<typeof inventoryRows>;

const delta = <Row extends z.ZodType>(row: Row) =>
  z.object({ upserts: z.array(row), removed: z.array(z.string()) });
/** Only what changed since the last answer of the cluster. */
export const inventoryDelta = z.object({
  nodes: delta(nodeRow),
  guests: delta(guestRow),
  storages: delta(storageRow),
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
