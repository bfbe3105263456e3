import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';

/**
 * Refuses before anything is sent what the agents would refuse.
 * @param needed the role of the token
 * @throws Failure UNSUPPORTED | PERMISSION_DENIED
 */
export function checkMayAct(
  { kind, clusterId }: Pick<Cluster, 'kind' | 'clusterId'>,
  { clusteros }: Pick<ClusterLive, 'clusteros'>,
  needed: 'operator' | 'admin' = 'operator',
): void {
  if (kind !== 'clusteros') {
    throw fail('UNSUPPORTED', { remedy: 'Use a ClusterOS cluster for this.', cluster: clusterId });
  }
  const rights = clusteros?.rights ?? needed;
  if (rights === 'admin' || rights === needed) return;
  const remedy = `Make a token with "node-agent token create --role ${needed}" and enter it here.`;
  const message =
    rights === 'viewer'
      ? 'The token of this cluster may only look.'
      : 'The token of this cluster is no admin’s.';
  throw fail('PERMISSION_DENIED', { remedy, cluster: clusterId, privilege: needed }, message);
}
