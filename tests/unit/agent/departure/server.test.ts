import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { pod } from '../k3s/kube-server';
import type { StagedNode } from '../leave/stage';
import { type KubeCluster, startKubeCluster } from './kube-cluster';

vi.setConfig({ testTimeout: 120_000 });

const leave = (node: string, reboot = false) => ({ kind: 'leave', params: { node, reboot } });
const serverOf = ({ places }: StagedNode): unknown =>
  parse(readFileSync(places.config, 'utf8')).server;
const url = (node: string) => `https://10.77.1.${node.slice(1)}:6443`;
const founder = async ({ stage }: KubeCluster) => (await stage.state.get('k3s/cluster'))?.value;

function runs({ kube }: KubeCluster, name: string, node: string): void {
  const made = pod(name, { node });
  const owner = { kind: 'ReplicaSet', name: 'web', controller: true };
  kube.objects.put('pods', { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } });
}

test('a server goes while it is alive: emptied, saved, out of etcd, stopped and deleted', async () => {
  const cluster = await startKubeCluster(3);
  const { stage, kube } = cluster;
  runs(cluster, 'web', 's1');
  const budget = (allowed: number) =>
    kube.objects.put('poddisruptionbudgets', {
      metadata: { name: 'tight', namespace: 'default' },
      spec: { generation: 1, selector: { matchLabels: { app: 'web' } } },
      status: {
        disruptionsAllowed: allowed,
        observedGeneration: 1,
        desiredHealthy: 2,
        currentHealthy: 2,
      },
    });
  budget(0);
  const plan = await stage.operations.plan(leave('s1'), 'a test');
  expect(plan.checks.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(plan.irreversible.join(' ')).toContain("k3s' etcd");
  const { id } = await stage.operations.start(plan.hash, 's1', 'a test');
  const drain = async () => {
    const { operation } = await stage.operations.get(id);
    return operation.steps.find((step) => step.id === 'k3s-drain')?.waiting_on;
  };
  const told = '1 pod: default/web (The budget tight needs 2 healthy pods and has 2)';
  await expect.poll(drain, { timeout: 30_000 }).toBe(told);
  expect(kube.objects.get('pods', 'default', 'web')).not.toBeNull();
  budget(1);
  const { operation } = await stage.end(id);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(operation.steps.map((step) => step.id)).toEqual([
    'k3s-cordon',
    'k3s-drain',
    'k3s-snapshot',
    'k3s-lead',
    'k3s-registration',
    'k3s-remove',
    'k3s-settle',
    'stop',
    'k3s-delete',
    'k3s-aside',
    'return',
    'goodbye',
  ]);
  expect(await cluster.members()).toEqual(['s2', 's3']);
  expect(['s2', 's3']).toContain(await cluster.leader());
  expect(kube.objects.get('nodes', '', 's1')).toBeNull();
  // whoever joined by it joins by another, and it never founds again
  const to = 's2';
  expect(serverOf(stage.node('w1'))).toBe(url(to));
  expect(serverOf(stage.node('s3'))).toBe(url(to));
  expect(await founder(cluster)).toEqual({ founder: 'id-s2' });
  const { places, hasLeft } = stage.node('s1');
  expect([existsSync(places.serverData), existsSync(places.config), hasLeft]).toEqual([
    false,
    false,
    true,
  ]);
  expect(readdirSync(dirname(places.serverData)).some((name) => name.startsWith('db.aside-'))).toBe(
    true,
  );
  const saved = stage.node('s2').places.snapshots;
  expect(statSync(`${saved}/clusterdeck-${id}`).size).toBeGreaterThan(1_000);
});

test('before the removal everything can be taken back', async () => {
  const cluster = await startKubeCluster(3);
  const { stage, kube } = cluster;
  runs(cluster, 'web', 's1');
  const bare = pod('bare', { node: 's1' });
  kube.objects.put('pods', bare);
  const id = await stage.begin(leave('s1'));
  const drain = async () => {
    const { operation } = await stage.operations.get(id);
    return operation.steps.find((step) => step.id === 'k3s-drain')?.waiting_on;
  };
  await expect.poll(drain, { timeout: 30_000 }).toContain('default/bare (Nothing would start');
  expect(kube.objects.get('nodes', '', 's1')?.spec).toMatchObject({ unschedulable: true });
  await stage.operations.ask(id, 'abort', 'bob');
  expect((await stage.end(id)).operation.state).toBe('undone');
  expect(kube.objects.get('nodes', '', 's1')?.spec).toMatchObject({ unschedulable: false });
  expect(kube.objects.get('pods', 'default', 'bare')).not.toBeNull();
  expect(await cluster.members()).toEqual(['s1', 's2', 's3']);
});

test('the lead and the registration go to another server, and back again when asked', async () => {
  const cluster = await startKubeCluster(3);
  const { stage } = cluster;
  const from = (await cluster.leader()) ?? '';
  const to = ['s1', 's2', 's3'].find((name) => name !== from) ?? '';
  await stage.state.commit([], [{ key: 'k3s/cluster', put: { founder: `id-${from}` } }]);
  const { handoff } = await stage.operations.candidates();
  const { candidates = [] } = handoff.find(({ role }) => role === 'k3s-server') ?? {};
  expect(candidates.find(({ node }) => node === from)).toMatchObject({ holds: true, fit: false });
  expect(candidates.find(({ node }) => node === to)).toMatchObject({ holds: false, fit: true });
  const request = { kind: 'handoff', params: { role: 'k3s-server', to } };
  const { operation } = await stage.carryOut(request);
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(await cluster.leader()).toBe(to);
  expect(await founder(cluster)).toEqual({ founder: `id-${to}` });
  expect(await cluster.members()).toHaveLength(3);

  await stage.operations.ask(operation.id, 'rollback', 'bob');
  expect((await stage.end(operation.id)).operation.state).toBe('undone');
  expect(await cluster.leader()).toBe(from);
  expect(await founder(cluster)).toEqual({ founder: `id-${from}` });
});

test('a server that rests for a reboot keeps its member', async () => {
  const cluster = await startKubeCluster(3);
  const { stage, kube } = cluster;
  runs(cluster, 'web', 's1');
  const { operation } = await stage.carryOut(leave('s1', true));
  expect([operation.state, operation.reason]).toEqual(['done', '']);
  expect(await cluster.members()).toEqual(['s1', 's2', 's3']);
  expect(await cluster.leader()).not.toBe('s1');
  expect(kube.objects.get('pods', 'default', 'web')).toBeNull();
  expect((await stage.state.get('operations/return/id-s1'))?.value).toMatchObject({
    isCordoned: true,
    operation: operation.id,
  });
  expect(kube.objects.get('nodes', '', 's1')).toMatchObject({
    spec: { unschedulable: true },
    metadata: { annotations: { 'clusterdeck/cordoned-by': operation.id } },
  });
});
