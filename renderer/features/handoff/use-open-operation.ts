import { type ClusterOperation, isOpen } from '#shared/contract/cluster-operations';
import { useLive } from '../../app/context';

/** The operation that is under way in a cluster; undefined where none is. There is at most one. */
export function useOpenOperation(uuid: string): ClusterOperation | undefined {
  return useLive((state) => {
    for (const operation of state.clusterOperations.values()) {
      if (operation.uuid === uuid && isOpen(operation)) return operation;
    }
    return undefined;
  });
}
