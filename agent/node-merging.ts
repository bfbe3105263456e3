import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { AgentPorts } from './compose';
import type { AgentConfig } from './config/schema';
import type { Snapshot } from './facts/types';
import type { NodeIdentity } from './identity/types';
import { type HostAndPort, resolved, splitHostPort } from './membership/addresses';
import type { PeerCaller, PeerRoute } from './membership/peer-types';
import type { Tailscale } from './membership/tailscale';
import type { NodeMembership } from './membership/types';
import type { NodeState } from './node-state';
import type { HandRoute, Hands } from './operations/hands/types';
import { Cards } from './operations/merge/pact/cards';
import { Guests } from './operations/merge/pact/guests';
import { type Merging, MergingService } from './operations/merge/pact/merging';
import { Pacts } from './operations/merge/pact/pacts';
import { Lookout, type Place } from './operations/merge/split/lookout';
import { Sightings } from './operations/merge/split/sightings';
import { whoRoute } from './operations/merge/split/who-route';
import type { OperationParts } from './operations/types';

/** Of each cluster that a pact names so many nodes are looked at. */
const PACT_NODES = 8;

/** How this cluster sees others, lets them take part, and becomes one with them. */
export interface NodeMerging {
  /** what the API offers of it */
  merging: Merging;
  /** what it brings for operations */
  parts: (hands: Hands) => OperationParts;
  /**
   * For the peers' part of the API.
   * @param hands all that this node does for operations
   */
  routes(hands: readonly HandRoute[]): PeerRoute[];
  /** who has this certificate in another cluster that a pact lets in */
  guestOf(fingerprint: string): Promise<PeerCaller | null>;
  problems(): AgentProblem[];
  /** Begins to look for other clusters; needs the shared state. */
  start(): void;
  close(): Promise<void>;
}

interface Deps {
  ports: AgentPorts;
  config: AgentConfig;
  identity: NodeIdentity;
  nodeState: NodeState;
  membership: NodeMembership;
  tailscale: Tailscale;
  /** what was published of each node, by id */
  facts(): Snapshot['facts'];
}

/** Builds it by hand. Nothing is started yet. */
export function createNodeMerging(deps: Deps): NodeMerging {
  const { ports, config, identity, nodeState, membership } = deps;
  const { clock, logger, enrolment, folders } = ports;
  const { state } = nodeState;
  const isEnabled = config.cluster.merging.enabled;
  const stableSince = (id: string) => deps.facts().get(id)?.since || null;
  const pacts = new Pacts({ state, clock, logger });
  const sightings = new Sightings({
    state,
    clock,
    nodeId: identity.id,
    pacts: () => pacts.known().map(({ card }) => card.cluster.uuid),
  });
  const cards = new Cards({ membership, state, clock, isEnabled, stableSince });
  const challengeKey = enrolment.keys.challengeKey();
  const lookout = new Lookout({
    membership,
    identity,
    challengeKey,
    places: () => placesOf(deps, pacts),
    sightings,
    clock,
    logger,
  });
  let guests: Guests | null = null;
  return {
    merging: new MergingService({ cards, pacts, sightings, clock }),
    parts: () => ({ hands: [], handoffs: [], kinds: [] }),
    routes(hands) {
      guests = new Guests({ hands, pacts, state, isEnabled, folder: folders.root, clock, logger });
      const { fingerprint } = identity;
      const cluster = () => membership.record;
      return [guests.route, whoRoute({ cluster, challengeKey, fingerprint, clock })];
    },
    guestOf: (fingerprint) => pacts.guest(fingerprint),
    problems: () => lookout.problems(),
    start() {
      pacts.start();
      lookout.start();
    },
    async close() {
      await lookout.close();
      await guests?.close();
      pacts.close();
    },
  };
}

/** Where agents may answer: at seeds, in the tailnet, as strangers in gossip, and as pacts say. */
async function placesOf(
  { ports, config, membership, tailscale }: Deps,
  pacts: Pick<Pacts, 'known'>,
): Promise<Place[]> {
  const { port } = config.api;
  const seeds = [...ports.enrolment.seeds, ...config.discovery.seeds].map(splitHostPort);
  const named = await Promise.all(seeds.map((seed): Promise<HostAndPort> => resolved(seed)));
  const strangers = membership
    .members()
    .filter(({ authenticated, status }) => !authenticated && status === 'alive');
  return [
    ...tailscale.view().peers.map((host): Place => ({ host, port, via: 'tailnet' })),
    ...strangers.map(({ address }): Place => ({ host: address, port, via: 'gossip' })),
    ...named.map(({ host }): Place => ({ host, port, via: 'seed' })),
    ...pacts
      .known()
      .flatMap(({ card }) =>
        card.nodes
          .slice(0, PACT_NODES)
          .map((one): Place => ({ host: one.address, port: one.api_port, via: 'pact' })),
      ),
  ];
}
