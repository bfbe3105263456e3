import { mergeParties } from '#shared/contract/agent/merge';
import type { AgentOperation } from '#shared/contract/agent/operations';
import type { ClusterOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';

/**
 * The line of a list.
 * @param uuid of the cluster on this deck
 * @param deck all that stand on it
 */
export function summaryOf(
  uuid: string,
  operation: AgentOperation,
  heardAt: number,
  deck: readonly Cluster[],
): ClusterOperation {
  const { steps } = operation;
  const at = steps.find(({ state }) => state === 'intent' || state === 'undoing');
  return {
    uuid,
    id: operation.id,
    kind: operation.kind,
    title: operation.title,
    state: operation.state,
    pivotPassed: operation.pivot_passed,
    steps: { done: steps.filter(({ state }) => state === 'done').length, total: steps.length },
    step:
      at === undefined
        ? null
        : { title: at.title, waitingOn: at.waiting_on, startedAt: at.started_at },
    coordinator: operation.coordinator,
    createdBy: operation.created_by,
    createdAt: operation.created_at,
    endedAt: operation.ended_at,
    rollbackUntil: operation.rollback_until,
    reason: operation.reason,
    heardAt,
    merge: mergeOf(operation, deck),
  };
}

/** Whom a merge makes one, and which cards of the deck lead to nodes of the losing one alone. */
function mergeOf(
  { kind, params }: Pick<AgentOperation, 'kind' | 'params'>,
  deck: readonly Cluster[],
): ClusterOperation['merge'] {
  const parties = kind === 'merge' ? mergeParties.safeParse(params).data : undefined;
  if (parties === undefined) return null;
  const { gaining, losing, nodes } = parties;
  const pins = new Set(nodes.map(({ fingerprint }) => fingerprint));
  const hosts = new Set(nodes.flatMap(({ name, address }) => [name, address]));
  const cards = deck.flatMap(({ uuid, kind: of, endpoints }) =>
    of === 'clusteros' &&
    endpoints.every(({ host, pin }) => (pin === null ? hosts.has(host) : pins.has(pin)))
      ? [uuid]
      : [],
  );
  return { gaining, losing, cards };
}
