import { join } from 'node:path';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { createApi } from './api/api';
import type { AgentConfig } from './config/schema';
import type { Crossing } from './crossing/crossing';
import { createFacts } from './facts/facts';
import { loopbackAddresses, settleNetwork } from './host/network';
import { loadNodeIdentity } from './identity/node-identity';
import type { Enrolment } from './identity/types';
import { joining } from './joining';
import { createMembership } from './membership/membership';
import { createPeerGate } from './membership/peer-gate';
import { createPeers } from './membership/peers';
import { createTailscale } from './membership/tailscale';
import { createNodeLeaving } from './node-leaving';
import { createNodeMerging } from './node-merging';
import { createNodeOperations } from './node-operations';
import { createNodeRoles } from './node-roles';
import { createNodeState, type NodeState } from './node-state';
import type { Clock, Commands, Logger, Machine, Supervisor } from './ports';
import { describeNode } from './self';
import { createTokens } from './tokens/tokens';

/** What the agent gets from its surroundings. */
export interface AgentPorts {
  clock: Clock;
  logger: Logger;
  commands: Commands;
  supervisor: Supervisor;
  machine: Machine;
  enrolment: Enrolment;
  nodeName: string;
  folders: { root: string; identity: string; daemons: string; socket: string };
  version: string;
  /** this node's way from one cluster into another */
  crossing: Crossing;
}

export interface NodeAgent {
  /**
   * Offers the API, then joins or founds the cluster in the background: that may take as long as
   * there is nobody to join.
   * @throws Failure INVALID_INPUT where the API cannot be offered
   */
  start(): Promise<void>;
  /** rejects when it cannot go on; resolves when it was closed */
  readonly ended: Promise<void>;
  /** resolves when an operation takes this node away: it is to leave and to be closed */
  readonly asked: Promise<void>;
  /** resolves when this node takes part in its cluster */
  readonly joined: Promise<void>;
  /** Tells the others that this node goes; it comes back with its next start. */
  leave(): Promise<void>;
  /** Ends the agent; daemons and jobs run on. */
  close(): Promise<void>;
}

/**
 * Builds the agent's parts, by hand.
 * @param signal aborts the waiting for an address
 * @throws Failure STORE_BROKEN | PERMISSION_DENIED | INVALID_INPUT
 */
export async function composeAgent(
  ports: AgentPorts,
  config: AgentConfig,
  signal: AbortSignal,
): Promise<NodeAgent> {
  const { clock, logger, machine, enrolment, folders, version } = ports;
  const tailscale = createTailscale(config.tailscale.enabled, ports);
  const network = await settleNetwork(config, { tailscale, logger }, signal);
  const { address, addresses } = network;
  const names = [ports.nodeName, 'localhost', ...addresses];
  const identity = await loadNodeIdentity(folders.identity, names, clock.now());
  logger.info({ id: identity.id, address, name: ports.nodeName }, 'This node');

  const nodeState: NodeState = await createNodeState({
    ports,
    config,
    identity,
    address,
    members: () => membership.members(),
    onEndpoints: (urls) => void membership.saveStateEndpoints(urls),
  });
  const { state } = nodeState;
  const membership = createMembership(
    {
      self: await describeNode(ports, config, network),
      identity,
      enrolment,
      seeds: config.discovery.seeds,
      stateDir: folders.root,
      rpcPort: config.discovery.rpc_port,
      foundAfterMs: config.discovery.found_after,
      stateEndpoints: () => nodeState.endpoints(),
      tailscale,
    },
    ports,
  );
  const peers = createPeers(identity);
  const tokens = createTokens({
    state,
    clock,
    logger,
    cachePath: join(folders.root, 'tokens.json'),
  });
  const roles = createNodeRoles({
    ports,
    config,
    state,
    membership,
    peers,
    address,
    isTailnet: network.view().type === 'tailscale',
  });
  const leaving = createNodeLeaving({ ports, nodeState, membership, peers, roles });
  const merging = createNodeMerging({
    ports,
    config,
    identity,
    nodeState,
    membership,
    peers,
    roles,
    tailscale,
    facts: () => facts.snapshot().facts,
  });
  const operations = createNodeOperations({
    clock,
    logger,
    state,
    membership,
    peers,
    folder: folders.root,
    parts: [...roles.operations, leaving.parts, merging.parts],
  });
  const arrival = joining({ membership, nodeState, clock, logger }, () => {
    roles.start();
    operations.start();
    leaving.start();
    merging.start();
  });
  const troubled: { problems(): AgentProblem[] }[] = [
    nodeState,
    network,
    arrival,
    roles,
    operations,
    merging,
  ];
  const facts = createFacts({
    membership,
    state,
    stateKind: nodeState.kind,
    machine,
    slurm: roles.slurm,
    kube: roles.kube,
    services: roles.services,
    roles: () => roles.states(),
    network: network.view,
    raftLeader: async () => nodeState.leader(),
    problems: () => troubled.flatMap((part) => part.problems()),
    clock,
    logger,
    version,
    samplesPath: join(folders.root, 'samples.json'),
  });
  const api = createApi(
    {
      facts,
      state,
      slurm: roles.slurm,
      operations: operations.operations,
      merging: merging.merging,
      tokens,
      removal: membership,
      peers: [
        createPeerGate({
          routes: [
            ...membership.routes,
            ...roles.routes,
            ...operations.routes,
            ...leaving.routes,
            ...merging.routes(operations.hands),
          ],
          callerOf: membership.callerOf.bind(membership),
          guestOf: merging.guestOf,
        }),
      ],
      clock,
      logger,
      version,
    },
    {
      port: config.api.port,
      loopback: loopbackAddresses(),
      addresses: config.api.addresses ?? addresses,
      socketPath: folders.socket,
      certPem: identity.certPem,
      keyPem: identity.keyPem,
    },
  );
  troubled.push(api);
  return {
    ended: arrival.ended,
    joined: arrival.joined,
    async start() {
      await tokens.start();
      await facts.start();
      await api.start();
      arrival.start();
    },
    asked: leaving.asked,
    leave: () => membership.leave(),
    async close() {
      await arrival.close();
      await merging.close();
      await leaving.close();
      await operations.close();
      await roles.close();
      await api.close();
      await facts.close();
      await membership.close();
      tokens.close();
      await nodeState.close();
      await peers.close();
      tailscale.close();
    },
  };
}
