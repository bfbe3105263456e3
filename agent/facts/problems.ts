import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { Snapshot } from './types';

type Known = Omit<Snapshot, 'problems'>;

/** What this node's own machine and daemons say of trouble; published, so that all show it. */
export function ownProblems(facts: {
  name: string;
  diskUsed: number | null;
  memoryUsed: number | null;
  units: readonly { name: string; status: string; message: string }[];
}): AgentProblem[] {
  const { name: node, diskUsed, memoryUsed, units } = facts;
  const problems: AgentProblem[] = [];
  if (diskUsed !== null && diskUsed >= 0.9) {
    const isFull = diskUsed >= 0.97;
    problems.push({
      severity: isFull ? 'bad' : 'warning',
      code: 'disk-full',
      title: isFull ? `The disk of ${node} is full` : `The disk of ${node} fills up`,
      detail: `${Math.floor(diskUsed * 100)} % are used.`,
      remedy: 'Free space: old logs, images and job output go first.',
      node,
    });
  }
  if (memoryUsed !== null && memoryUsed >= 0.97) {
    problems.push({
      severity: 'warning',
      code: 'memory-full',
      title: `${node} runs out of memory`,
      detail: `${Math.floor(memoryUsed * 100)} % are used.`,
      remedy: 'See which job takes more than it asked for.',
      node,
    });
  }
  for (const unit of units) {
    if (unit.status !== 'error') continue;
    problems.push({
      severity: 'bad',
      code: 'service-failed',
      title: `${unit.name} failed on ${node}`,
      detail: unit.message,
      remedy: `Read its log on ${node}, mend the cause, then start it again.`,
      node,
    });
  }
  return problems;
}

/** What this node sees of the whole cluster. */
export function clusterProblems(known: Known): AgentProblem[] {
  return [
    ...memberProblems(known),
    ...stateProblems(known),
    ...networkProblems(known),
    ...slurmProblems(known),
    ...kubeProblems(known),
    ...versionProblems(known),
    ...clockProblems(known),
  ];
}

function memberProblems({ members }: Known): AgentProblem[] {
  return members.flatMap((member): AgentProblem[] => {
    const { name, address } = member;
    // of strangers membership itself tells, once they have had time to prove the key
    if (!member.authenticated || member.status !== 'failed') return [];
    return [
      {
        severity: 'bad',
        code: 'node-failed',
        title: `${name} does not answer`,
        detail: `It was last heard from ${address}.`,
        remedy: 'See whether it has power and network; it comes back by itself.',
        node: name,
      },
    ];
  });
}

function stateProblems({ state, gossipRunning, self }: Known): AgentProblem[] {
  const problems: AgentProblem[] = [];
  if (state === 'read-only') {
    problems.push({
      severity: 'bad',
      code: 'state-no-quorum',
      title: 'The shared state cannot be changed',
      detail: 'Too few of the nodes that keep it answer each other. Jobs run on.',
      remedy: 'Bring back the nodes that are down or cut off.',
    });
  } else if (state === 'unreachable') {
    problems.push({
      severity: 'bad',
      code: 'state-unreachable',
      title: 'The shared state does not answer',
      detail: `${self.name} reaches no node that keeps it. What is shown may be old.`,
      remedy: 'See whether etcd runs on its nodes and the network carries it.',
      node: self.name,
    });
  }
  if (!gossipRunning) {
    problems.push({
      severity: 'bad',
      code: 'gossip-stopped',
      title: `${self.name} does not hear the other nodes`,
      detail: 'Its gossip daemon (serf) does not run.',
      remedy: 'Run `node-agent doctor` on this node.',
      node: self.name,
    });
  }
  return problems;
}

function networkProblems({ network, self }: Known): AgentProblem[] {
  if (network.connected) return [];
  return [
    {
      severity: 'bad',
      code: 'network-down',
      title: `${self.name} has no cluster network`,
      detail: network.message || `The network of type ${network.type} is not connected.`,
      remedy:
        network.type === 'tailscale'
          ? 'Run `tailscale status` on this node, then `tailscale up`.'
          : 'Plug its cable in, and see whether the interface is up and has the address.',
      node: self.name,
    },
  ];
}

/** States of SLURM in which a node takes no job although nobody asked for that. */
const BROKEN = new Set(['down', 'fail', 'failing', 'error', 'unknown', 'not_responding']);

function slurmProblems({ slurm, members }: Known): AgentProblem[] {
  if (slurm === null) return [];
  const problems: AgentProblem[] = [];
  if (slurm.trouble !== null) {
    problems.push({
      severity: 'warning',
      code: 'slurm-unanswered',
      title: 'SLURM does not answer',
      detail: slurm.trouble,
      remedy: 'Jobs run on. Run `node-agent doctor` on the controller node.',
    });
  } else if (slurm.primary === null && slurm.asOf !== null) {
    problems.push({
      severity: 'bad',
      code: 'slurm-no-controller',
      title: 'No SLURM controller answers',
      detail: slurm.controller.message || 'New jobs are not taken; running ones run on.',
      remedy: 'See why slurmctld does not run on its node.',
    });
  }
  const away = new Set(members.filter(({ status }) => status !== 'alive').map(({ name }) => name));
  for (const { name, state, reason } of slurm.nodes) {
    // a node that does not answer at all is told of already
    if (!BROKEN.has(state) || away.has(name)) continue;
    problems.push({
      severity: 'warning',
      code: 'slurm-node-down',
      title: `SLURM gives ${name} no jobs`,
      detail: reason === '' ? `Its state is ${state}.` : `Its state is ${state}: ${reason}`,
      remedy: `See slurmd on ${name}; then resume the node.`,
      node: name,
    });
  }
  return problems;
}

function kubeProblems({ kube }: Known): AgentProblem[] {
  if (kube === null || kube.trouble === null) return [];
  return [
    {
      severity: 'warning',
      code: 'k3s-unanswered',
      title: 'k3s does not answer',
      detail: kube.trouble,
      remedy: 'Pods run on. Look at the k3s service on its server nodes.',
    },
  ];
}

function versionProblems({ facts, version, self }: Known): AgentProblem[] {
  const others = [...facts.values()].filter((one) => one.version !== version);
  if (others.length === 0) return [];
  const told = others.map((one) => `${one.name} has ${one.version}`).join(', ');
  return [
    {
      severity: 'warning',
      code: 'versions-differ',
      title: 'The nodes run different versions of the agent',
      detail: `${self.name} has ${version}, ${told}.`,
      remedy: 'Install the same version everywhere.',
    },
  ];
}

/** munge refuses credentials of clocks further apart than its 300 s; leases suffer long before. */
const SKEW_TOLD_MS = 3_000;
const SKEW_BAD_MS = 60_000;

function clockProblems({ clockSkews, self }: Known): AgentProblem[] {
  return [...clockSkews].flatMap(([node, skewMs]): AgentProblem[] => {
    const apart = Math.abs(skewMs);
    if (apart < SKEW_TOLD_MS) return [];
    return [
      {
        severity: apart < SKEW_BAD_MS ? 'warning' : 'bad',
        code: 'clock-skew',
        title: `The clocks of ${node} and ${self.name} differ by ${Math.round(apart / 1000)} s`,
        detail: `${node} is ${skewMs > 0 ? 'ahead' : 'behind'}.`,
        remedy: 'Let both follow a time server, as with chrony or systemd-timesyncd.',
        node,
      },
    ];
  });
}
