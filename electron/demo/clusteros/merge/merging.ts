import { join } from 'node:path';
import type { PeerCaller, PeerRoute } from '#agent/membership/peer-types';
import type { Membership, Peers } from '#agent/membership/types';
import type { HandRoute, Hands } from '#agent/operations/hands/types';
import { mergeKind } from '#agent/operations/merge/kind';
import { LetGo } from '#agent/operations/merge/node/let-go';
import { Cards } from '#agent/operations/merge/pact/cards';
import { ForeignGateway } from '#agent/operations/merge/pact/foreign';
import { Guests } from '#agent/operations/merge/pact/guests';
import { type Merging, MergingService } from '#agent/operations/merge/pact/merging';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import { draftMerge } from '#agent/operations/merge/plan/draft';
import { Sightings } from '#agent/operations/merge/split/sightings';
import type { OperationParts } from '#agent/operations/types';
import type { State } from '#agent/state/types';
import type { CommonGround } from '../ground';
import { SILENT } from '../silent';
import { simulatedCarryHands } from './carry-hands';
import { type CrossDeps, simulatedCrossHands, simulatedEnrolment } from './cross-hands';
import { simulatedHeldSlurm } from './held-slurm';
import { simulatedMergeLook } from './look';

/** How a simulated cluster becomes one with another: all is real but what the nodes do for it. */
export interface DemoMerging {
  merging: Merging;
  parts(
    hands: Hands,
    own: Omit<CrossDeps, 'pacts' | 'state' | 'membership' | 'ground' | 'stableSince'>,
  ): OperationParts;
  routes(hands: readonly HandRoute[]): PeerRoute[];
  guestOf(fingerprint: string): Promise<PeerCaller | null>;
  start(): void;
  close(): Promise<void>;
}

interface Deps {
  ground: CommonGround;
  name: string;
  membership: Membership;
  state: State;
  /** as nodes of other clusters are reached */
  peers: Peers;
}

export function createDemoMerging({ ground, name, membership, state, peers }: Deps): DemoMerging {
  const { clock } = ground;
  const common = { state, clock, logger: SILENT };
  const pacts = new Pacts(common);
  const stableSince = (id: string) => ground.nodes.find((one) => one.id === id)?.since ?? null;
  const cards = new Cards({ membership, state, clock, isEnabled: true, stableSince });
  const foreign = new ForeignGateway({ peers, pacts });
  const sightings = new Sightings({
    state,
    clock,
    nodeId: membership.self.id,
    pacts: () => pacts.known().map(({ card }) => card.cluster.uuid),
  });
  const held = new LetGo({ state, membership, pacts, slurm: simulatedHeldSlurm(ground) });
  let guests: Guests | null = null;
  return {
    merging: new MergingService({ cards, pacts, held, sightings, clock }),
    parts(hands, own) {
      const deps = { ...own, ground, membership, state, pacts, stableSince };
      const merge = { hands, foreign, membership, state, pacts, clock };
      return {
        hands: [
          ...simulatedMergeLook(deps),
          ...simulatedCrossHands(deps),
          ...simulatedCarryHands({ ...ground, cluster: () => membership.cluster.uuid }),
        ],
        handoffs: [],
        kinds: [
          mergeKind({
            ...merge,
            draft: (params, context) => draftMerge(merge, params, context),
            enrolment: async () => simulatedEnrolment(membership.cluster),
          }),
        ],
      };
    },
    routes(hands) {
      const folder = join(ground.folder, name);
      guests = new Guests({ ...common, hands, pacts, isEnabled: true, folder });
      return [guests.route];
    },
    guestOf: (fingerprint) => pacts.guest(fingerprint),
    start: () => pacts.start(),
    async close() {
      await guests?.close();
      pacts.close();
    },
  };
}
