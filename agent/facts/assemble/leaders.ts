import type { LeadersAnswer } from '#shared/contract/agent/dashboard';
import type { Elected, Snapshot } from '../types';
import { freshnessOf, slurmPart, statePart } from './freshness';

type Leader = LeadersAnswer['leaders']['raft'];
const NOBODY = { status: 'no_leader' } as const;

/** Which node leads what, as observed: an elected node that does not serve leads nothing. */
export function leadingNodes(snapshot: Snapshot): Record<'slurm' | 'k3s' | 'raft', Elected | null> {
  const { leaders, slurm, members } = snapshot;
  const alive = new Set(members.filter(({ status }) => status === 'alive').map(({ id }) => id));
  const living = (elected: Elected | null) =>
    elected !== null && alive.has(elected.nodeId) ? elected : null;
  const primary = members.find(({ name }) => slurm !== null && name === slurm.primary);
  return {
    slurm:
      primary === undefined
        ? null
        : living({
            nodeId: primary.id,
            epoch: leaders.slurm?.nodeId === primary.id ? leaders.slurm.epoch : null,
          }),
    k3s: living(leaders.k3s),
    raft: living(leaders.raft),
  };
}

export function assembleLeaders(snapshot: Snapshot): LeadersAnswer {
  const { self } = snapshot;
  const leading = leadingNodes(snapshot);
  const show = (elected: Elected | null): Leader => {
    if (elected === null) return NOBODY;
    const member = snapshot.members.find(({ id }) => id === elected.nodeId);
    return {
      node_id: elected.nodeId,
      ...(member !== undefined && { name: member.name, address: member.address }),
      ...(member?.tailscaleIp && { tailscale_ip: member.tailscaleIp }),
      ...(elected.epoch !== null && { epoch: elected.epoch }),
    };
  };
  const own: [string, Elected | null][] = [
    ['slurm-controller', leading.slurm],
    ['k3s-server', leading.k3s],
    ['raft', leading.raft],
  ];
  return {
    leaders: {
      'slurm-controller': show(leading.slurm),
      'k3s-server': show(leading.k3s),
      raft: show(leading.raft),
      local_node: {
        node_id: self.id,
        is_leader_for: own
          .filter(([, elected]) => elected?.nodeId === self.id)
          .map(([name]) => name),
      },
    },
    ...freshnessOf(snapshot, [...statePart(snapshot), ...slurmPart(snapshot)]),
  };
}
