import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { readinessOf } from '#agent/roles/k3s/readiness';
import type { FakeKube } from '#tests/support/kube';
import { accessTo, clientOf, clientWith, withKube } from './kube-server';

async function judge(kube: FakeKube, options: { who?: string; etcdMetrics?: string | null } = {}) {
  const client = await clientOf(kube, options.who);
  const { etcdMetrics = kube.etcdMetrics } = options;
  return await readinessOf({ client, clock: systemClock, nodeName: 'a1', etcdMetrics });
}

test('ready is an authenticated API with a leader that takes a write', async () => {
  const kube = await withKube();
  expect(await judge(kube)).toMatchObject({ ready: true, leads: true });
  const lease = kube.objects.get('leases', 'kube-system', 'clusterdeck-probe-a1');
  expect(lease?.spec).toMatchObject({ holderIdentity: 'a1' });
  // the second look renews the same one
  await judge(kube);
  const again = kube.objects.get('leases', 'kube-system', 'clusterdeck-probe-a1');
  expect(again?.metadata.uid).toBe(lease?.metadata.uid);
  expect(again?.metadata.resourceVersion).not.toBe(lease?.metadata.resourceVersion);
});

test.each([
  ['a 401', (kube: FakeKube) => (kube.faults.refuse = 401), '401'],
  ['a 403', (kube: FakeKube) => (kube.faults.refuse = 403), '403'],
  ['an error of the server', (kube: FakeKube) => (kube.faults.refuse = 500), '500'],
  ['a failing check', (kube: FakeKube) => kube.faults.failing.add('etcd'), 'etcd'],
  ['no leader', (kube: FakeKube) => (kube.faults.hasLeader = false), 'no leader'],
  ['no right to write', (kube: FakeKube) => (kube.faults.refuseWrites = 403), '403'],
  ['a write that fails', (kube: FakeKube) => (kube.faults.refuseWrites = 500), 'error'],
])('%s is not ready', async (_, harm, told) => {
  const kube = await withKube();
  harm(kube);
  const { ready, leads, message } = await judge(kube);
  expect([ready, leads]).toEqual([false, false]);
  expect(message).toContain(told);
});

test('who reads and may not write is not ready either', async () => {
  const kube = await withKube();
  expect(await judge(kube, { who: 'system:node:a1' })).toMatchObject({ ready: false });
});

test('a follower is ready and leads nothing; without etcd of its own the server leads', async () => {
  const kube = await withKube();
  kube.faults.isLeader = false;
  expect(await judge(kube)).toMatchObject({ ready: true, leads: false });
  expect(await judge(kube, { etcdMetrics: null })).toMatchObject({ ready: true, leads: true });
});

test('a server that hangs is not ready within its deadline', async () => {
  const kube = await withKube();
  kube.faults.isHung = true;
  const began = performance.now();
  expect(await judge(kube)).toMatchObject({
    ready: false,
    message: 'The API server did not answer in time.',
  });
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('a server of another authority is not talked to', async () => {
  const [kube, other] = await Promise.all([withKube(), withKube()]);
  const client = await clientOf(kube);
  await expect(client.ask({ path: '/readyz' })).resolves.toMatchObject({ status: 200 });
  const { ca } = await accessTo(other);
  const mixed = clientWith({ ...(await accessTo(kube)), ca });
  await expect(mixed.ask({ path: '/readyz' })).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  expect(kube.requests.filter((one) => one === 'GET /readyz')).toHaveLength(1);
});
