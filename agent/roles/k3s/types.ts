import type { JobsAnswer, ServiceStatus } from '#shared/contract/agent/dashboard';

export type Pod = JobsAnswer['jobs']['k3s']['pods'][number];

/** What was last seen of k3s. Ready means: authenticated API, a leader, and a write probe passed. */
export interface KubeFacts {
  server: { status: ServiceStatus; message: string };
  agent: { status: ServiceStatus; message: string };
  /** null where the API cannot be asked from here */
  nodeCount: number | null;
  pods: Pod[];
  podCount: number | null;
  asOf: number | null;
  trouble: string | null;
}

export interface Kube {
  facts(): KubeFacts;
  onChange(listener: () => void): () => void;
}
