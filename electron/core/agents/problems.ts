import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { ClusterosLive, Problem } from '#shared/contract/inventory';
import { failureProblem, verificationProblem, worstFirst } from '../inventory/problems';
import type { Circumstances } from '../inventory/source';

/** What needs somebody's attention: the way to the cluster, then what its agents say themselves. */
export function clusterosProblems(
  { failure, verify }: Circumstances,
  told: readonly AgentProblem[],
  live: ClusterosLive | null,
): Problem[] {
  return worstFirst([
    ...failureProblem(failure),
    ...told.map(shown),
    ...staleProblem(live),
    ...verificationProblem(verify),
  ]);
}

function shown({ severity, title, detail, remedy, node }: AgentProblem): Problem {
  return {
    severity,
    title: title.replace(/\.$/, ''),
    detail,
    remedy,
    action: 'look',
    ...(node !== undefined && { node }),
  };
}

function staleProblem(live: ClusterosLive | null): Problem[] {
  if (live === null || live.staleReason === null) return [];
  return [
    {
      severity: 'warning',
      title: 'Some of what the agent knows is old',
      detail: live.staleReason,
      action: 'look',
      node: live.node,
    },
  ];
}
