import type { ClusterOperation } from '#shared/contract/cluster-operations';

/**
 * Each operation once: after a merge two cards lead to the same agents, and both tell of it. The card
 * of the cluster that was not taken up is the better one to ask.
 */
export function onceEach(operations: Iterable<ClusterOperation>): ClusterOperation[] {
  const all = [...operations];
  const takenUp = new Set(all.flatMap(({ merge }) => merge?.cards ?? []));
  const byId = new Map<string, ClusterOperation>();
  for (const operation of all) {
    const known = byId.get(operation.id);
    if (known === undefined || takenUp.has(known.uuid)) byId.set(operation.id, operation);
  }
  return [...byId.values()];
}
