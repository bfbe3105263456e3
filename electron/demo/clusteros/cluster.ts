import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repeat } from '#agent/facts/loop';
import { systemClock } from '#agent/host/clock';
import { LocalCluster } from '#agent/membership/local';
import type { Clock } from '#agent/ports';
import { SqliteStore } from '#agent/state/sqlite/store';
import { TOKEN_ROLES, type TokenRole } from '#shared/contract/agent/tokens';
import type { ClusterOsCard, LabEndpoint } from '../lab-options';
import { seedOf, uuidOf } from '../pve/random';
import { SimEtcd } from './etcd';
import { NodeFaults } from './faults';
import { agreedOn, namesWith, registerAll, submitWaiting } from './founding';
import type { CommonGround } from './ground';
import { DAY_MS, liveThrough } from './history';
import { KubeSeats } from './kube/seats';
import { KubeWorld } from './kube/world';
import { DemoNode } from './node';
import { until } from './running';
import type { DemoSites } from './sites';
import { SimControllers } from './slurm/controllers';
import { SlurmView } from './slurm/view';
import { SlurmWorld } from './slurm/world';
import type { ClusterOsSpec } from './specs';

export interface DemoClusterOsOptions {
  /** where the doors are; a loopback address */
  host: string;
  /** port of the first node, the others follow; 0 takes any for each */
  port: number;
  seed: number;
  /** the present, ms since 1970 */
  clock: () => number;
  /** the clusters of the same lab: nodes may cross from one to another */
  sites: DemoSites;
}

/** How often the simulated daemons are looked at. */
const LOOK_MS = 2_000;

/** One simulated ClusterOS cluster: real agents in this process over simulated machines. */
export class DemoClusterOs {
  readonly id: string;
  readonly spec: ClusterOsSpec;
  /** what the simulated queue holds, for tests that look behind the API */
  readonly world: SlurmWorld;
  readonly #ground: CommonGround;
  readonly #kube: KubeWorld | null;
  readonly #host: string;
  readonly #tokens = new Map<TokenRole, string>();
  readonly #ends = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  private constructor(ground: CommonGround, kube: KubeWorld | null) {
    this.id = ground.spec.id;
    this.spec = ground.spec;
    this.world = ground.world;
    this.#ground = ground;
    this.#kube = kube;
    this.#host = ground.host;
  }

  /** Those that are in it now: by a merge they come and go. */
  get nodes(): readonly DemoNode[] {
    return this.#ground.nodes;
  }

  /** what is wrong with which node, to be switched on and off */
  get faults(): NodeFaults {
    return this.#ground.faults;
  }

  /** who runs slurmctld where, for tests that look behind the API */
  get controllers(): SimControllers {
    return this.#ground.controllers;
  }

  /** Founds the cluster some time ago, lives through its last day and opens all doors. */
  static async open(spec: ClusterOsSpec, options: DemoClusterOsOptions): Promise<DemoClusterOs> {
    const clock: Clock = { ...systemClock, now: options.clock };
    const now = clock.now();
    const seed = seedOf(spec.id, options.seed);
    const world = new SlurmWorld({ ...spec, seed, startMs: now - DAY_MS });
    const hasKube = spec.nodes.some((node) => node.roles.some((role) => role.startsWith('k3s-')));
    const faults = new NodeFaults(
      spec.nodes.flatMap((node) => (node.faults ?? []).map((fault) => [node.name, fault] as const)),
    );
    const { nodes: specs } = spec;
    const kube = hasKube
      ? new KubeWorld({ nodes: specs, seed, clock: options.clock, faults })
      : null;
    const pods = kube?.facts().pods.filter(({ phase }) => phase === 'Running').length ?? 0;
    const history = liveThrough(spec, world, pods, now);
    submitWaiting(spec, world);
    const identity = {
      uuid: uuidOf(seed, 1),
      name: spec.id,
      region: spec.region,
      datacenter: spec.datacenter,
      createdAt: Math.floor((now - spec.ageDays * DAY_MS) / 1000),
    };
    const stateId = uuidOf(seed, 2);
    const order = namesWith(spec, 'slurm-controller');
    const stand = { stateId, shared: spec.sharedJobs };
    const nodes: DemoNode[] = [];
    const opened: { cluster: DemoClusterOs | null } = { cluster: null };
    const ground: CommonGround = {
      spec,
      nodes,
      sites: options.sites,
      folder: mkdtempSync(join(tmpdir(), `clusterdeck-demo-${spec.id}-`)),
      look: () => opened.cluster?.look(),
      local: new LocalCluster(identity, clock),
      store: new SqliteStore(':memory:', clock),
      world,
      slurm: new SlurmView(world, options.clock),
      controllers: new SimControllers(order, stand, { clock, faults }),
      faults,
      etcd: new SimEtcd(seed, (id) => nodes.some((node) => node.id === id && node.isOn)),
      kube,
      kubeSeats: new KubeSeats(namesWith(spec, 'k3s-server')),
      history,
      clock,
      host: options.host,
      version: '0.1.0',
    };
    for (const [index, node] of spec.nodes.entries()) {
      const port = options.port === 0 ? 0 : options.port + index;
      nodes.push(await DemoNode.make(node, ground, port));
    }
    const cluster = new DemoClusterOs(ground, kube);
    const idOf = (name: string) => cluster.node(name).id;
    ground.store.commit([], agreedOn(spec, identity, stateId, idOf));
    registerAll(spec, ground.kubeSeats);
    opened.cluster = cluster;
    options.sites.add(ground);
    try {
      await cluster.#start();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Doors of the nodes that are on. */
  get endpoints(): LabEndpoint[] {
    return this.nodes
      .filter(({ isOn }) => isOn)
      .map(({ spec, port, fingerprint }) => ({
        node: spec.name,
        host: this.#host,
        port,
        fingerprint,
      }));
  }

  /** A token that may do what the role may. */
  token(role: TokenRole): string {
    const token = this.#tokens.get(role);
    if (token === undefined) throw new RangeError(`${this.id} has no token for ${role}.`);
    return token;
  }

  node(name: string): DemoNode {
    const node = this.nodes.find(({ spec }) => spec.name === name);
    if (node === undefined) throw new RangeError(`No node ${name} in ${this.id}.`);
    return node;
  }

  /** A node goes as by its button, and the daemons of the others notice. */
  async powerOff(name: string): Promise<void> {
    await this.node(name).powerOff();
    this.look();
  }

  /** It comes back with the same certificate at the same port. */
  async powerOn(name: string): Promise<void> {
    await this.node(name).powerOn();
    this.look();
  }

  /** The jobs that run on a node are done at once. */
  finishJobs(name: string): void {
    this.world.finish(name);
    this.look();
  }

  /** What is needed to put this cluster on a deck. */
  card(): ClusterOsCard {
    const { label, description, group, priority } = this.spec;
    return {
      kind: 'clusteros',
      clusterId: this.id,
      name: label,
      description,
      group,
      priority,
      isDefault: false,
      protected: false,
      endpoints: this.endpoints,
      secret: this.token('admin'),
    };
  }

  /** Lets the agents see what is true now, as they do by themselves every two seconds. */
  look(): void {
    const away = new Set(this.nodes.filter(({ isOn }) => !isOn).map(({ spec }) => spec.name));
    this.#ground.slurm.look(this.controllers.primary);
    this.#kube?.look(away);
  }

  /** Ends all its nodes, also one that is on its way to another cluster. */
  async stop(): Promise<void> {
    this.#ends.abort();
    await this.#looking;
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  /** Of several clusters all are stopped first, since nodes may be in another one than they began in. */
  async close(): Promise<void> {
    await this.stop();
    this.#ground.store.close();
    rmSync(this.#ground.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.look();
    for (const node of this.nodes) await node.powerOn();
    this.look();
    const { tokens } = this.nodes[0] ?? {};
    for (const role of TOKEN_ROLES) {
      const made = await tokens?.create({ role, name: `demo ${role}`, expires_in_s: 0 });
      if (made !== undefined) this.#tokens.set(role, made.token);
    }
    const { clock } = this.#ground;
    // from the first answer on it is a cluster that has run for long
    await until(() => this.nodes.every((node) => node.knows(this.nodes.length)), clock);
    this.#looking = repeat(clock, LOOK_MS, this.#ends.signal, async () => {
      this.look();
      await Promise.all(this.nodes.map((node) => node.look()));
      this.look();
    });
  }
}
