import { isOver } from '#shared/contract/agent/operations';
import type { ClusterOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive } from '#shared/contract/inventory';

/** What is read here of what the core pushes. */
interface Desk {
  clusters: ReadonlyMap<string, Cluster>;
  live: ReadonlyMap<
    string,
    Pick<ClusterLive, 'state' | 'stale'> & { clusteros: { id: string } | null }
  >;
  clusterOperations: ReadonlyMap<string, ClusterOperation>;
}

/** The card of a cluster by its own uuid, of those whose endpoints are not another one's by now. */
export function cardOf(
  { clusters, live, clusterOperations }: Desk,
  id: string,
): Cluster | undefined {
  const showing = [...clusters.values()].filter(({ uuid }) => live.get(uuid)?.clusteros?.id === id);
  const all = [...clusterOperations.values()];
  const taken = (uuid: string) =>
    all.some(({ merge }) => merge?.cards.includes(uuid) === true && merge.gaining.uuid === id);
  const own = all.find(({ merge }) => merge?.losing.uuid === id)?.merge?.cards[0];
  return (
    showing.find(({ uuid }) => !taken(uuid)) ?? (own === undefined ? undefined : clusters.get(own))
  );
}

/** What became of a card whose cluster takes part in a merge as the one that is taken up. */
export interface TakenUp {
  operation: ClusterOperation;
  /** name of the cluster it belongs to now, or will */
  into: string;
  /** its card on this desk */
  card: Cluster | undefined;
}

/** The last merge that took or takes this card's cluster up; undefined where there is none. */
export function takenUp(state: Desk, uuid: string): TakenUp | undefined {
  let found: TakenUp | undefined;
  for (const operation of state.clusterOperations.values()) {
    const { merge } = operation;
    if (merge === null || !merge.cards.includes(uuid) || operation.state === 'undone') continue;
    if (isOver(operation) && isStill(state, uuid, merge.losing.uuid)) continue;
    // both cards tell of it in the end; the one that stays is the better one to ask
    if (found !== undefined && (found.operation.id !== operation.id || operation.uuid === uuid)) {
      continue;
    }
    const card = cardOf(state, merge.gaining.uuid);
    found = { operation, into: merge.gaining.name, card };
  }
  return found;
}

/** Where a node was left out, the cluster goes on as a smaller one, and its card with it. */
function isStill({ live }: Desk, uuid: string, id: string): boolean {
  const shown = live.get(uuid);
  return shown?.state === 'active' && !shown.stale && shown.clusteros?.id === id;
}
