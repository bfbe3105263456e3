import type { Cluster } from '#shared/contract/clusters';
import { type Kept, type LocalCluster, valuesOf } from '#shared/domain/sync/project';
import { type KeptFields, readAllKept, readKept } from '../clusters/rows';
import type { Reader } from '../db/store';

/** The clusters of this desk as they stand towards one remote. */
export interface DeskView {
  /** those that follow it */
  locals: LocalCluster[];
  /** those that do not: cluster_id -> uuid */
  others: Map<string, string>;
  /** whether the default cluster is one that does not follow it */
  isDefaultElsewhere: boolean;
}

/** What the sync needs of the configured clusters. */
interface Clusters {
  list(): Cluster[];
  has(uuid: string): boolean;
  /** @throws Failure NOT_FOUND */
  get(uuid: string): Cluster;
}

/** The configured clusters as a sync sees them. */
export class SyncDesk {
  readonly #clusters: Clusters;
  readonly #db: Reader;

  constructor(clusters: Clusters, db: Reader) {
    this.#clusters = clusters;
    this.#db = db;
  }

  /** All of them, as they stand towards a remote. */
  look(remoteUuid: string): DeskView {
    const kept = readAllKept(this.#db);
    const view: DeskView = { locals: [], others: new Map(), isDefaultElsewhere: false };
    for (const cluster of this.#clusters.list()) {
      const { uuid, clusterId, isDefault } = cluster;
      if (cluster.remoteUuid === remoteUuid) {
        view.locals.push(localOf(cluster, kept.get(uuid) ?? {}));
      } else {
        view.others.set(clusterId, uuid);
        view.isDefaultElsewhere ||= isDefault;
      }
    }
    return view;
  }

  /** One that follows the remote, as it is now; null where it is gone or follows it no more. */
  find(remoteUuid: string, uuid: string): LocalCluster | null {
    if (!this.#clusters.has(uuid)) return null;
    const cluster = this.#clusters.get(uuid);
    return cluster.remoteUuid === remoteUuid ? localOf(cluster, readKept(this.#db, uuid)) : null;
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
