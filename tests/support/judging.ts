import { randomUUID } from 'node:crypto';
import type { Candidate } from '#electron/core/bundles/candidate';
import type { Deck } from '#electron/core/bundles/deck';
import { judgeAll } from '#electron/core/bundles/judge';
import type { StoredCluster } from '#electron/core/clusters/rows';
import { cluster } from './store';

/** A deck to hold files against, with no store behind it. */
export function deckOf(clusters: readonly StoredCluster[], more: Partial<Deck> = {}): Deck {
  return {
    clusters: new Map(clusters.map((row) => [row.clusterId, row])),
    keptOf: () => ({}),
    groups: [],
    hasSecret: () => false,
    sameSecret: new Set(),
    remoteUuid: () => null,
    madeAt: null,
    ...more,
  };
}

/** A cluster as it stands in the store. */
export function stored(clusterId: string, more: Partial<StoredCluster> = {}): StoredCluster {
  const { secret: _secret, ...fields } = cluster(clusterId);
  const stamp = { uuid: randomUUID(), number: 1, revision: 1, createdAt: 1, updatedAt: 1 };
  return { ...fields, ...stamp, ...more };
}

/** The one verdict on one entry. */
export function judgeOne(candidate: Candidate, deck: Deck = deckOf([])) {
  const [judged] = judgeAll([candidate], deck);
  if (judged === undefined) throw new Error('nothing was judged');
  return judged;
}
