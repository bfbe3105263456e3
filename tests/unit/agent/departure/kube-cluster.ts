import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { systemCommands } from '#agent/host/commands';
import { EtcdMembers } from '#agent/state/etcd/members';
import { type EtcdCluster, startEtcd } from '#tests/support/etcd';
import type { FakeKube } from '#tests/support/kube';
import { StagedCommands } from '#tests/support/slurm';
import { withKube } from '../k3s/kube-server';
import { LeaveStage, type StagedNode, write } from '../leave/stage';

const TOKEN = `K10${'ab'.repeat(32)}::server:secret`;
const NODE_NAME = 'etcd.k3s.cattle.io/node-name';
const REMOVE = 'etcd.k3s.cattle.io/remove';
const REMOVED = 'etcd.k3s.cattle.io/removed-node-name';

/** Servers of k3s over a real etcd and a fake Kubernetes API; their nodes are called s1, s2, ... */
export interface KubeCluster {
  stage: LeaveStage;
  kube: FakeKube;
  etcd: EtcdCluster;
  /** names of the nodes whose members etcd lists, by name */
  members(): Promise<string[]>;
  /** name of the node that leads etcd */
  leader(): Promise<string | null>;
}

/** @param size how many servers; beside them w1 runs pods, having joined by s1, as s2 did */
export async function startKubeCluster(size: number): Promise<KubeCluster> {
  const [kube, etcd] = await Promise.all([withKube(), startEtcd(size)]);
  onTestFinished(() => etcd.close());
  const stage = new LeaveStage();
  const access = await kube.kubeconfig('system:admin');
  const w1 = stage.add('w1', { roles: ['k3s-agent'] });
  join(w1, 's1');
  kube.objects.put('nodes', machine('w1', null));
  for (const [index, { name, endpoint }] of etcd.members.entries()) {
    const node = stage.add(`s${index + 1}`, { roles: ['k3s-server'], commands: etcdctl() });
    const { places } = node;
    Object.assign(places.etcd, { endpoint });
    write(places.etcd.ca, etcd.tls.ca);
    write(places.etcd.cert, etcd.tls.cert);
    write(places.etcd.key, etcd.tls.key);
    write(places.serverAccess, access);
    write(places.serverToken, `${TOKEN}\n`);
    mkdirSync(places.etcdData, { recursive: true });
    if (index === 0) write(places.config, 'node-name: s1\ncluster-init: true\n');
    else join(node, 's1');
    kube.objects.put('nodes', machine(node.member.name, name));
  }
  await stage.state.commit([], [{ key: 'k3s/cluster', put: { founder: 'id-s1' } }]);
  const transport = etcd.transport();
  onTestFinished(() => transport.close());
  const seats = new EtcdMembers(transport);
  removesMembers(kube, seats);
  const nodeOf = (id: string | null, listed: Awaited<ReturnType<EtcdMembers['list']>>) =>
    listed.find((one) => one.id === id)?.name.replace('m', 's') ?? null;
  return {
    stage,
    kube,
    etcd,
    async members() {
      return (await seats.list()).map(({ name }) => name.replace('m', 's')).toSorted();
    },
    async leader() {
      const listed = await seats.list();
      const endpoints = listed.flatMap(({ clientUrls }) => clientUrls);
      const [first = ''] = endpoints;
      return nodeOf((await seats.status(first)).leaderId, listed);
    },
  };
}

/** As the controller of k3s does that watches its nodes, and looks again where etcd is not ready. */
function removesMembers(kube: FakeKube, seats: EtcdMembers): void {
  const ends = new AbortController();
  const work = (async () => {
    while (!ends.signal.aborted) {
      for (const node of kube.objects.list('nodes')) {
        const { annotations = {}, name } = node.metadata;
        const member = annotations[NODE_NAME];
        if (annotations[REMOVE] !== 'true' || annotations[REMOVED] !== undefined) continue;
        const listed = await seats.list().catch(() => null);
        const id = listed?.find((one) => one.name === member)?.id;
        if (id !== undefined) await seats.remove(id).catch(() => undefined);
        if (listed === null || id !== undefined || member === undefined) continue;
        const now = kube.objects.get('nodes', '', name);
        if (now === null) continue;
        const told = { ...now.metadata.annotations, [REMOVED]: member };
        kube.objects.put('nodes', { ...now, metadata: { ...now.metadata, annotations: told } });
      }
      await systemClock.sleep(100, ends.signal).catch(() => undefined);
    }
  })();
  onTestFinished(async () => {
    ends.abort();
    await work;
  });
}

function machine(name: string, member: string | null) {
  const isServer = member !== null;
  return {
    metadata: {
      name,
      labels: isServer ? { 'node-role.kubernetes.io/control-plane': 'true' } : {},
      annotations: isServer ? { [NODE_NAME]: member } : {},
    },
    spec: {},
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.31.4+k3s1' },
    },
  };
}

function join(node: StagedNode, server: string): void {
  const url = `https://10.77.1.${server.replaceAll(/\D/g, '')}:6443`;
  mkdirSync(dirname(node.places.config), { recursive: true });
  write(node.places.config, `node-name: ${node.member.name}\nserver: ${url}\ntoken-file: /t\n`);
}

const etcdctl = () =>
  new StagedCommands().on('etcdctl', (argv, options) => {
    const [, ...words] = argv;
    return systemCommands.run(['etcdctl', ...words], options);
  });
