import type { LocalCluster } from '#agent/membership/local';
import type { Clock } from '#agent/ports';
import type { SqliteStore } from '#agent/state/sqlite/store';
import type { SimEtcd } from './etcd';
import type { NodeFaults } from './faults';
import type { Moment } from './history';
import type { KubeSeats } from './kube/seats';
import type { KubeWorld } from './kube/world';
import type { DemoNode } from './node';
import type { DemoSites } from './sites';
import type { SimControllers } from './slurm/controllers';
import type { SlurmView } from './slurm/view';
import type { SlurmWorld } from './slurm/world';
import type { ClusterOsSpec } from './specs';

/** What the nodes of one simulated cluster share. */
export interface CommonGround {
  spec: ClusterOsSpec;
  /** those that are in it now; one that crosses is taken from one list to the other */
  nodes: DemoNode[];
  /** the clusters of this lab */
  sites: DemoSites;
  local: LocalCluster;
  store: SqliteStore;
  world: SlurmWorld;
  slurm: SlurmView;
  controllers: SimControllers;
  faults: NodeFaults;
  etcd: SimEtcd;
  /** null where no node has a role of k3s */
  kube: KubeWorld | null;
  kubeSeats: KubeSeats;
  history: readonly Moment[];
  /** where the agents keep what must outlive them */
  folder: string;
  /** Lets all agents see at once what has changed. */
  look(): void;
  clock: Clock;
  /** where the doors are; a loopback address */
  host: string;
  version: string;
}
