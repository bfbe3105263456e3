import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { Membership } from '../membership/types';
import type { Clock, Logger, Machine, MachineReading } from '../ports';
import type { Kube } from '../roles/k3s/types';
import type { ServiceProbes } from '../roles/services/types';
import type { Slurm } from '../roles/slurm/types';
import type { State } from '../state/types';
import { Followed } from './followed';
import { KeptSamples } from './kept-samples';
import { repeat, within } from './loop';
import { clusterProblems, ownProblems } from './problems';
import { Publisher } from './publisher';
import { SampleRings } from './rings';
import { samplesOf } from './samples';
import { StateView } from './state-view';
import {
  type Facts,
  type Hardware,
  hardware,
  type NetworkView,
  type NodeFacts,
  nodeFacts,
  type ReadRoles,
  type Snapshot,
} from './types';

export interface FactsDeps {
  membership: Membership;
  state: State;
  /** `etcd` or `sqlite` */
  stateKind: string;
  machine: Machine;
  slurm: Slurm | null;
  kube: Kube | null;
  services: ServiceProbes;
  roles: ReadRoles;
  network(): NetworkView;
  /** id of the node that leads the shared state; null where nobody does */
  raftLeader(): Promise<string | null>;
  /** further trouble of this node, as its roles and daemons know it */
  problems(): readonly AgentProblem[];
  /** what was measured before this start, oldest first, by ms since 1970 and series */
  history?: Iterable<readonly [number, ReadonlyMap<string, number>]>;
  clock: Clock;
  logger: Logger;
  version: string;
  /** where the samples outlive the agent; null: nowhere */
  samplesPath: string | null;
}

const MACHINE_MS = 5_000;
const SAMPLE_MS = 10_000;
/** Changes that come together are shown together. */
const TOGETHER_MS = 200;
const DEADLINE_MS = 4_000;

/** Collects what this node knows into one snapshot, and tells the others of this node. */
export function createFacts(deps: FactsDeps): Facts {
  return new Collector(deps);
}

class Collector implements Facts {
  readonly #deps: FactsDeps;
  readonly #startedAt: number;
  readonly #ends = new AbortController();
  readonly #listeners = new Set<(now: Snapshot, before: Snapshot) => void>();
  readonly #rings = new SampleRings();
  readonly #keptSamples: KeptSamples | null;
  readonly #publisher: Publisher;
  readonly #facts: Followed<NodeFacts>;
  readonly #hardware: Followed<Hardware>;
  readonly #stateView: StateView;
  readonly #skews = new Map<string, number>();
  #loops: Promise<unknown>[] = [];
  #unsubscribes: (() => void)[] = [];
  #reading: MachineReading | null = null;
  #measuredAt = 0;
  #isDue = false;
  #snapshot: Snapshot;

  constructor(deps: FactsDeps) {
    this.#deps = deps;
    const { state, clock, logger, membership } = deps;
    this.#startedAt = clock.now();
    const { samplesPath: path } = deps;
    this.#keptSamples =
      path === null ? null : new KeptSamples({ clock, logger, rings: this.#rings, path });
    this.#publisher = new Publisher({ state, clock, logger, nodeId: membership.self.id });
    this.#facts = new Followed(
      { state, clock, logger },
      'facts/',
      nodeFacts,
      (_id, facts, live) => {
        if (facts === null) return this.#soon();
        if (live && facts.name !== membership.self.name) {
          this.#skews.set(facts.name, facts.toldAt - clock.now());
        }
        this.#soon();
      },
    );
    this.#hardware = new Followed({ state, clock, logger }, 'hardware/', hardware, () =>
      this.#soon(),
    );
    this.#stateView = new StateView(deps, () => this.#soon());
    this.#snapshot = this.#build();
  }

  async start(): Promise<void> {
    const { membership, slurm, kube, clock } = this.#deps;
    const { signal } = this.#ends;
    for (const [at, samples] of this.#deps.history ?? []) this.#rings.write(at, samples);
    await this.#keptSamples?.restore();
    await this.#readMachine();
    this.#rebuild();
    const soon = () => this.#soon();
    this.#unsubscribes = [
      membership.onChange(soon),
      slurm?.onChange(soon) ?? (() => {}),
      kube?.onChange(soon) ?? (() => {}),
    ];
    // each on its own: what hangs holds up nothing else
    this.#loops = [
      repeat(clock, MACHINE_MS, signal, () => this.#readMachine()),
      repeat(clock, MACHINE_MS, signal, () => this.#publish()),
      ...this.#stateView.follow(signal),
      this.#keptSamples?.keep(signal) ?? Promise.resolve(),
      repeat(clock, SAMPLE_MS, signal, async () => this.#sample()),
      this.#facts.follow(signal),
      this.#hardware.follow(signal),
    ];
  }

  async close(): Promise<void> {
    this.#ends.abort();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    const { clock } = this.#deps;
    // whatever waits for a state that hangs is not waited for
    const over = Promise.allSettled(this.#loops).then(() => this.#publisher.close());
    await within(clock, DEADLINE_MS, 'Ending', over).catch(() => undefined);
    await this.#keptSamples?.write();
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  onChange(listener: (now: Snapshot, before: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  samples(minutes: number) {
    return this.#rings.read(this.#deps.clock.now(), minutes);
  }

  async #readMachine(): Promise<void> {
    const { machine, clock, logger } = this.#deps;
    try {
      this.#reading = await within(clock, DEADLINE_MS, 'Reading the machine', machine.read());
      this.#measuredAt = clock.now();
    } catch (error) {
      logger.warn({ error }, 'The machine could not be read');
    }
    this.#soon();
  }

  async #publish(): Promise<void> {
    if (this.#stateView.health === 'read-only') return;
    await this.#publisher.publish(this.#own(), this.#ownHardware());
  }

  #sample(): void {
    this.#rings.write(this.#deps.clock.now(), samplesOf(this.#snapshot));
  }

  #soon(): void {
    if (this.#isDue || this.#ends.signal.aborted) return;
    this.#isDue = true;
    const { clock, logger } = this.#deps;
    clock
      .sleep(TOGETHER_MS, this.#ends.signal)
      .then(() => this.#rebuild())
      .catch((error: unknown) => {
        if (!this.#ends.signal.aborted) logger.error({ error }, 'The snapshot could not be made');
      });
  }

  #rebuild(): void {
    const before = this.#snapshot;
    this.#isDue = false;
    this.#snapshot = this.#build();
    for (const listener of this.#listeners) listener(this.#snapshot, before);
  }

  #build(): Snapshot {
    const { membership, slurm, kube, clock, network, version, stateKind } = this.#deps;
    const members = membership.members();
    const { self, cluster } = membership;
    const own = this.#own();
    const ownHardware = this.#ownHardware();
    const hasRole = (prefix: string) =>
      members.some((member) => member.roles.some((role) => role.startsWith(prefix)));
    const slurmFacts = slurm?.facts() ?? null;
    const kubeFacts = kube?.facts() ?? null;
    const known = {
      at: clock.now(),
      version,
      startedAt: this.#startedAt,
      cluster,
      self,
      members,
      gossipRunning: membership.isRunning(),
      network: network(),
      stateKind,
      state: this.#stateView.health,
      stateAsOf: this.#stateView.asOf,
      hardware: withOwn(this.#hardware.values, self.id, ownHardware),
      facts: withOwn(this.#facts.values, self.id, own),
      leaders: this.#stateView.leaders,
      slurm: hasRole('slurm-') || hasAnswered(slurmFacts) ? slurmFacts : null,
      kube: hasRole('k3s-') || hasAnswered(kubeFacts) ? kubeFacts : null,
      clockSkews: this.#liveSkews(members),
    };
    const told = [...known.facts.values()].flatMap(({ problems }) => problems);
    return { ...known, problems: distinct([...clusterProblems(known), ...told]) };
  }

  #liveSkews(members: readonly { name: string; status: string }[]): Map<string, number> {
    const alive = new Set(members.filter(({ status }) => status === 'alive').map((m) => m.name));
    return new Map([...this.#skews].filter(([name]) => alive.has(name)));
  }

  #own(): NodeFacts {
    const { membership, services, roles, problems, version } = this.#deps;
    const { name } = membership.self;
    const reading = this.#reading;
    const units = services.units();
    const diskUsed = reading && share(reading.diskAvailableBytes, reading.diskTotalBytes);
    const memoryUsed = reading && share(reading.memAvailableBytes, reading.memTotalBytes);
    return {
      name,
      version,
      measuredAt: this.#measuredAt,
      toldAt: this.#measuredAt,
      since: this.#publisher.since,
      load: reading === null ? null : loadOf(reading),
      roles: [...roles()],
      units,
      services: services.found(),
      problems: [
        ...ownProblems({ name, diskUsed, memoryUsed, units }),
        ...membership.problems(),
        ...problems(),
      ],
    };
  }

  #ownHardware(): Hardware | null {
    if (this.#reading === null) return null;
    const { cpuCores, memTotalBytes, gpus, arch } = this.#reading;
    return { cpuCores, memTotalBytes, gpus, arch };
  }
}

const hasAnswered = (facts: { asOf: number | null } | null) => (facts?.asOf ?? null) !== null;

function loadOf(reading: MachineReading) {
  const { cpuUsed, memTotalBytes, memAvailableBytes, diskTotalBytes, diskAvailableBytes } = reading;
  return {
    cpu: cpuUsed,
    memoryUsedBytes: Math.max(0, memTotalBytes - memAvailableBytes),
    memoryTotalBytes: memTotalBytes,
    diskUsedBytes: Math.max(0, diskTotalBytes - diskAvailableBytes),
    diskTotalBytes,
  };
}

/** Several nodes may tell the same of the cluster or of a third node. */
function distinct(problems: readonly AgentProblem[]): AgentProblem[] {
  const byKey = new Map(problems.map((one) => [`${one.code} ${one.node ?? ''} ${one.title}`, one]));
  const bad = ({ severity }: AgentProblem) => (severity === 'bad' ? 0 : 1);
  return [...byKey.values()].toSorted((a, b) => bad(a) - bad(b));
}

/** Used fraction; null where there is nothing of it. */
function share(available: number, total: number): number | null {
  return total > 0 ? 1 - available / total : null;
}

function withOwn<T>(others: ReadonlyMap<string, T>, id: string, own: T | null): Map<string, T> {
  const all = new Map(others);
  if (own !== null) all.set(id, own);
  return all;
}
