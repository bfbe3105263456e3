/**
 * The cluster's shared state: what every node must agree on. etcd keeps it in a cluster, SQLite on a
 * single node without etcd and in the demo. Both pass the same tests (tests/unit/agent/state).
 * Keys are paths as `slurm/config`; values are JSON. Revisions grow with every change of anything.
 */
export interface Entry {
  key: string;
  value: unknown;
  /** revision at which the key was made; it serves as the fencing epoch of elections */
  createRevision: number;
  modRevision: number;
  lease: string | null;
}

export type Condition =
  | { key: string; is: 'absent' }
  | { key: string; is: 'unchangedSince'; modRevision: number }
  | { key: string; is: 'createdAt'; createRevision: number };

export type Write =
  | { key: string; put: unknown; lease?: string }
  | { key: string; delete: true }
  | { prefix: string; delete: true };

export interface Change {
  key: string;
  /** null: it was deleted */
  entry: Entry | null;
  revision: number;
}

/** Kept alive until it is released or lost; then everything written under it disappears. */
export interface Lease {
  readonly id: string;
  /** aborted when it could not be kept alive in time: whatever relied on it must stop at once */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Leadership {
  /** grows with every change of leadership */
  readonly epoch: number;
  readonly lost: AbortSignal;
  /** @throws Failure ABORTED when it was lost */
  proclaim(value: unknown): Promise<void>;
  resign(): Promise<void>;
}

export type StateHealth = 'ok' | 'read-only' | 'unreachable';

export interface State {
  /**
   * @param options.stale answers from this node's copy also without quorum
   * @throws Failure NO_QUORUM | UNREACHABLE | TIMEOUT
   */
  get(key: string, options?: ReadOptions): Promise<Entry | null>;
  /** All keys that begin with `prefix`, by key. */
  list(prefix: string, options?: ReadOptions): Promise<Entry[]>;
  /**
   * All writes or none. Never repeated by itself: after TIMEOUT or UNREACHABLE (with outcome
   * `unknown`) the caller looks first.
   * @returns the revision, or null where a condition did not hold
   */
  commit(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | null>;
  lease(ttlMs: number): Promise<Lease>;
  /** Waits until it is elected. @param name as `slurm-controller` */
  campaign(name: string, value: unknown, lease: Lease, signal: AbortSignal): Promise<Leadership>;
  leader(name: string, options?: ReadOptions): Promise<{ value: unknown; epoch: number } | null>;
  /**
   * What changes under `prefix` after `afterRevision`, in order. Ends with a Failure when the
   * connection is lost: the caller lists anew, then watches from there.
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<Change[]>;
  revision(): Promise<number>;
  health(): Promise<StateHealth>;
  close(): Promise<void>;
}

export interface ReadOptions {
  stale?: boolean;
  signal?: AbortSignal;
}
