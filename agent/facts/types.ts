import { z } from 'zod';
import {
  type AgentProblem,
  agentProblem,
  type RoleState,
  roleState,
  type SamplesAnswer,
  serviceStatus,
} from '#shared/contract/agent/dashboard';
import type { ClusterIdentity, Member } from '../membership/types';
import type { KubeFacts } from '../roles/k3s/types';
import type { SlurmFacts } from '../roles/slurm/types';
import type { StateHealth } from '../state/types';

const bytes = z.number().int().nonnegative();

/** What a machine has; kept in the state also while the node is away. */
export const hardware = z.object({
  cpuCores: z.number().int().nonnegative(),
  memTotalBytes: bytes,
  gpus: z.number().int().nonnegative(),
  arch: z.string(),
});
export type Hardware = z.infer<typeof hardware>;

export const load = z.object({
  /** fraction 0..1; null until two readings were made */
  cpu: z.number().min(0).max(1).nullable(),
  memoryUsedBytes: bytes,
  memoryTotalBytes: bytes,
  diskUsedBytes: bytes,
  diskTotalBytes: bytes,
});
export type Load = z.infer<typeof load>;

const unit = z.object({ name: z.string(), status: serviceStatus, message: z.string() });

const service = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number().int().nonnegative(),
  status: serviceStatus,
  message: z.string(),
  url: z.string().nullable(),
  lastSeen: z.number(),
});

/** What a node tells the others of itself: `facts/<id>`, under its lease. Times in ms since 1970. */
export const nodeFacts = z.object({
  name: z.string(),
  version: z.string(),
  measuredAt: z.number(),
  /** when it was written, by its own clock */
  toldAt: z.number(),
  /** since when it tells of itself without a break; 0 where that is not known */
  since: z.number().default(0),
  load: load.nullable(),
  roles: z.array(roleState),
  units: z.array(unit),
  services: z.array(service),
  problems: z.array(agentProblem),
});
export type NodeFacts = z.infer<typeof nodeFacts>;

/** How this node reaches the others. */
export interface NetworkView {
  /** `tailscale` or `address` */
  type: string;
  connected: boolean;
  /** '' where there is none */
  tailscaleIp: string;
  tailscaleEnabled: boolean;
  /** null where it is not known */
  peerCount: number | null;
  /** '' where nothing is to be said */
  message: string;
}

export interface Elected {
  nodeId: string;
  epoch: number | null;
}

/** Everything that is known at one moment; all answers are made from it alone. */
export interface Snapshot {
  /** ms since 1970 */
  at: number;
  version: string;
  startedAt: number;
  cluster: ClusterIdentity;
  self: Member;
  members: readonly Member[];
  gossipRunning: boolean;
  network: NetworkView;
  /** kind of the shared state: `etcd` or `sqlite` */
  stateKind: string;
  state: StateHealth;
  /** ms since 1970 of the last good look at the shared state */
  stateAsOf: number | null;
  hardware: ReadonlyMap<string, Hardware>;
  /** by node id; of nodes whose lease lives, and always of this one */
  facts: ReadonlyMap<string, NodeFacts>;
  leaders: { slurm: Elected | null; k3s: Elected | null; raft: Elected | null };
  /** null where no node has such a role */
  slurm: SlurmFacts | null;
  kube: KubeFacts | null;
  /** ms by which the clocks of other nodes are ahead of this one's, by name */
  clockSkews: ReadonlyMap<string, number>;
  problems: readonly AgentProblem[];
}

export interface Facts {
  start(): Promise<void>;
  close(): Promise<void>;
  /** the last one; never waits */
  snapshot(): Snapshot;
  /** told after each change, at most a few times a second */
  onChange(listener: (now: Snapshot, before: Snapshot) => void): () => void;
  /** @param minutes 1..1440 */
  samples(minutes: number): SamplesAnswer;
}

/** What this node's roles are doing. */
export type ReadRoles = () => readonly RoleState[];
