import type { Kube, KubeFacts, Pod } from '#agent/roles/k3s/types';
import { Dice, unit } from '../pve/random';
import type { AgentNodeSpec } from './specs';

/** What runs on a small lab's k3s: namespace, name, how many; `*` means one on each node. */
const WORKLOADS: readonly [string, string, number | '*'][] = [
  ['kube-system', 'coredns', 1],
  ['kube-system', 'local-path-provisioner', 1],
  ['kube-system', 'metrics-server', 1],
  ['kube-system', 'traefik', 1],
  ['kube-system', 'svclb-traefik', '*'],
  ['cattle-system', 'rancher', 2],
  ['monitoring', 'prometheus', 1],
  ['monitoring', 'grafana', 1],
  ['monitoring', 'node-exporter', '*'],
  ['gitlab', 'runner', 3],
  ['jupyter', 'hub', 1],
  ['jupyter', 'proxy', 1],
  ['jupyter', 'user-ada', 1],
  ['jupyter', 'user-farah', 1],
];
/** An image that cannot be pulled, and a claim that nobody serves: labs have such. */
const STUCK: readonly Omit<Pod, 'node'>[] = [
  {
    namespace: 'gitlab',
    name: suffix('registry-mirror', 71),
    phase: 'Pending',
    ready: false,
    restarts: 0,
  },
  {
    namespace: 'teaching',
    name: suffix('quiz-backend', 72),
    phase: 'Running',
    ready: false,
    restarts: 41,
  },
];
const BACKUP_EVERY_MS = 600_000;
const BACKUP_TAKES_MS = 75_000;

/** One cluster's Kubernetes as every agent of it sees it; changes by time and by nodes that go. */
export class KubeWorld implements Kube {
  readonly #nodes: readonly AgentNodeSpec[];
  readonly #listeners = new Set<() => void>();
  readonly #clock: () => number;
  readonly #seed: number;
  readonly #pods: readonly Pod[];
  #away: ReadonlySet<string> = new Set();
  #text = '';
  #facts: KubeFacts;

  constructor(nodes: readonly AgentNodeSpec[], seed: number, clock: () => number) {
    this.#nodes = nodes.filter(({ roles }) => roles.some((role) => role.startsWith('k3s-')));
    this.#clock = clock;
    this.#seed = seed;
    this.#pods = this.#placed();
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

  #looked(): KubeFacts {
    const isUp = ({ name }: AgentNodeSpec) => !this.#away.has(name);
    const servers = this.#nodes.filter(({ roles }) => roles.includes('k3s-server'));
    const told = (nodes: readonly AgentNodeSpec[], word: string): KubeFacts['server'] => {
      const ready = nodes.filter(isUp).length;
      const message = `${ready} of ${nodes.length} ${word}s ready`;
      return { status: ready > 0 ? 'running' : 'error', message };
    };
    const hasQuorum = servers.filter(isUp).length * 2 > servers.length;
    const pods = [...this.#pods, ...this.#backups()].map((pod) =>
      this.#away.has(pod.node) ? { ...pod, phase: 'Terminating', ready: false } : pod,
    );
    return {
      server: told(servers, 'server'),
      agent: told(this.#nodes, 'node'),
      nodeCount: this.#nodes.length,
      pods,
      podCount: pods.length,
      asOf: this.#clock(),
      trouble: hasQuorum ? null : 'The etcd of k3s has no leader.',
    };
  }

  #placed(): Pod[] {
    const dice = new Dice(this.#seed);
    const place = () => dice.pick(this.#nodes).name;
    const pods = WORKLOADS.flatMap(([namespace, name, copies]): Pod[] => {
      const nodes =
        copies === '*'
          ? this.#nodes.map((node) => node.name)
          : Array.from({ length: copies }, place);
      return nodes.map((node) => ({
        namespace,
        name: suffix(name, dice.int(1, 1_000_000)),
        phase: 'Running',
        node,
        ready: true,
        restarts: dice.chance(0.2) ? dice.int(1, 4) : 0,
      }));
    });
    const stuck = STUCK.map((pod) => ({ ...pod, node: pod.phase === 'Pending' ? '' : place() }));
    return [...pods, ...stuck];
  }

  /** A CronJob: the one that runs now, and the last two that are done. */
  #backups(): Pod[] {
    const round = Math.floor(this.#clock() / BACKUP_EVERY_MS);
    const isRunning = this.#clock() % BACKUP_EVERY_MS < BACKUP_TAKES_MS;
    return [0, 1, 2].map((back) => {
      const number = round - back;
      const node = this.#nodes[Math.floor(unit(this.#seed, number) * this.#nodes.length)];
      return {
        namespace: 'backup',
        name: suffix(`etcd-snapshot-${number}`, number),
        phase: back === 0 && isRunning ? 'Running' : 'Succeeded',
        node: node?.name ?? '',
        ready: back === 0 && isRunning,
        restarts: 0,
      };
    });
  }
}

/** As Kubernetes names the pods of a workload. */
function suffix(name: string, n: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const at = (index: number) => letters[Math.floor(unit(n, index) * letters.length)] ?? 'b';
  return `${name}-${Array.from({ length: 5 }, (_, index) => at(index)).join('')}`;
}
