import { expect, test } from 'vitest';
import type { NodePod } from '#agent/operations/handoff/k3s/hands';
import { evictAll, lookAtDrain } from '#agent/roles/k3s/drain/drain';
import type { FakeKube } from '#tests/support/kube';
import type { KubeObject } from '#tests/support/kube/objects';
import { clientOf, withKube } from '../k3s/kube-server';

interface Wish {
  owner?: { kind: string; name: string } | null;
  phase?: string;
  mirror?: boolean;
  emptyDir?: boolean;
  deleting?: boolean;
  node?: string;
  labels?: Record<string, string>;
}

const SET = { kind: 'ReplicaSet', name: 'web' };
const DAEMON = { kind: 'DaemonSet', name: 'logs' };

function put(kube: FakeKube, name: string, wish: Wish = {}): void {
  const { owner = SET, phase = 'Running', node = 'a1', labels = { app: name } } = wish;
  const metadata: Partial<KubeObject['metadata']> & { name: string; namespace: string } = {
    name,
    namespace: 'default',
    labels,
    ...(owner !== null && { ownerReferences: [{ ...owner, controller: true }] }),
    ...(wish.mirror === true && { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    ...(wish.deleting === true && { deletionTimestamp: '2026-11-22T03:00:00Z' }),
  };
  const volumes = wish.emptyDir === true ? [{ name: 'tmp', emptyDir: {} }] : [];
  kube.objects.put('pods', { metadata, spec: { nodeName: node, volumes }, status: { phase } });
}

function budget(
  kube: FakeKube,
  name: string,
  wish: { allowed: number; selector?: object; observed?: number },
): void {
  const { allowed, selector = { matchLabels: { app: 'web' } }, observed = 1 } = wish;
  kube.objects.put('poddisruptionbudgets', {
    metadata: { name, namespace: 'default' },
    spec: { generation: 1, selector },
    status: {
      disruptionsAllowed: allowed,
      observedGeneration: observed,
      desiredHealthy: 2,
      currentHealthy: 2,
    },
  });
}

const short = (pods: NodePod[]) => Object.fromEntries(pods.map(({ name, fate }) => [name, fate]));
const find = (pods: NodePod[], name: string) => pods.find((pod) => pod.name === name);

test('pods are sorted as kubectl sorts them', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  kube.objects.put('daemonsets', { metadata: { name: 'logs', namespace: 'default' } });
  put(kube, 'web');
  put(kube, 'elsewhere', { node: 'a2' });
  put(kube, 'logs', { owner: DAEMON });
  put(kube, 'logs-over', { owner: DAEMON, phase: 'Failed' });
  put(kube, 'orphan', { owner: { kind: 'DaemonSet', name: 'deleted' } });
  put(kube, 'static', { owner: { kind: 'Node', name: 'a1' }, mirror: true });
  put(kube, 'local', { emptyDir: true });
  put(kube, 'local-over', { emptyDir: true, phase: 'Succeeded' });
  put(kube, 'bare', { owner: null });
  put(kube, 'bare-over', { owner: null, phase: 'Succeeded' });
  put(kube, 'going', { owner: null, deleting: true });
  const pods = await lookAtDrain('a1', { client });
  expect(short(pods)).toEqual({
    web: 'goes',
    logs: 'stays',
    'logs-over': 'goes',
    orphan: 'blocked',
    static: 'stays',
    local: 'goes',
    'local-over': 'goes',
    bare: 'blocked',
    'bare-over': 'goes',
    going: 'goes',
  });
  expect(pods.filter(({ hasLocalData }) => hasLocalData).map(({ name }) => name)).toEqual([
    'local',
  ]);
  expect(find(pods, 'bare')?.why).toContain('no controller');
  expect(find(pods, 'going')?.phase).toBe('Terminating');
  // a look changes nothing
  expect(kube.objects.list('pods')).toHaveLength(11);
});

test('a round evicts what may go, and leaves what nothing would start again', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  kube.objects.put('daemonsets', { metadata: { name: 'logs', namespace: 'default' } });
  for (const name of ['one', 'two', 'three']) put(kube, name);
  put(kube, 'logs', { owner: DAEMON });
  put(kube, 'bare', { owner: null });
  put(kube, 'elsewhere', { node: 'a2' });
  await evictAll('a1', { client });
  const names = () => kube.objects.list('pods').map(({ metadata }) => metadata.name);
  expect(names().toSorted()).toEqual(['bare', 'elsewhere', 'logs']);
  expect(short(await evictAll('a1', { client }))).toEqual({ logs: 'stays', bare: 'blocked' });
  expect(kube.requests.filter((line) => line.includes('bare/eviction'))).toEqual([]);
});

test('a budget that allows no more blocks by name, with how many it needs and has', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  for (const name of ['web-1', 'web-2']) put(kube, name, { labels: { app: 'web' } });
  budget(kube, 'tight', { allowed: 1 });
  // both could go, but not both at once
  expect(short(await lookAtDrain('a1', { client }))).toEqual({ 'web-1': 'goes', 'web-2': 'goes' });
  const first = await evictAll('a1', { client });
  const blocked = first.filter(({ fate }) => fate === 'blocked');
  expect(blocked).toMatchObject([{ budget: { name: 'tight', need: 2, have: 2 } }]);
  expect(blocked[0]?.why).toBe('The budget tight needs 2 healthy pods and has 2.');
  expect(kube.objects.list('pods')).toHaveLength(1);
  budget(kube, 'tight', { allowed: 1 });
  await evictAll('a1', { client });
  expect(kube.objects.list('pods')).toEqual([]);
});

test('a budget that is behind asks for patience, and two budgets are told by name', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  put(kube, 'web', { labels: { app: 'web' } });
  budget(kube, 'late', { allowed: 1, observed: 0 });
  const [late] = await lookAtDrain('a1', { client });
  expect(late).toMatchObject({ fate: 'blocked', budget: null });
  expect(late?.why).toContain('patience');
  budget(kube, 'second', { allowed: 1 });
  const [both] = await lookAtDrain('a1', { client });
  expect(both?.why).toContain('late and second');
});

test('budgets pick pods by all that a selector can say', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  put(kube, 'web', { labels: { app: 'web', tier: 'front' } });
  const expressions = (...matchExpressions: object[]) => ({ matchExpressions });
  // the fake refuses by every label, and the name tells which budget was found to cover it
  const cases: [object, boolean][] = [
    [expressions({ key: 'tier', operator: 'In', values: ['front', 'back'] }), true],
    [expressions({ key: 'tier', operator: 'NotIn', values: ['front'] }), false],
    [expressions({ key: 'tier', operator: 'Exists' }), true],
    [expressions({ key: 'gpu', operator: 'DoesNotExist' }), true],
    [expressions({ key: 'gpu', operator: 'Exists' }), false],
    [{}, true],
  ];
  for (const [selector, isCovered] of cases) {
    budget(kube, 'picked', { allowed: 0, selector });
    const [found] = await lookAtDrain('a1', { client });
    expect([found?.budget?.name ?? null, selector]).toEqual([
      isCovered ? 'picked' : null,
      selector,
    ]);
  }
});

test('what cannot be read ends the look instead of being overlooked', async () => {
  const kube = await withKube();
  const client = await clientOf(kube);
  put(kube, 'web');
  kube.objects.put('pods', {
    metadata: { name: 'odd', namespace: 'default', labels: { a: 1 as never } },
    spec: { nodeName: 'a1' },
  });
  await expect(evictAll('a1', { client })).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  expect(kube.objects.list('pods')).toHaveLength(2);
  kube.faults.refuseWrites = 403;
  kube.objects.delete('pods', 'default', 'odd');
  await expect(evictAll('a1', { client })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});
