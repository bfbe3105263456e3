import type { VerifyMode } from '#shared/contract/clusters';
import type { FailureView } from '#shared/contract/errors';
import type {
  ClusterLive,
  ClusterTotals,
  GuestRow,
  InventoryDelta,
  InventoryRows,
  Problem,
} from '#shared/contract/inventory';
import type { Backfill } from '../metrics/backfill';

/** What a cluster says of itself beside its rows; null is not known. */
export type ClusterFacts = Pick<
  ClusterLive,
  'version' | 'clusterName' | 'quorate' | 'standalone' | 'clusteros'
>;

/** What one look brought. */
export interface Look {
  /** `host:port` that answered */
  endpoint: string;
  latencyMs: number;
  /** only the rows that changed */
  delta: InventoryDelta;
  /** rows that could not be understood */
  dropped: number;
  /** when it was measured, ms; null: now */
  measuredAt: number | null;
  /** the answer came and is of no use, as of an account that sees nothing */
  failure: FailureView | null;
}

/** What the watch knows that a source's problems are told from. */
export interface Circumstances {
  failure: FailureView | null;
  verify: VerifyMode;
  /** when each node was last online, ms */
  lastOnline: ReadonlyMap<string, number>;
  now: number;
}

/** One cluster as its kind lets it be looked at; rows and facts of the last look are kept here. */
export interface Source {
  /** Asks once; a look that fails leaves everything as it was. @throws Failure */
  look(signal: AbortSignal): Promise<Look>;
  /**
   * Asks for what seldom changes and may take its time; absent where a look tells everything.
   * @returns whether there was an answer
   */
  learn?(signal: AbortSignal): Promise<boolean>;
  /**
   * Tells of changes as they happen, until the signal aborts or the connection ends; absent where
   * the kind cannot tell. @throws Failure
   */
  listen?(onChange: () => void, signal: AbortSignal): Promise<void>;
  /** What the cluster measured itself since then; absent where it keeps nothing. @throws Failure */
  measured?(sinceMs: number, signal: AbortSignal): Promise<Backfill>;
  rows(): InventoryRows;
  guest(id: string): GuestRow | undefined;
  facts(): ClusterFacts;
  totals(): ClusterTotals;
  /** further figures of the whole cluster for its history, by metric */
  figures(): ReadonlyMap<string, number>;
  /** the worst first */
  problems(circumstances: Circumstances): Problem[];
  /** Takes what an earlier run knew. */
  restore(known: { rows: InventoryRows; facts: ClusterFacts }): void;
  callsPerMinute(): number;
  /** Ends the session; the next look opens a new one. */
  reset(): Promise<void>;
}

/** Makes the source of one cluster by its uuid. */
export type OpenSource = (uuid: string) => Source;
