import { join } from 'node:path';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { PeerRoute } from './membership/peer-types';
import type { Membership, Peers } from './membership/types';
import { Coordinator } from './operations/coordinator/coordinator';
import { Handoff } from './operations/handoff/kind';
import { FENCE_FILE, Fence } from './operations/hands/fence';
import { HandGateway } from './operations/hands/gateway';
import { HandRunner } from './operations/hands/runner';
import type { HandRoute, Hands } from './operations/hands/types';
import { OperationService } from './operations/service/service';
import type { OperationParts, Operations } from './operations/types';
import type { Clock, Logger } from './ports';
import type { State } from './state/types';

/** Operations as this node plans them, takes part in them, and carries them out. */
export interface NodeOperations {
  operations: Operations;
  /** for the peers' part of the API */
  routes: PeerRoute[];
  /** what this node does for them */
  hands: readonly HandRoute[];
  problems(): AgentProblem[];
  /** Begins to hear of operations and to stand as their coordinator; needs the shared state. */
  start(): void;
  /** Stops in the middle of whatever it does; another node goes on. */
  close(): Promise<void>;
}

interface Deps {
  clock: Clock;
  logger: Logger;
  state: State;
  membership: Pick<Membership, 'self' | 'members' | 'cluster'>;
  peers: Peers;
  /** where the fence is kept; null: only in memory, for a node that is simulated */
  folder: string | null;
  /** How this node reaches the others; left out where they are called over their API. */
  hands?: (own: HandRunner) => Hands;
  /** what the roles bring; each is given the way to call other nodes */
  parts: readonly ((hands: Hands) => OperationParts)[];
}

/** Builds them by hand. Nothing is started yet. */
export function createNodeOperations(deps: Deps): NodeOperations {
  const { clock, logger, state, membership, peers, folder } = deps;
  // the roles' parts call hands, and have some themselves: the runner is made last
  const reached: Hands = {
    call: (...call) => hands.call(...call),
  };
  const parts = deps.parts.map((make) => make(reached));
  const routes = parts.flatMap((part) => part.hands);
  const runner = new HandRunner({
    routes,
    fence: new Fence(folder === null ? null : join(folder, FENCE_FILE), membership.cluster.uuid),
    clock,
    logger,
  });
  const hands = deps.hands?.(runner) ?? new HandGateway({ membership, peers, runner });
  const handoffs = parts.flatMap((part) => part.handoffs);
  const kinds = [new Handoff(handoffs), ...parts.flatMap((part) => part.kinds)];
  const service = new OperationService({ state, kinds, handoffs, clock, logger });
  const coordinator = new Coordinator({
    state,
    kinds,
    self: () => membership.self,
    clock,
    logger,
  });
  return {
    operations: service,
    routes: [runner.route],
    hands: routes,
    problems: () => service.problems(),
    start() {
      service.begin();
      coordinator.start();
    },
    async close() {
      await coordinator.close();
      await runner.close();
      await service.close();
    },
  };
}
