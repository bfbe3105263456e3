import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import type { KubeView } from './observer';

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

/** What the leading server sees of the others; told by it alone, so that it is told once. */
export function clusterProblems({ nodes }: KubeView): AgentProblem[] {
  const problems = nodes
    .filter(({ ready }) => !ready)
    .map(
      ({ name }): AgentProblem => ({
        severity: 'warning',
        code: 'k3s-node-not-ready',
        title: `Kubernetes does not call ${name} ready`,
        detail: 'Its pods are started elsewhere when that lasts.',
        remedy: `See whether ${name} has power and network, then its k3s.`,
        node: name,
      }),
    );
  if (nodes.filter(({ controlPlane }) => controlPlane).length !== 2) return problems;
  return [
    ...problems,
    {
      severity: 'warning',
      code: 'k3s-two-servers',
      title: 'Two k3s servers survive no loss',
      detail: 'Their etcd needs both of them: it stands still when either is away.',
      remedy: 'Give a third node the role k3s-server, or take it from one of the two.',
    },
  ];
}
