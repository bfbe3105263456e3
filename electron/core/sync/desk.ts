import type { Cluster } from '#shared/contract/clusters';
import { type Kept, type LocalCluster, valuesOf } from '#shared/domain/sync/project';
import { type KeptFields, readAllKept, readKept } from '../clusters/rows';
import type { ClusterReader } from '../clusters/types';
import type { Reader } from '../db/store';

/** The configured clusters as a sync sees them. */
export class SyncDesk {
  readonly #clusters: ClusterReader;
  readonly #db: Reader;

  constructor(clusters: ClusterReader, db: Reader) {
    this.#clusters = clusters;
    this.#db = db;
  }

  /** Those that follow a remote. */
  following(remoteUuid: string): LocalCluster[] {
    const kept = readAllKept(this.#db);
    return this.#clusters
      .list()
      .filter((cluster) => cluster.remoteUuid === remoteUuid)
      .map((cluster) => localOf(cluster, kept.get(cluster.uuid) ?? {}));
  }

  /** One that follows the remote, as it is now; null where it is gone or follows it no more. */
  find(remoteUuid: string, uuid: string): LocalCluster | null {
    const cluster = this.#clusters.list().find((each) => each.uuid === uuid);
    if (cluster?.remoteUuid !== remoteUuid) return null;
    return localOf(cluster, readKept(this.#db, uuid));
  }

  /** Those that do not follow a remote: cluster_id -> uuid. */
  others(remoteUuid: string): Map<string, string> {
    const others = this.#clusters.list().filter((cluster) => cluster.remoteUuid !== remoteUuid);
    return new Map(others.map(({ clusterId, uuid }) => [clusterId, uuid]));
  }

  /** Whether the default cluster is one that does not follow the remote. */
  hasDefaultBeside(remoteUuid: string): boolean {
    return this.#clusters
      .list()
      .some((cluster) => cluster.isDefault && cluster.remoteUuid !== remoteUuid);
  }
}

export function localOf(cluster: Cluster, kept: KeptFields): LocalCluster {
  return {
    uuid: cluster.uuid,
    clusterId: cluster.clusterId,
    name: cluster.name,
    revision: cluster.revision,
    isDefault: cluster.isDefault,
    isProtected: cluster.protected,
    hasSecret: cluster.hasSecret,
    isProxmox: cluster.kind === 'proxmox',
    values: valuesOf(cluster, named(kept)),
  };
}

/** What was never set is no value of the cluster's. */
function named(kept: KeptFields): Kept {
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}
