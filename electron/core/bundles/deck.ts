import type { BundleEntry } from '#shared/contract/bundles';
import type { ClusterCreate, Group } from '#shared/contract/clusters';
import type { KeptFields, StoredCluster } from '../clusters/rows';

/** What the file is held against. */
export interface Deck {
  /** by cluster_id */
  clusters: ReadonlyMap<string, StoredCluster>;
  keptOf(uuid: string): KeptFields;
  groups: readonly Group[];
  hasSecret(uuid: string): boolean;
  /** cluster_ids whose stored secret is the one in the file */
  sameSecret: ReadonlySet<string>;
  remoteUuid(url: string): string | null;
  madeAt: number | null;
}

/** How a cluster would be after the import; its group is named, as it may have to be made first. */
export interface Outcome {
  input: Omit<ClusterCreate, 'groupUuid' | 'secret'>;
  group: string | null;
  kept: KeptFields;
  secret: string | undefined;
  /** the stored secret would go to other machines or another account: it must not */
  losesTrust: boolean;
}

export interface Judged {
  entry: BundleEntry;
  /** what stands here under the same id */
  present: { uuid: string; revision: number; readOnly: boolean } | null;
  /** null where the entry cannot be imported */
  outcome: Outcome | null;
}
