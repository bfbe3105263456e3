import type { ClusterLive } from '#shared/contract/inventory';

/** Whether what is shown of a cluster is from before it fell silent or was no longer watched. */
export function isOld(live: ClusterLive | undefined): boolean {
  if (live === undefined || live.asOf === null) return false;
  return live.stale || (live.state !== 'active' && live.state !== 'connecting');
}
