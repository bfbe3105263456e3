import type { ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { NotFound } from '../../app/not-found';

interface ClusterPlaceProps {
  clusterId: string;
  children: (cluster: Cluster) => ReactNode;
}

/** Shows a page of a ClusterOS cluster of this desk, or that there is none. */
export function ClusterPlace({ clusterId, children }: ClusterPlaceProps) {
  const cluster = useLive((state) =>
    [...state.clusters.values()].find((one) => one.clusterId === clusterId),
  );
  if (cluster === undefined) return <NotFound what="There is no such cluster on this desk." />;
  if (cluster.kind !== 'clusteros') {
    return (
      <NotFound what={`${cluster.name} is no ClusterOS cluster: it has no such operations.`} />
    );
  }
  return children(cluster);
}
