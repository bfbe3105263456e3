import { SameClusters, type SameClustersDeps } from '../../clusters/same';
import type { Store } from '../../db/store';
import type { Watcher } from '../../inventory/watcher';
import type { Clock, Logger } from '../../ports';
import type { ClusterOperations } from '../operations/service';
import type { AgentClients } from '../types';
import { Merges } from './service';
import { Sightings } from './sightings';

export interface MergingWiring {
  store: Store;
  clock: Clock;
  logger: Logger;
  clients: AgentClients;
  clusters: SameClustersDeps['clusters'];
  watcher: Pick<Watcher, 'view' | 'rows'>;
  operations: ClusterOperations;
}

/** Everything that this desk does about two clusters that may become one, wired by hand. */
export function composeMerging(wiring: MergingWiring) {
  const { store, clock, logger, clients, clusters, watcher, operations } = wiring;
  const view = (uuid: string) => watcher.view(uuid);
  return {
    merges: new Merges({ store, clusters, clients, operations, view }),
    sightings: new Sightings({ clock, logger, clients, clusters }),
    sameClusters: new SameClusters({ clusters, watcher }),
  };
}
