import type { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { lookAtCluster } from '../hands';
import type { CrossingNode } from '../types';

export type ClusterLook = z.output<typeof lookAtCluster.output>;
export type Seen = ClusterLook['members'][number];

const byName = (a: { name: string }, b: { name: string }) =>
  a.name.localeCompare(b.name, 'en', { numeric: true });

/**
 * The node of the losing cluster that goes last, and is asked for all of it: it has SLURM's
 * controller; where there is no SLURM, it leads the shared state.
 * @throws Failure NODE_UNREACHABLE where nobody can say who that is
 */
export function anchorOf({ members, slurm, state, self }: ClusterLook): Seen {
  const id = slurm?.controllers[0] ?? state.leader ?? self;
  const found = members.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw fail(
    'NODE_UNREACHABLE',
    { remedy: 'Bring the node with its SLURM controller back, or hand the controller over first.' },
    "The node with the losing cluster's controller is none of its members.",
  );
}

/**
 * The order in which nodes cross: workers by name, the first of them as the canary, then those that
 * control something, at last the anchor. It rests on nothing that changes by itself, for the approved
 * plan names it.
 */
export function orderOf(look: ClusterLook, anchor: Seen): CrossingNode[] {
  const controllers = new Set(look.slurm?.controllers);
  const controls = ({ id, roles }: Seen) =>
    controllers.has(id) || roles.includes('slurm-controller') || roles.includes('k3s-server');
  const others = look.members.filter(({ id }) => id !== anchor.id).toSorted(byName);
  const ordered = [...others.filter((one) => !controls(one)), ...others.filter(controls), anchor];
  return ordered.map(({ id, name, address, apiPort, fingerprint, roles }) => ({
    id,
    name,
    address,
    api_port: apiPort,
    fingerprint,
    roles: [...roles],
    isController: controllers.has(id),
  }));
}
