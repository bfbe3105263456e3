import type { ClusterService } from '../clusters/service';
import type { Store } from '../db/store';
import type { Clock, Logger } from '../ports';
import type { Vault } from '../vault/vault';
import { RemoteService } from './remotes';

export interface SyncDeps {
  store: Store;
  vault: Vault;
  clusters: ClusterService;
  clock: Clock;
  logger: Logger;
}

/** What keeps the clusters in step with other servers, wired by hand. */
export function composeSync({ store, vault, clusters, clock, logger }: SyncDeps) {
  const remotes = new RemoteService({
    store,
    secrets: vault,
    clock,
    logger,
    leave: (tx, uuid) => clusters.leaveRemote(tx, uuid),
  });
  return { remotes };
}
