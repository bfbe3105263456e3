import { hostname } from 'node:os';
import type { PeerRoute } from './membership/peer-types';
import type { NodeMembership, Peers } from './membership/types';
import type { NodeRoles } from './node-roles';
import type { NodeState } from './node-state';
import { etcdRoutes } from './operations/handoff/etcd/routes';
import { kubeRoutes } from './operations/handoff/k3s/routes';
import type { Hands } from './operations/hands/types';
import { leaveParts } from './operations/leave/parts';
import { Returning } from './operations/leave/returning';
import { leaveRoutes } from './operations/leave/routes';
import { uncordonRoute, uncordonSelf } from './operations/leave/uncordon';
import type { OperationParts } from './operations/types';
import type { Clock, Commands, Logger, Supervisor } from './ports';

/** How this node leaves its cluster and comes back. */
export interface NodeLeaving {
  /** What it brings for operations; a controller leaves by the way that the roles know. */
  parts: (hands: Hands) => OperationParts;
  /** for the peers' part of the API */
  readonly routes: readonly PeerRoute[];
  /** resolves when an operation takes this node away: it says good-bye and ends */
  readonly asked: Promise<void>;
  /** Begins to see to a return; needs the shared state. */
  start(): void;
  close(): Promise<void>;
}

interface Deps {
  ports: { clock: Clock; logger: Logger; commands: Commands; supervisor: Supervisor };
  nodeState: Pick<NodeState, 'state' | 'seats'>;
  membership: NodeMembership;
  peers: Peers;
  roles: Pick<NodeRoles, 'all' | 'slurm' | 'kube' | 'kubePlaces' | 'operations'>;
}

/** Builds it by hand. Nothing is started yet. */
export function createNodeLeaving({
  ports,
  nodeState,
  membership,
  peers,
  roles,
}: Deps): NodeLeaving {
  const { state, seats } = nodeState;
  const { promise: asked, resolve: goodbye } = Promise.withResolvers<void>();
  const { kubePlaces: places, slurm, all } = roles;
  const own = { ...ports, roles: all, slurm, hostName: hostname };
  const returning = new Returning({
    ...own,
    state,
    membership,
    uncordon: (operation, signal) => uncordonSelf({ membership, peers, places }, operation, signal),
  });
  return {
    asked,
    routes: [uncordonRoute({ places })],
    parts(hands) {
      const handoffs = roles.operations.flatMap((make) => make(hands).handoffs);
      const controller = handoffs.find(({ role }) => role === 'slurm-controller') ?? null;
      return {
        ...leaveParts({ hands, membership, state, seats, controller, clock: ports.clock }),
        hands: [
          ...leaveRoutes({ ...own, goodbye }),
          ...etcdRoutes(seats),
          ...kubeRoutes({ ...ports, places, readiness: () => roles.kube.readiness() }),
        ],
      };
    },
    start: () => returning.start(),
    close: () => returning.close(),
  };
}
