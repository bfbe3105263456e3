import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';

/**
 * Refuses before anything is sent what the agents would refuse.
 * @throws Failure UNSUPPORTED | PERMISSION_DENIED
 */
export function checkMayAct(
  { kind, clusterId }: Pick<Cluster, 'kind' | 'clusterId'>,
  { clusteros }: Pick<ClusterLive, 'clusteros'>,
): void {
  if (kind !== 'clusteros') {
    throw fail('UNSUPPORTED', { remedy: 'Use a ClusterOS cluster for this.', cluster: clusterId });
  }
  if (clusteros?.rights !== 'viewer') return;
  const remedy = 'Make a token with "node-agent token create --role operator" and enter it here.';
  const message = 'The token of this cluster may only look.';
  throw fail('PERMISSION_DENIED', { remedy, cluster: clusterId, privilege: 'operator' }, message);
}
