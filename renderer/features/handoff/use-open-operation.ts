import { type ClusterOperation, isOpen } from '#shared/contract/cluster-operations';
import { useLive } from '../../app/context';

/**
 * The operation that is under way in a cluster, or takes it up into another one; undefined where none
 * is. There is at most one. Its `uuid` says whom to ask for it.
 */
export function useOpenOperation(uuid: string): ClusterOperation | undefined {
  return useLive((state) => {
    let found: ClusterOperation | undefined;
    for (const operation of state.clusterOperations.values()) {
      const isTakenUp = operation.merge?.cards.includes(uuid) === true;
      if (!isOpen(operation) || (operation.uuid !== uuid && !isTakenUp)) continue;
      // its own agents tell of it only once they have crossed over
      if (found === undefined || found.uuid === uuid) found = operation;
    }
    return found;
  });
}
