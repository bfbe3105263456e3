import { hostname } from 'node:os';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { AgentPorts } from './compose';
import type { AgentConfig } from './config/schema';
import type { Snapshot } from './facts/types';
import type { NodeIdentity } from './identity/types';
import { type HostAndPort, resolved, splitHostPort } from './membership/addresses';
import type { PeerCaller, PeerRoute } from './membership/peer-types';
import type { Tailscale } from './membership/tailscale';
import type { NodeMembership, Peers } from './membership/types';
import type { NodeRoles } from './node-roles';
import type { NodeState } from './node-state';
import type { HandRoute, Hands } from './operations/hands/types';
import { carryRoutes } from './operations/merge/carry/routes';
import { mergeKind } from './operations/merge/kind';
import { LetGo } from './operations/merge/node/let-go';
import { heldSlurm } from './operations/merge/node/let-go-slurm';
import { crossingRoutes, keptFolders } from './operations/merge/node/routes';
import { Cards } from './operations/merge/pact/cards';
import { enrolmentForNewcomers } from './operations/merge/pact/enrolling';
import { ForeignGateway } from './operations/merge/pact/foreign';
import { Guests } from './operations/merge/pact/guests';
import { type Merging, MergingService } from './operations/merge/pact/merging';
import { Pacts } from './operations/merge/pact/pacts';
import { draftMerge } from './operations/merge/plan/draft';
import { mergeLookRoutes } from './operations/merge/plan/routes';
import { Lookout, type Place } from './operations/merge/split/lookout';
import { Sightings } from './operations/merge/split/sightings';
import { whoRoute } from './operations/merge/split/who-route';
import type { ForeignHands } from './operations/merge/types';
import type { OperationParts } from './operations/types';
import { listens } from './roles/slurm/port';

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
  peers: Peers;
  roles: Pick<NodeRoles, 'kubePlaces' | 'checkMunge' | 'slurm'>;
  tailscale: Tailscale;
  /** what was published of each node, by id */
  facts(): Snapshot['facts'];
}

/** Builds it by hand. Nothing is started yet. */
export function createNodeMerging(deps: Deps): NodeMerging {
  const { ports, config, identity, nodeState, membership, peers } = deps;
  const { clock, logger, enrolment, folders } = ports;
  const { state } = nodeState;
  const isEnabled = config.cluster.merging.enabled;
  const stableSince = (id: string) => deps.facts().get(id)?.since || null;
  const pacts = new Pacts({ state, clock, logger, onChange: () => lookout.soon() });
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
  const foreign = new ForeignGateway({ peers, pacts });
  const slurm = heldSlurm({ state, commands: ports.commands, clock, slurm: deps.roles.slurm });
  const held = new LetGo({ state, membership, pacts, slurm });
  let guests: Guests | null = null;
  return {
    merging: new MergingService({ cards, pacts, held, sightings, clock }),
    parts: (hands) => partsOf(deps, { hands, foreign, pacts, stableSince }),
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

function partsOf(
  { ports, config, nodeState, membership, roles }: Deps,
  parts: {
    hands: Hands;
    foreign: ForeignHands;
    pacts: Pacts;
    stableSince(id: string): number | null;
  },
): OperationParts {
  const { clock, commands, folders, version, crossing } = ports;
  const { state, kind: stateKind, seats } = nodeState;
  const common = { ...parts, membership, state, clock, commands };
  const crosser = {
    ...common,
    crossing,
    seats,
    hostName: hostname,
    checkMunge: (node: string) => roles.checkMunge(node),
  };
  const look = {
    ...common,
    stateKind,
    seats,
    hostName: hostname,
    version,
    mergingEnabled: config.cluster.merging.enabled,
    stateFolder: folders.root,
    kept: keptFolders({ crossing, state, membership }),
    listens,
    kube: { places: roles.kubePlaces, server: config.roles['k3s-server'] },
  };
  const newcomers = { membership, state, path: config.cluster.enrolment };
  return {
    hands: [
      ...mergeLookRoutes(look),
      ...crossingRoutes(crosser),
      ...carryRoutes({ ...common, cluster: () => membership.cluster.uuid }),
    ],
    handoffs: [],
    kinds: [
      mergeKind({
        ...common,
        draft: (params, context) => draftMerge(common, params, context),
        enrolment: () => enrolmentForNewcomers(newcomers),
      }),
    ],
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
