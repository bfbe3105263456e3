import type { ClusterosLive } from '#shared/contract/inventory';
import type { Overview } from './overview';

/** What a card and a page say of a ClusterOS cluster beside its rows. */
export function clusterosLive(overview: Overview): ClusterosLive {
  const { status, cluster, jobs, jobCount, pods, podCount, nodes } = overview;
  const inState = (...states: string[]) =>
    jobs.filter(({ state }) => states.includes(state)).length;
  const running = inState('RUNNING', 'COMPLETING');
  const waiting = inState('PENDING', 'CONFIGURING');
  const inPhase = (phase: string) => pods.filter((pod) => pod.phase === phase).length;
  return {
    id: cluster.uuid,
    region: cluster.region,
    datacenter: cluster.datacenter,
    createdAt: Math.round(cluster.created_at * 1000),
    node: status.node.name,
    leaders: leadersOf(overview),
    state: status.agent.state,
    rights: overview.rights,
    jobs: { running, waiting, other: Math.max(0, jobCount - running - waiting), total: jobCount },
    pods: {
      running: inPhase('Running'),
      waiting: inPhase('Pending'),
      failed: inPhase('Failed'),
      total: podCount,
    },
    drained: nodes.filter(({ slurm }) => slurm !== null && slurm.drain !== 'none').length,
    gpus: cluster.capacity.total_gpus,
    components: componentsOf(overview),
    staleReason: overview.staleReason,
  };
}

function leadersOf({ leaders, nodes }: Overview): ClusterosLive['leaders'] {
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return (['slurm-controller', 'k3s-server', 'raft'] as const).map((role) => {
    const leader = leaders[role];
    if (!('node_id' in leader)) return { role, node: null, epoch: null };
    const node = names.get(leader.node_id) ?? leader.name ?? leader.node_id;
    return { role, node, epoch: leader.epoch ?? null };
  });
}

function componentsOf({ services }: Overview): ClusterosLive['components'] {
  const { slurm, k3s, tailscale } = services;
  const status = !tailscale.enabled ? 'stopped' : tailscale.connected ? 'running' : 'error';
  const message = tailscale.enabled ? (tailscale.ip ?? '') : 'It is not used.';
  return [
    { name: 'slurm controller', ...slurm.controller },
    { name: 'slurm worker', ...slurm.worker },
    { name: 'k3s server', ...k3s.server },
    { name: 'k3s agent', ...k3s.agent },
    { name: 'tailscale', status, message },
  ];
}
