import type { KubeMachine, KubeMember, NodePod } from '#agent/operations/handoff/k3s/hands';
import type { Kube, KubeFacts, Pod } from '#agent/roles/k3s/types';
import { fail } from '#shared/contract/errors';
import { Dice, hexOf, uuidOf } from '../../pve/random';
import type { NodeFaults } from '../faults';
import type { AgentNodeSpec } from '../specs';
import { BUDGETS, backupPods, KEEPS_FILES, placedPods, type SimPod, suffix } from './workloads';

/** A machine as Kubernetes knows it. */
interface SimMachine extends Omit<KubeMachine, 'ready' | 'removal'> {
  /** whether k3s runs there, as far as the machine is on */
  runs: boolean;
  /** whether it votes in k3s' etcd */
  votes: boolean;
  /** ms since 1970 from which its member is out of etcd; null: nobody asked */
  removedAt: number | null;
}

interface Deps {
  nodes: readonly AgentNodeSpec[];
  seed: number;
  clock: () => number;
  faults: Pick<NodeFaults, 'has'>;
}

const VERSION = 'v1.31.4+k3s1';
const TERMINATES_MS = 1_500;
const STARTS_MS = 2_500;
const REMOVAL_MS = 1_200;

/**
 * One cluster's Kubernetes as every agent of it sees it: machines, pods and the members of its etcd.
 * It changes by time, by nodes that go, and by what operations do.
 */
export class KubeWorld implements Kube {
  readonly #deps: Deps;
  readonly #listeners = new Set<() => void>();
  readonly #machines = new Map<string, SimMachine>();
  #pods: SimPod[];
  #made = 0;
  #leader: string | null;
  #away: ReadonlySet<string> = new Set();
  #text = '';
  #facts: KubeFacts;

  constructor(deps: Deps) {
    this.#deps = deps;
    for (const { name, roles } of deps.nodes) {
      const isServer = roles.includes('k3s-server');
      if (isServer || roles.includes('k3s-agent'))
        this.#machines.set(name, machine(name, isServer));
    }
    this.#leader = [...this.#machines.values()].find(({ votes }) => votes)?.name ?? null;
    this.#pods = placedPods([...this.#machines.keys()], new Dice(deps.seed), deps.seed);
    this.#facts = this.#looked();
  }

  facts(): KubeFacts {
    return this.#facts;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param away names of the nodes that do not answer */
  look(away: ReadonlySet<string>): void {
    this.#away = away;
    const facts = this.#looked();
    const { pods } = facts;
    const text = JSON.stringify({ ...facts, asOf: 0 });
    // as long as nothing changed it is the same list, which spares everybody a comparison
    this.#facts = text === this.#text ? { ...facts, pods: this.#facts.pods } : { ...facts, pods };
    this.#text = text;
    for (const listener of this.#listeners) listener();
  }

  isReady(name: string): boolean {
    return this.#machines.get(name)?.runs === true && !this.#away.has(name);
  }

  machines(): KubeMachine[] {
    const now = this.#deps.clock();
    return [...this.#machines.values()].map((one) => {
      const { name, cordoned, cordonedBy, isServer, version, removedAt } = one;
      const removal = removedAt === null ? 'none' : removedAt > now ? 'asked' : 'done';
      const ready = this.isReady(name);
      return { name, ready, cordoned, cordonedBy, isServer, version, removal };
    });
  }

  /** Of k3s' etcd; one that answers leads as long as a majority does. */
  members(): KubeMember[] {
    const now = this.#deps.clock();
    const voters = [...this.#machines.values()].filter(
      ({ votes, removedAt }) => votes && (removedAt === null || removedAt > now),
    );
    const answering = voters.filter(({ name }) => this.isReady(name));
    const hasQuorum = answering.length * 2 > voters.length;
    if (!answering.some(({ name }) => name === this.#leader)) {
      this.#leader = answering[0]?.name ?? null;
    }
    return voters.map(({ name }) => ({
      id: hexOf(this.#deps.seed, name.length + name.charCodeAt(name.length - 1), 16),
      node: name,
      isLearner: false,
      isLeader: hasQuorum && name === this.#leader,
      isAnswering: hasQuorum && answering.some((one) => one.name === name),
    }));
  }

  /** @throws Failure INVALID_INPUT where the one it is to go to does not vote or does not answer */
  lead(name: string): void {
    if (!this.members().some(({ node, isAnswering }) => node === name && isAnswering)) {
      const remedy = 'Look at the members of its etcd, then plan again.';
      throw fail('INVALID_INPUT', { node: name, remedy }, `${name} cannot lead the etcd of k3s.`);
    }
    this.#leader = name;
  }

  /** @param operation the one that does it; its own cordon alone is taken back */
  cordon(name: string, on: boolean, operation: string): void {
    const known = this.#machine(name);
    if (on && !known.cordoned) Object.assign(known, { cordoned: true, cordonedBy: operation });
    if (!on && known.cordonedBy === operation) {
      Object.assign(known, { cordoned: false, cordonedBy: '' });
    }
  }

  /** What is on a node, and what would become of it in a drain. */
  podsOn(name: string): NodePod[] {
    this.#advance();
    const own = this.#pods.filter(({ node }) => node === name);
    return own.map(({ namespace, name: pod, uid, app, goneAt, ...rest }) => ({
      namespace,
      name: pod,
      uid,
      phase: goneAt === null ? rest.phase : 'Terminating',
      hasLocalData: KEEPS_FILES.has(app),
      ...this.#fateOf({ app, owner: rest.owner, goneAt }, name),
    }));
  }

  /** Evicts what may go; others are left for the next round. */
  evict(name: string): void {
    const now = this.#deps.clock();
    for (const { uid } of this.podsOn(name)) {
      // each takes from the budget of its workload, so that it is looked at again
      const pod = this.#pods.find((one) => one.uid === uid);
      if (pod === undefined || pod.goneAt !== null) continue;
      if (this.#fateOf(pod, name).fate !== 'goes') continue;
      Object.assign(pod, { goneAt: now + TERMINATES_MS, ready: false });
      this.#replace(pod, now);
    }
  }

  /** k3s takes a server's member out of its etcd while it is alive. */
  remove(name: string): void {
    const known = this.#machine(name);
    known.removedAt ??= this.#deps.clock() + REMOVAL_MS;
  }

  /** It belongs to Kubernetes no longer; what still ran there is gone. */
  delete(name: string): void {
    this.#machines.delete(name);
    this.#pods = this.#pods.filter(({ node }) => node !== name);
  }

  /** k3s on this machine is started or stopped; one that was deleted registers anew. */
  setRunning(spec: AgentNodeSpec, runs: boolean): void {
    const known = this.#machines.get(spec.name);
    if (known !== undefined) {
      known.runs = runs;
    } else if (runs) {
      const isServer = spec.roles.includes('k3s-server');
      this.#machines.set(spec.name, machine(spec.name, isServer));
    }
  }

  #fateOf(
    pod: Pick<SimPod, 'app' | 'owner' | 'goneAt'>,
    node: string,
  ): Pick<NodePod, 'fate' | 'why' | 'budget'> {
    const { app, owner, goneAt } = pod;
    if (goneAt !== null)
      return { fate: 'stays', why: 'It is being deleted already.', budget: null };
    if (owner === 'DaemonSet') {
      return { fate: 'stays', why: 'A DaemonSet keeps it on each node.', budget: null };
    }
    const have = this.#pods.filter((one) => one.app === app && one.ready).length;
    const isBlocked = this.#deps.faults.has(node, 'pods-blocked');
    const need = isBlocked ? Math.max(have, 1) : (BUDGETS.get(app) ?? 0);
    if (need < have || need === 0) return { fate: 'goes', why: '', budget: null };
    const why = `Its disruption budget wants ${need} ready, and ${have} are.`;
    return { fate: 'blocked', why, budget: { name: `${app}-budget`, need, have } };
  }

  #replace({ namespace, app, owner }: SimPod, now: number): void {
    this.#made += 1;
    const { seed } = this.#deps;
    const nodes = this.#schedulable();
    this.#pods.push({
      namespace,
      app,
      owner,
      name: suffix(app, seed + this.#made),
      uid: uuidOf(seed, 20_000 + this.#made),
      phase: 'Pending',
      node: nodes[this.#made % Math.max(1, nodes.length)] ?? '',
      ready: false,
      restarts: 0,
      goneAt: null,
      readyAt: nodes.length === 0 ? null : now + STARTS_MS,
    });
  }

  #advance(): void {
    const now = this.#deps.clock();
    this.#pods = this.#pods.filter(({ goneAt }) => goneAt === null || goneAt > now);
    for (const pod of this.#pods) {
      if (pod.readyAt === null || pod.readyAt > now) continue;
      Object.assign(pod, { phase: 'Running', ready: true, readyAt: null });
    }
  }

  #schedulable(): string[] {
    return [...this.#machines.values()]
      .filter(({ name, cordoned }) => !cordoned && this.isReady(name))
      .map(({ name }) => name);
  }

  #machine(name: string): SimMachine {
    const found = this.#machines.get(name);
    if (found !== undefined) return found;
    const remedy = 'Look at the nodes of Kubernetes, then plan again.';
    throw fail('NOT_FOUND', { node: name, remedy }, `Kubernetes has no node ${name}.`);
  }

  #looked(): KubeFacts {
    this.#advance();
    const all = [...this.#machines.values()];
    const told = (machines: readonly SimMachine[], word: string): KubeFacts['server'] => {
      const ready = machines.filter(({ name }) => this.isReady(name)).length;
      const message = `${ready} of ${machines.length} ${word}s ready`;
      return { status: ready > 0 ? 'running' : 'error', message };
    };
    const { clock, seed } = this.#deps;
    const hasQuorum = this.members().some(({ isLeader }) => isLeader);
    const pods = [...this.#pods.map(asTold), ...backupPods(this.#schedulable(), seed, clock())].map(
      (pod) => (this.#away.has(pod.node) ? { ...pod, phase: 'Terminating', ready: false } : pod),
    );
    return {
      server: told(
        all.filter(({ isServer }) => isServer),
        'server',
      ),
      agent: told(all, 'node'),
      nodeCount: all.length,
      pods,
      podCount: pods.length,
      asOf: clock(),
      trouble: hasQuorum ? null : 'The etcd of k3s has no leader.',
    };
  }
}

const asTold = ({ namespace, name, phase, node, ready, restarts, goneAt }: SimPod): Pod => ({
  namespace,
  name,
  phase: goneAt === null ? phase : 'Terminating',
  node,
  ready,
  restarts,
});

const machine = (name: string, isServer: boolean): SimMachine => ({
  name,
  isServer,
  cordoned: false,
  cordonedBy: '',
  version: VERSION,
  runs: true,
  votes: isServer,
  removedAt: null,
});
