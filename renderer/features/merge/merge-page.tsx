import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { NotFound } from '../../app/not-found';
import { MergeWizard } from './merge-wizard';
import { ProxmoxPage } from './proxmox-page';

/** Two clusters become one; of Proxmox, why they cannot and what can be done instead. */
export default function MergePage({ clusterId }: { clusterId: string }) {
  const cluster = useLive((state) => named(state.clusters, clusterId));
  if (cluster === undefined) return <NotFound what="There is no such cluster on this desk." />;
  return cluster.kind === 'proxmox' ? (
    <ProxmoxPage cluster={cluster} />
  ) : (
    <MergeWizard cluster={cluster} />
  );
}

function named(clusters: ReadonlyMap<string, Cluster>, clusterId: string): Cluster | undefined {
  return [...clusters.values()].find((one) => one.clusterId === clusterId);
}
