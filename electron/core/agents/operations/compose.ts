import type { ClusterReader } from '../../clusters/types';
import type { Store } from '../../db/store';
import type { Watcher } from '../../inventory/watcher';
import type { Clock, Logger } from '../../ports';
import type { AgentClients } from '../types';
import { OperationBook } from './book';
import { OperationsEar } from './ear';
import { OperationOrders } from './orders';
import { ClusterOperations } from './service';

export interface ClusterOperationsWiring {
  store: Store;
  clock: Clock;
  logger: Logger;
  clients: AgentClients;
  clusters: ClusterReader;
  watcher: Pick<Watcher, 'view'>;
}

/** Everything that orders, watches and remembers the agents' own operations, wired by hand. */
export function composeClusterOperations(wiring: ClusterOperationsWiring) {
  const { store, clock, logger, clients, clusters, watcher } = wiring;
  const book = new OperationBook({ store, clock, logger, clusters });
  const ear = new OperationsEar({
    clock,
    logger,
    clients,
    book,
    isFollowed: (place) => operations.isFollowed(place),
  });
  const view = (uuid: string) => watcher.view(uuid);
  const orders = new OperationOrders({ store, clock, clusters, clients, view });
  const operations: ClusterOperations = new ClusterOperations({
    clock,
    logger,
    clusters,
    clients,
    book,
    ear,
    store,
    orders,
  });
  return {
    operations,
    ear,
    book,
    /** Before the store is closed. */
    async close(): Promise<void> {
      await ear.close();
      await operations.close();
    },
  };
}
