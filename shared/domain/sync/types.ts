import type { Merged } from './merge';
import type { LocalCluster } from './project';
import type { RemoteRecord, UnreadableRecord, Values } from './record';

/** What both sides last agreed on for one cluster. */
export interface Base {
  clusterUuid: string;
  /** the remote's id and number for it */
  id: string;
  number: number;
  createdThere: string | null;
  values: Values;
}

export interface SyncFacts {
  records: readonly RemoteRecord[];
  unreadable: readonly UnreadableRecord[];
  bases: readonly Base[];
  /** the clusters that follow the remote */
  locals: readonly LocalCluster[];
  /** the clusters of this desk that do not follow it: cluster_id -> uuid */
  others: ReadonlyMap<string, string>;
  /** the default cluster last agreed on, by the remote's id; null: none */
  defaultBase: string | null;
  /** whether the remote keeps passwords, and so wants one for each new cluster */
  takesSecrets: boolean;
  /** whether the default cluster of this desk is one that does not follow the remote */
  isDefaultElsewhere: boolean;
}

export type Verdict =
  | 'same'
  | 'push'
  | 'pull'
  | 'both'
  | 'conflict'
  | 'createThere'
  | 'createHere'
  | 'deleteThere'
  | 'deleteHere'
  | 'deleteConflict'
  | 'invalid';

/** What a sync would do with one cluster. */
export interface Planned {
  clusterId: string;
  name: string;
  verdict: Verdict;
  local: LocalCluster | null;
  record: RemoteRecord | null;
  base: Base | null;
  fields: Merged[];
  reasons: string[];
  /** it is made there with its password or not at all */
  needsSecret?: boolean;
}

export interface Plan {
  entries: Planned[];
  /** bases of clusters that are gone on both sides */
  spent: Base[];
  /** who is the default: one fact for all clusters */
  default: DefaultMerge;
}

/** The merge of one fact: which cluster is the default. */
export interface DefaultMerge {
  /** `rest`: the sides have nothing to agree on, as when the default here follows another remote */
  outcome: Merged['outcome'] | 'rest';
  /** the remote's ids of the default on either side; null: there is none */
  mine: string | null;
  theirs: string | null;
  /** how it shows in entries that are on both sides */
  fields: { entry: Planned; field: Merged }[];
}
