import type { Cluster } from '#shared/contract/clusters';

/** What other areas may read of the configured clusters. */
export interface ClusterReader {
  list(): Cluster[];
  /** @throws Failure NOT_FOUND */
  get(uuid: string): Cluster;
  /** by uuid, cluster_id or number; @throws Failure NOT_FOUND */
  find(ref: string): Cluster;
}

/** Opens a sealed secret for the moment of its use; nothing keeps what it returns longer than needed. */
export interface SecretReader {
  /** null when none is stored; @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
  open(clusterUuid: string, field: 'secret'): Promise<string | null>;
}

/** Said after a change is in the store. */
export type ClustersEvent = {
  upserts: Cluster[];
  removed: string[];
  /** uuids whose address, account, trust or secret changed: connections are made anew */
  reconnect: string[];
};
