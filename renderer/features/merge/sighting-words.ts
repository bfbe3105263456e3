import type { Sighting } from '#shared/contract/agent/merge';
import type { Cluster } from '#shared/contract/clusters';
import type { LiveState } from '../../app/live-store';

/** What was seen, in a sentence; only what lies about itself is loud. */
export function sightingWords({ kind, cluster }: Pick<Sighting, 'kind' | 'cluster'>): {
  title: string;
  tone: 'information' | 'warning';
} {
  switch (kind) {
    case 'partition':
      return { title: 'A part of this cluster is by itself.', tone: 'warning' };
    case 'foreign':
      return { title: `Another cluster is in sight: ${cluster.name}.`, tone: 'information' };
    case 'impostor':
      return {
        title: `Somebody says to be ${cluster.name} and cannot prove it.`,
        tone: 'warning',
      };
  }
}

/**
 * Another card that shows a cluster of the same id: `same` shares a node with this one, `parted` none,
 * so that each card shows a part of one cluster; undefined: there is none.
 */
export function otherCard(
  { clusters, live, inventory }: Pick<LiveState, 'clusters' | 'live' | 'inventory'>,
  uuid: string,
  kind: 'same' | 'parted',
): Cluster | undefined {
  const id = live.get(uuid)?.clusteros?.id;
  if (id === undefined) return undefined;
  const nodes = (of: string) =>
    [...(inventory.get(of)?.members.byId.values() ?? [])].map(({ nodeId }) => nodeId);
  const own = new Set(nodes(uuid));
  return [...clusters.values()].find((other) => {
    if (other.uuid === uuid || live.get(other.uuid)?.clusteros?.id !== id) return false;
    const theirs = nodes(other.uuid);
    if (own.size === 0 || theirs.length === 0) return false;
    return theirs.some((node) => own.has(node)) === (kind === 'same');
  });
}
