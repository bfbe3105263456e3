import type { JobAction, NodeAction } from '#shared/contract/agent/actions';
import type { ServiceStatus, ServicesAnswer, SlurmJob } from '#shared/contract/agent/dashboard';

export interface SlurmNode {
  name: string;
  /** SLURM's own word in small letters, without flags, as `idle` */
  state: string;
  drain: 'none' | 'draining' | 'drained';
  reason: string;
  cpus: number;
  cpusAllocated: number;
  partitions: string[];
}

export type SlurmPartition = ServicesAnswer['partitions'][number];

/** What was last seen of SLURM; asked in the background by one node for all where it can. */
export interface SlurmFacts {
  controller: { status: ServiceStatus; message: string };
  worker: { status: ServiceStatus; message: string };
  /** which host answers as the primary controller; null where none does */
  primary: string | null;
  jobs: SlurmJob[];
  /** of all jobs, also those that did not fit */
  jobCount: number;
  nodes: SlurmNode[];
  partitions: SlurmPartition[];
  /** ms since 1970 of the last complete look; null: never */
  asOf: number | null;
  /** why the last look failed, in a sentence; null where it did not */
  trouble: string | null;
}

/** SLURM as this node reaches it. */
export interface Slurm {
  /** the last look; never waits */
  facts(): SlurmFacts;
  onChange(listener: () => void): () => void;
  /**
   * Acts once and reads back. @returns the state that was read, as `drained` or `CANCELLED`
   * @throws Failure NOT_FOUND | PERMISSION_DENIED | TIMEOUT (outcome unknown) | SERVER_ERROR
   */
  actOnNode(node: string, action: NodeAction, reason: string): Promise<string>;
  actOnJob(job: string, action: JobAction): Promise<string>;
}
