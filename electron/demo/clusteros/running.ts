import { join } from 'node:path';
import { type Api, createApi } from '#agent/api/api';
import { createFacts } from '#agent/facts/facts';
import type { Facts } from '#agent/facts/types';
import type { MadeCertificate } from '#agent/identity/certificate';
import { createPeerGate } from '#agent/membership/peer-gate';
import type { Membership } from '#agent/membership/types';
import { createNodeOperations } from '#agent/node-operations';
import { etcdRoutes } from '#agent/operations/handoff/etcd/routes';
import { slurmHandoff } from '#agent/operations/handoff/slurm/handoff';
import type { HandRoute, Hands } from '#agent/operations/hands/types';
import { leaveParts } from '#agent/operations/leave/parts';
import type { OperationParts } from '#agent/operations/types';
import type { Clock } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import type { State } from '#agent/state/types';
import { createTokens, type OwnedTokens } from '#agent/tokens/tokens';
import type { CommonGround } from './ground';
import { simulatedKubeHands } from './kube/hands';
import { simulatedLeaveHands } from './leave-hands';
import { simulatedMachine } from './machine';
import type { SimKept } from './merge/kept';
import { createDemoMerging, type DemoMerging } from './merge/merging';
import { DemoPeers } from './peers';
import { simulatedServices } from './services';
import { SILENT } from './silent';
import { SimRoles } from './sim-roles';
import { simulatedSlurmHands } from './slurm/hands';
import { SimSlurm } from './slurm/sim-slurm';
import type { AgentNodeSpec } from './specs';

/** The agent of a simulated node from its start to its end. */
export interface RunningNode {
  api: Api;
  facts: Facts;
  tokens: OwnedTokens;
  /** Lets daemons and elections follow what is true now. */
  look(): Promise<void>;
  /** @param isAbrupt as by a power cut: nothing is given up in order */
  close(isAbrupt?: boolean): Promise<void>;
}

interface Machine {
  spec: AgentNodeSpec;
  address: string;
  /** of its API; 0 takes a free one */
  port: number;
  certificate: MadeCertificate;
  membership: Membership;
  /** names this start of it */
  boot: string;
  isLeaving(): boolean;
  /** Says good-bye and switches off, after the answer is out. */
  goodbye(): void;
  /** what lies on its disk for a return */
  kept: SimKept;
  /** uuid of the cluster that it is on its way to; null: it stays */
  crossingTo(): string | null;
  /** Leaves for the cluster of this uuid, after the answer is out. */
  cross(to: string): void;
}

/** Starts the real agent's parts over a simulated machine. */
export async function startNode(machine: Machine, ground: CommonGround): Promise<RunningNode> {
  const { store, clock, slurm, kube, history, version, host, etcd, folder } = ground;
  const { spec, membership, certificate, boot } = machine;
  const { name } = spec;
  const { id } = membership.self;
  const state = createSqliteState(store, clock);
  const { peers, foreign } = wiresOf(machine, ground);
  const members = () => membership.members();
  const daemons = new SimSlurm({ ...ground, state, self: { id, name }, members });
  const roles = new SimRoles({ ...ground, spec, id, boot, state, slurm: daemons, view: slurm });
  const merging = createDemoMerging({ ground, name, membership, state, peers: foreign });
  const operations = createNodeOperations({
    clock,
    logger: SILENT,
    state,
    membership,
    peers,
    folder: join(folder, name),
    parts: [(hands) => partsOf(machine, ground, { daemons, roles, hands, state, merging })],
  });
  const callerOf = async (fingerprint: string) =>
    members().find((one) => one.fingerprint === fingerprint) ?? null;
  const gate = createPeerGate({
    routes: [...operations.routes, ...merging.routes(operations.hands)],
    callerOf,
    guestOf: merging.guestOf,
  });
  const tokens = createTokens({ state, clock, logger: SILENT, cachePath: null });
  const facts = createFacts({
    membership,
    state,
    stateKind: 'sqlite',
    machine: simulatedMachine(spec, ground.world, () => clock.now()),
    slurm,
    kube,
    services: simulatedServices(spec, machine.address, ground.spec.services, () => clock.now()),
    roles: () => roles.states(),
    network: () => ON_ITS_ADDRESS,
    raftLeader: async () => etcd.leader,
    problems: () => operations.problems(),
    history,
    samplesPath: null,
    clock,
    logger: SILENT,
    version,
  });
  const api = createApi(
    {
      facts,
      state,
      slurm,
      operations: operations.operations,
      merging: merging.merging,
      tokens,
      peers: [gate],
      clock,
      logger: SILENT,
      version,
    },
    { port: machine.port, loopback: [], addresses: [host], socketPath: null, ...certificate },
  );
  await tokens.start();
  await roles.round();
  for (const role of roles.due) {
    await until(async () => (await state.leader(role)) !== null, clock);
  }
  await facts.start();
  await api.start();
  operations.start();
  merging.start();
  return {
    api,
    facts,
    tokens,
    look: () => roles.round(),
    async close(isAbrupt = false) {
      // without the state nothing can be given up: leases end by their time
      if (isAbrupt) await state.close();
      await merging.close();
      await operations.close();
      await api.close();
      await Promise.all([peers.close(), foreign.close()]);
      await roles.close();
      await facts.close();
      tokens.close();
      await state.close();
    },
  };
}

/** To its own cluster and to others; either may be cut by a fault. */
function wiresOf({ spec, certificate, membership }: Machine, ground: CommonGround) {
  const { host, faults, sites } = ground;
  const { name } = spec;
  const { id: own } = membership.self;
  const options = { name, credentials: certificate, host };
  return {
    peers: new DemoPeers({
      ...options,
      isCut: (to) => faults.has(to.name, 'link-cut') || faults.has(name, 'link-cut'),
    }),
    foreign: new DemoPeers({
      ...options,
      isCut: ({ id }) => !sites.isReached(own) || !sites.isReached(id),
    }),
  };
}

/** What is real here is how operations are planned and their steps; what they act on is simulated. */
function partsOf(
  machine: Machine,
  ground: CommonGround,
  parts: {
    daemons: SimSlurm;
    roles: SimRoles;
    hands: Hands;
    state: State;
    merging: DemoMerging;
  },
): OperationParts {
  const { spec, membership, boot, isLeaving, goodbye, kept, crossingTo, cross } = machine;
  const { daemons, roles, hands, state } = parts;
  const members = () => membership.members();
  const { spec: cluster, etcd, kubeSeats, ...rest } = ground;
  const { clock } = ground;
  const seats = etcd.seatsOf(membership.self.id);
  const own = { spec, seats, slurm: daemons, kept, crossingTo, cross };
  const merging = parts.merging.parts(hands, own);
  const routes = [
    ...merging.hands,
    ...simulatedSlurmHands({ ...rest, cluster, spec, slurm: daemons, members }),
    ...simulatedKubeHands({ ...rest, spec, seats: kubeSeats }),
    ...etcdRoutes(seats),
    ...simulatedLeaveHands({
      ...rest,
      spec,
      isLeaving,
      goodbye,
      roles: () => roles.states(),
      boot: () => boot,
      setRunning: (role, runs) => roles.setRunning(role, runs),
    }),
  ];
  const common = { hands, membership, state, clock };
  const controller = slurmHandoff({ ...common, config: () => daemons.config });
  const leaving = leaveParts({ ...common, seats, controller });
  return {
    hands: routes.map((route) => slowable(route, spec.name, ground)),
    handoffs: [controller, ...leaving.handoffs],
    kinds: [...leaving.kinds, ...merging.kinds],
  };
}

/** The same hand, which takes its time while its agent is slow. */
const slowable = (
  { hand, run }: HandRoute,
  node: string,
  { faults, clock }: Pick<CommonGround, 'faults' | 'clock'>,
): HandRoute => ({
  hand,
  async run(input, call) {
    if (faults.has(node, 'agent-slow')) await clock.sleep(SLOW_MS, call.signal);
    return run(input, call);
  },
});

const SLOW_MS = 4_000;

const ON_ITS_ADDRESS = {
  type: 'address',
  connected: true,
  tailscaleIp: '',
  tailscaleEnabled: false,
  peerCount: null,
  message: '',
} as const;

const LOOK_MS = 10;
const PATIENCE_MS = 5_000;

/** Looks until it holds; what does not come in time is seen as missing, as in life. */
export async function until(holds: () => boolean | Promise<boolean>, clock: Clock): Promise<void> {
  const end = clock.monotonic() + PATIENCE_MS;
  while (!(await holds()) && clock.monotonic() < end) await clock.sleep(LOOK_MS);
}
