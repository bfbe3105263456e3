import type { AgentOperation } from '#shared/contract/agent/operations';
import type { ClusterOperation } from '#shared/contract/cluster-operations';

/** The line of a list. @param uuid of the cluster on this deck */
export function summaryOf(
  uuid: string,
  operation: AgentOperation,
  heardAt: number,
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
  };
}
