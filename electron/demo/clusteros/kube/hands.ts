import * as hands from '#agent/operations/handoff/k3s/hands';
import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import type { Clock } from '#agent/ports';
import { fail } from '#shared/contract/errors';
import type { AgentNodeSpec } from '../specs';
import type { KubeSeats } from './seats';
import type { KubeWorld } from './world';

interface Deps {
  spec: AgentNodeSpec;
  /** null where this cluster has no Kubernetes */
  kube: KubeWorld | null;
  seats: KubeSeats;
  clock: Clock;
  /** Lets everybody see at once what has changed. */
  look(): void;
}

const LEAD_MS = 180;
const SNAPSHOT_MS = 900;
const ASK_MS = 40;

/** What one simulated node does and tells of its Kubernetes for operations. */
export function simulatedKubeHands(deps: Deps): HandRoute[] {
  const { spec, seats, clock, look } = deps;
  const { name } = spec;
  const server = () => {
    const { kube } = deps;
    if (kube?.isReady(name) === true && spec.roles.includes('k3s-server')) return kube;
    const remedy = 'Ask another server, or start k3s there.';
    throw fail('UNREACHABLE', { node: name, remedy }, `No API server answers on ${name}.`);
  };
  return [
    handRoute(hands.lookAtK3s, async () => {
      const kube = server();
      return {
        ready: true,
        message: 'It has a leader, and a write was read back.',
        nodes: kube.machines(),
        members: kube.members(),
        trouble: '',
        hasToken: true,
      };
    }),
    handRoute(hands.lookAtRegistration, async () => ({
      server: seats.registration(name),
      isRunning: deps.kube?.isReady(name) ?? false,
      hasData: seats.hasData(name),
    })),
    handRoute(hands.register, async ({ from, to }, { log }) => {
      if (seats.registration(name) === from) seats.register(name, to);
      log(`config.yaml: server: ${to}`);
      return {};
    }),
    handRoute(hands.setAside, async (_, { log }) => {
      if (seats.hasData(name)) log('mv /var/lib/rancher/k3s/server/db server/db.aside');
      seats.setAside(name);
      return {};
    }),
    handRoute(hands.lookAtPods, async ({ node }) => ({ pods: server().podsOn(node) })),
    handRoute(hands.evictPods, async ({ node }, { log, signal }) => {
      const kube = server();
      const before = kube.podsOn(node).filter(({ fate }) => fate === 'goes');
      kube.evict(node);
      await clock.sleep(ASK_MS, signal);
      const pods = kube.podsOn(node);
      for (const { uid, namespace, name: pod } of before) {
        const now = pods.find((one) => one.uid === uid);
        if (now?.phase === 'Terminating') log(`evicted ${namespace}/${pod}`);
      }
      look();
      return { pods };
    }),
    handRoute(hands.cordon, async ({ node, on }, { log, operation }) => {
      server().cordon(node, on, operation);
      log(`kubectl ${on ? 'cordon' : 'uncordon'} ${node}`);
      look();
      return {};
    }),
    handRoute(hands.takeSnapshot, async (_, { log, signal, operation }) => {
      server();
      const known = seats.snapshotOf(name, operation);
      if (known !== null) return known;
      await clock.sleep(SNAPSHOT_MS, signal);
      const taken = seats.takeSnapshot(name, operation);
      log(`k3s etcd-snapshot save: ${taken.path}, ${taken.bytes} bytes`);
      return taken;
    }),
    handRoute(hands.lookForSnapshot, async ({ operation }) => {
      const { path, bytes } = seats.snapshotOf(name, operation) ?? { path: null, bytes: 0 };
      return { path, bytes };
    }),
    handRoute(hands.yieldKubeLead, async ({ to }, { log, signal }) => {
      const kube = server();
      await clock.sleep(LEAD_MS, signal);
      kube.lead(to);
      log(`etcdctl move-leader: ${to} leads`);
      return {};
    }),
    handRoute(hands.removeMember, async ({ node }, { log }) => {
      server().remove(node);
      log(`kubectl annotate node ${node} etcd.k3s.cattle.io/remove=true`);
      return {};
    }),
    handRoute(hands.deleteNode, async ({ node }, { log }) => {
      server().delete(node);
      log(`kubectl delete node ${node}`);
      look();
      return {};
    }),
  ];
}
