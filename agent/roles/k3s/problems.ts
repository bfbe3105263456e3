import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';

/** What a role of k3s that is not well means to a person. */
export function roleProblems(role: RoleState, node: string): AgentProblem[] {
  const { name, healthy, running, error } = role;
  if (healthy || error === '') return [];
  return [
    {
      severity: running ? 'bad' : 'warning',
      code: `${name}-not-ready`,
      title: `${name} on ${node} is not ready`,
      detail: error,
      remedy: running
        ? `Read the log of k3s on ${node}; pods run on meanwhile.`
        : `It goes on trying. Run \`node-agent doctor\` on ${node} if that lasts.`,
      node,
    },
  ];
}
