import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { type ClusterOperation, placeKey } from '#shared/contract/cluster-operations';
import { useLiveStore } from '../../app/context';
import { useToasts } from '../../ui/toast';
import { operationHref } from '../handoff/address';
import { justTurned } from './cluster-summary';
import { onceEach } from './once-each';

type States = ReadonlyMap<string, ClusterOperation['state']>;

const statesOf = (operations: ReadonlyMap<string, ClusterOperation>): States =>
  new Map([...operations].map(([key, { state }]) => [key, state]));

/** Tells of the end of a cluster's operation, or that it is stuck, on every page but its own. */
export function ClusterNotices() {
  const store = useLiveStore();
  const { notify } = useToasts();
  const [location, navigate] = useLocation();
  useEffect(() => {
    const sinceMs = Date.now();
    let before = statesOf(store.getState().clusterOperations);
    return store.subscribe(({ clusterOperations, clusters }, previous) => {
      if (clusterOperations === previous.clusterOperations) return;
      const told = new Map(
        onceEach(clusterOperations.values()).map((each) => [placeKey(each), each]),
      );
      for (const { uuid, id, ...words } of justTurned(before, told, sinceMs)) {
        const cluster = clusters.get(uuid);
        if (cluster === undefined || location.endsWith(id)) continue;
        const href = operationHref(cluster.clusterId, id);
        notify({ ...words, action: { label: 'Look', run: () => navigate(`${href}?`) } });
      }
      before = statesOf(clusterOperations);
    });
  }, [store, notify, navigate, location]);
  return null;
}
