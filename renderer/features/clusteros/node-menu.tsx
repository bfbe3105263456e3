import { Crown, DoorOpen, MoreVertical, Power } from 'lucide-react';
import { useLocation } from 'wouter';
import { HANDOFF_ROLES, type HandoffRole } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterosLive, MemberRow } from '#shared/contract/inventory';
import { useLive } from '../../app/context';
import { IconButton } from '../../ui/button';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../../ui/menu';
import { handoffHref, leaveHref } from '../handoff/address';
import { useSlurmBlock } from './use-slurm-block';

const TAKES: Record<HandoffRole, { label: string; leads: string }> = {
  'slurm-controller': { label: 'Make it the SLURM controller…', leads: 'slurm-controller' },
  'k3s-server': { label: 'Give it the lead of k3s…', leads: 'k3s-server' },
  etcd: { label: 'Give it the lead of the shared state…', leads: 'raft' },
};

/** What a node could take over, and how it leaves. What cannot be done says why in the wizard. */
export function NodeMenu({ cluster, member }: { cluster: Cluster; member: MemberRow }) {
  const block = useSlurmBlock(cluster);
  const own = useLive((state) => state.live.get(cluster.uuid)?.clusteros ?? null);
  const [, navigate] = useLocation();
  const { clusterId } = cluster;
  const { node } = member;
  return (
    <Menu trigger={<IconButton icon={MoreVertical} label={`More for ${node}`} tone="framed" />}>
      {block !== null && <MenuLabel>{block}</MenuLabel>}
      {rolesFor(member, own).map((role) => (
        <MenuItem
          key={role}
          icon={Crown}
          disabled={block !== null}
          onSelect={() => navigate(handoffHref(clusterId, { role, to: node }))}
        >
          {TAKES[role].label}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem
        icon={Power}
        disabled={block !== null}
        onSelect={() => navigate(leaveHref(clusterId, node, 'reboot'))}
      >
        Empty it for a reboot…
      </MenuItem>
      <MenuItem
        icon={DoorOpen}
        tone="danger"
        disabled={block !== null}
        onSelect={() => navigate(leaveHref(clusterId, node, 'good'))}
      >
        Leave the cluster…
      </MenuItem>
    </Menu>
  );
}

/** The roles of this cluster that the node does not lead already. */
function rolesFor({ leaderOf }: MemberRow, own: ClusterosLive | null): HandoffRole[] {
  return HANDOFF_ROLES.filter((role) => {
    const { leads } = TAKES[role];
    const isThere = own?.leaders.some((one) => one.role === leads && one.node !== null) ?? false;
    return isThere && !leaderOf.includes(leads);
  });
}
