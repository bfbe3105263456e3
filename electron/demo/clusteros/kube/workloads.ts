import type { Pod } from '#agent/roles/k3s/types';
import { type Dice, unit, uuidOf } from '../../pve/random';

/** A pod of the simulated Kubernetes. Times in ms since 1970. */
export interface SimPod extends Pod {
  uid: string;
  /** what made it, and makes another one; `DaemonSet` runs one on each node */
  owner: 'DaemonSet' | 'Deployment';
  /** name of its workload */
  app: string;
  /** when it is gone; null: nobody has deleted it */
  goneAt: number | null;
  /** when it will be ready; null: it is, or never will be */
  readyAt: number | null;
}

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

/** How many ready pods of a workload its disruption budget wants. */
export const BUDGETS: ReadonlyMap<string, number> = new Map([
  ['rancher', 1],
  ['runner', 2],
]);
/** What keeps files on its node. */
export const KEEPS_FILES: ReadonlySet<string> = new Set(['prometheus', 'runner']);

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

/** What runs where at the beginning. */
export function placedPods(nodes: readonly string[], dice: Dice, seed: number): SimPod[] {
  const place = () => dice.pick(nodes);
  const pods = WORKLOADS.flatMap(([namespace, app, copies]): Omit<SimPod, 'uid'>[] => {
    const places = copies === '*' ? nodes : Array.from({ length: copies }, place);
    return places.map((node) => ({
      namespace,
      name: suffix(app, dice.int(1, 1_000_000)),
      phase: 'Running',
      node,
      ready: true,
      restarts: dice.chance(0.2) ? dice.int(1, 4) : 0,
      owner: copies === '*' ? 'DaemonSet' : 'Deployment',
      app,
      goneAt: null,
      readyAt: null,
    }));
  });
  const stuck = STUCK.map((pod) => ({
    ...pod,
    node: pod.phase === 'Pending' ? '' : place(),
    owner: 'Deployment' as const,
    app: pod.name,
    goneAt: null,
    readyAt: null,
  }));
  return [...pods, ...stuck].map((pod, index) => ({ ...pod, uid: uuidOf(seed, 10_000 + index) }));
}

const BACKUP_EVERY_MS = 600_000;
const BACKUP_TAKES_MS = 75_000;

/** A CronJob: the one that runs now, and the last two that are done. */
export function backupPods(nodes: readonly string[], seed: number, nowMs: number): Pod[] {
  const round = Math.floor(nowMs / BACKUP_EVERY_MS);
  const isRunning = nowMs % BACKUP_EVERY_MS < BACKUP_TAKES_MS;
  return [0, 1, 2].map((back) => {
    const number = round - back;
    return {
      namespace: 'backup',
      name: suffix(`etcd-snapshot-${number}`, number),
      phase: back === 0 && isRunning ? 'Running' : 'Succeeded',
      node: nodes[Math.floor(unit(seed, number) * nodes.length)] ?? '',
      ready: back === 0 && isRunning,
      restarts: 0,
    };
  });
}

/** As Kubernetes names the pods of a workload. */
export function suffix(name: string, n: number): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const at = (index: number) => letters[Math.floor(unit(n, index) * letters.length)] ?? 'b';
  return `${name}-${Array.from({ length: 5 }, (_, index) => at(index)).join('')}`;
}
