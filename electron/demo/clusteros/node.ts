import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type Api, createApi } from '#agent/api/api';
import { createFacts } from '#agent/facts/facts';
import type { Facts } from '#agent/facts/types';
import { type MadeCertificate, makeNodeCertificate } from '#agent/identity/certificate';
import { nodeIdFrom } from '#agent/identity/node-id';
import type { LocalCluster } from '#agent/membership/local';
import { createPeerGate } from '#agent/membership/peer-gate';
import type { Membership } from '#agent/membership/types';
import { Fence } from '#agent/operations/hands/fence';
import { HandRunner } from '#agent/operations/hands/runner';
import type { HandRoute } from '#agent/operations/hands/types';
import type { Clock, Logger } from '#agent/ports';
import { Leading } from '#agent/roles/k3s/leading';
import type { Kube } from '#agent/roles/k3s/types';
import { createSqliteState } from '#agent/state/sqlite/state';
import type { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { createTokens, type OwnedTokens } from '#agent/tokens/tokens';
import type { RoleName, RoleState } from '#shared/contract/agent/dashboard';
import type { NodeFaults } from './faults';
import type { Moment } from './history';
import { simulatedMachine } from './machine';
import { DemoPeers } from './peers';
import { simulatedServices } from './services';
import type { SimControllers } from './slurm/controllers';
import { simulatedSlurmHands } from './slurm/hands';
import { SimSlurm } from './slurm/sim-slurm';
import type { SlurmView } from './slurm/view';
import type { SlurmWorld } from './slurm/world';
import type { AgentNodeSpec, ClusterOsSpec } from './specs';

/** What the nodes of one simulated cluster share. */
export interface CommonGround {
  spec: ClusterOsSpec;
  local: LocalCluster;
  store: SqliteStore;
  world: SlurmWorld;
  slurm: SlurmView;
  controllers: SimControllers;
  faults: NodeFaults;
  /** null where no node has a role of k3s */
  kube: Kube | null;
  history: readonly Moment[];
  /** where the agents keep what must outlive them */
  folder: string;
  /** Lets all agents see at once what has changed. */
  look(): void;
  /** id of the node that would lead etcd */
  raftLeader(): string | null;
  clock: Clock;
  /** where the doors are; a loopback address */
  host: string;
  version: string;
}

interface Running {
  api: Api;
  facts: Facts;
  tokens: OwnedTokens;
  elections: Map<RoleName, Leading>;
  look(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The real agent's API, facts, tokens and elections over a simulated machine. It may be switched off
 * and on again; its certificate and port stay.
 */
export class DemoNode {
  readonly spec: AgentNodeSpec;
  readonly id: string;
  readonly fingerprint: string;
  readonly #ground: CommonGround;
  readonly #certificate: MadeCertificate;
  readonly #membership: Membership;
  readonly #address: string;
  #port: number;
  #running: Running | null = null;

  private constructor(
    spec: AgentNodeSpec,
    ground: CommonGround,
    identity: { id: string; certificate: MadeCertificate; address: string; port: number },
  ) {
    this.spec = spec;
    this.id = identity.id;
    this.#ground = ground;
    this.#certificate = identity.certificate;
    this.#address = identity.address;
    this.#port = identity.port;
    const parsed = new X509Certificate(identity.certificate.certPem);
    this.fingerprint = parsed.fingerprint256;
    const { roles } = spec;
    this.#membership = ground.local.add({
      id: identity.id,
      name: spec.name,
      address: identity.address,
      apiPort: identity.port,
      certificate: parsed.raw,
      roles,
      voter: roles.includes('slurm-controller'),
      joinedAt: ground.local.identity.createdAt + 600,
    });
  }

  /** @param port of its API; 0 takes a free one */
  static async make(spec: AgentNodeSpec, ground: CommonGround, port: number): Promise<DemoNode> {
    const keys = generateKeyPairSync('ed25519');
    const names = [spec.name, 'localhost', '127.0.0.1'];
    const certificate = await makeNodeCertificate(keys, names, ground.clock.now());
    const id = nodeIdFrom(keys.publicKey.export({ type: 'spki', format: 'der' }));
    const index = ground.spec.nodes.indexOf(spec);
    const address = `${ground.spec.subnet}.${11 + index}`;
    return new DemoNode(spec, ground, { id, certificate, address, port });
  }

  /** 0 before it was ever on */
  get port(): number {
    return this.#port;
  }

  get isOn(): boolean {
    return this.#running !== null;
  }

  /** Where it is on. */
  get tokens(): OwnedTokens | null {
    return this.#running?.tokens ?? null;
  }

  /** Whether it has heard of what so many nodes have and do. */
  knows(nodes: number): boolean {
    const snapshot = this.#running?.facts.snapshot();
    if (snapshot === undefined) return false;
    const { facts, hardware } = snapshot;
    return facts.size >= nodes && hardware.size >= nodes;
  }

  leads(role: RoleName): boolean {
    return this.#running?.elections.get(role)?.isHeld ?? false;
  }

  async powerOn(): Promise<void> {
    if (this.#running !== null) return;
    this.#running = await this.#boot();
    const [endpoint] = this.#running.api.endpoints();
    this.#port = endpoint?.port ?? 0;
    const { local, world } = this.#ground;
    local.setApiPort(this.id, this.#port);
    local.setStatus(this.id, 'alive');
    world.setUp(this.spec.name, true);
  }

  /** Lets its keepers and elections follow what is true now. */
  async look(): Promise<void> {
    await this.#running?.look();
  }

  /** As by its button: its door closes, the others find it failed. */
  async powerOff(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.close();
    const { local, world, controllers } = this.#ground;
    local.setStatus(this.id, 'failed');
    world.setUp(this.spec.name, false);
    if (this.spec.roles.includes('slurm-controller')) controllers.cut(this.spec.name);
  }

  async close(): Promise<void> {
    await this.#running?.close();
    this.#running = null;
  }

  async #boot(): Promise<Running> {
    const { store, clock, slurm, kube, history, raftLeader, version, host, spec } = this.#ground;
    const { faults, controllers, folder } = this.#ground;
    const { name } = this.spec;
    const state = createSqliteState(store, clock);
    const peers = new DemoPeers({ name, credentials: this.#certificate, host, faults });
    const daemons = this.#slurm(state);
    const runner = new HandRunner({
      routes: this.#hands(daemons),
      fence: new Fence(join(folder, `${name}.json`), this.#membership.cluster.uuid),
      clock,
      logger: SILENT,
    });
    const callerOf = async (fingerprint: string) =>
      this.#membership.members().find((one) => one.fingerprint === fingerprint) ?? null;
    const gate = createPeerGate({ routes: [runner.route], callerOf });
    const tokens = createTokens({ state, clock, logger: SILENT, cachePath: null });
    const elections = this.#elections(state);
    const facts = createFacts({
      membership: this.#membership,
      state,
      stateKind: 'sqlite',
      machine: simulatedMachine(this.spec, this.#ground.world, () => clock.now()),
      slurm,
      kube,
      services: simulatedServices(this.spec, this.#address, spec.services, () => clock.now()),
      roles: () => this.#roles(elections),
      network: () => ({
        type: 'address',
        connected: true,
        tailscaleIp: '',
        tailscaleEnabled: false,
        peerCount: null,
        message: '',
      }),
      raftLeader: async () => raftLeader(),
      problems: () => [],
      history,
      samplesPath: null,
      clock,
      logger: SILENT,
      version,
    });
    const api = createApi(
      { facts, state, slurm, tokens, peers: [gate], clock, logger: SILENT, version },
      { port: this.#port, loopback: [], addresses: [host], socketPath: null, ...this.#certificate },
    );
    await tokens.start();
    const look = async () => {
      await daemons.round();
      for (const [role, election] of elections) {
        election.want(role !== 'slurm-controller' || controllers.primary === name);
      }
    };
    await look();
    for (const role of elections.keys()) {
      if (role === 'slurm-controller' && controllers.primary !== name) continue;
      await until(async () => (await state.leader(role)) !== null, clock);
    }
    await facts.start();
    await api.start();
    return {
      api,
      facts,
      tokens,
      elections,
      look,
      async close() {
        await api.close();
        await peers.close();
        await Promise.all([...elections.values()].map((election) => election.end()));
        await facts.close();
        tokens.close();
        await state.close();
      },
    };
  }

  #slurm(state: State): SimSlurm {
    const { controllers, world } = this.#ground;
    const self = { id: this.id, name: this.spec.name };
    const members = () => this.#membership.members();
    return new SimSlurm({ state, controllers, world, self, members });
  }

  #hands(slurm: SimSlurm): HandRoute[] {
    const { spec } = this;
    const { spec: cluster, world, controllers, faults, clock, look } = this.#ground;
    const members = () => this.#membership.members();
    const common = { cluster, spec, world, controllers, faults, clock, members, look };
    return simulatedSlurmHands({ ...common, slurm });
  }

  #elections(state: State): Map<RoleName, Leading> {
    const led = this.spec.roles.filter(
      (role) => role === 'slurm-controller' || role === 'k3s-server',
    );
    const make = (election: RoleName) =>
      new Leading({ state, logger: SILENT, nodeId: this.id, election });
    return new Map(led.map((role) => [role, make(role)]));
  }

  #roles(elections: ReadonlyMap<RoleName, Leading>): RoleState[] {
    return this.spec.roles.map((name) => ({
      name,
      running: true,
      healthy: true,
      is_leader: elections.get(name)?.isHeld ?? false,
      error: '',
    }));
  }
}

const LOOK_MS = 10;
const PATIENCE_MS = 5_000;

/** Looks until it holds; what does not come in time is seen as missing, as in life. */
export async function until(holds: () => boolean | Promise<boolean>, clock: Clock): Promise<void> {
  const end = clock.monotonic() + PATIENCE_MS;
  while (!(await holds()) && clock.monotonic() < end) await clock.sleep(LOOK_MS);
}

/** A simulated node's log interests nobody. */
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
