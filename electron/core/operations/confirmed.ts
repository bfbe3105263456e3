import { fail } from '#shared/contract/errors';
import type { ClusterReader } from '../clusters/types';

/**
 * What can lose work on a protected cluster needs its id typed.
 * @param field that the failure names
 * @throws Failure NOT_FOUND | CONFIRMATION_REQUIRED
 */
export function checkConfirmed(
  clusters: Pick<ClusterReader, 'get'>,
  items: ReadonlyArray<{ uuid: string }>,
  confirm: string | undefined,
  field = 'confirm',
): void {
  const uuids = new Set(items.map(({ uuid }) => uuid));
  const guarded = [...uuids].map((uuid) => clusters.get(uuid)).filter((each) => each.protected);
  const [first, ...more] = guarded;
  if (first === undefined || (more.length === 0 && confirm === first.clusterId)) return;
  const remedy =
    more.length > 0
      ? 'Several protected clusters are concerned: act on one of them at a time.'
      : `This cluster is protected: confirm by typing ${first.clusterId}.`;
  throw fail('CONFIRMATION_REQUIRED', { remedy, cluster: first.clusterId, field });
}
