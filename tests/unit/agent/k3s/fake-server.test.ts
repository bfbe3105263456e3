import { ApiException, CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { expect, onTestFinished, test } from 'vitest';
import type { FakeKube } from '#tests/support/kube';
import { pod, withKube } from './kube-server';

/** The official client: what it makes of the fake is what it would make of Kubernetes. */
async function official(kube: FakeKube, commonName = 'system:admin'): Promise<KubeConfig> {
  const config = new KubeConfig();
  config.loadFromString(await kube.kubeconfig(commonName));
  return config;
}

const budget = (name: string, options: { allowed: number; observed?: number }) => ({
  metadata: { name, namespace: 'default' },
  spec: { generation: 1, selector: { matchLabels: { app: 'web' } } },
  status: { disruptionsAllowed: options.allowed, observedGeneration: options.observed ?? 1 },
});

async function evicted(
  kube: FakeKube,
  name: string,
  dryRun?: 'All',
): Promise<{ code: number; retryAfter: string | undefined; causes: unknown }> {
  const api = (await official(kube)).makeApiClient(CoreV1Api);
  const body = { metadata: { name, namespace: 'default' } };
  const request = { name, namespace: 'default', body, ...(dryRun && { dryRun }) };
  try {
    await api.createNamespacedPodEviction(request);
    return { code: 201, retryAfter: undefined, causes: undefined };
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const told: { details?: { causes?: unknown } } = JSON.parse(String(error.body));
    const { code, headers } = error;
    return { code, retryAfter: headers['retry-after'], causes: told.details?.causes };
  }
}

test('the official client lists in pages and sees who may do what', async () => {
  const kube = await withKube();
  for (let n = 0; n < 5; n += 1) kube.objects.put('pods', pod(`p${n}`));
  const api = (await official(kube)).makeApiClient(CoreV1Api);
  const first = await api.listPodForAllNamespaces({ limit: 2 });
  expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(['p0', 'p1']);
  const next = first.metadata?._continue ?? '';
  const second = await api.listPodForAllNamespaces({ limit: 2, _continue: next });
  expect(second.items.map(({ metadata }) => metadata?.name)).toEqual(['p2', 'p3']);

  const kubelet = (await official(kube, 'system:node:a1')).makeApiClient(CoreV1Api);
  await expect(kubelet.listPodForAllNamespaces()).rejects.toMatchObject({ code: 403 });
  const nobody = new KubeConfig();
  nobody.loadFromClusterAndUser(
    { name: 'x', server: kube.url, skipTLSVerify: true },
    { name: 'nobody' },
  );
  const anonymous = nobody.makeApiClient(CoreV1Api);
  await expect(anonymous.listPodForAllNamespaces()).rejects.toMatchObject({ code: 401 });
});

test('evictions answer as measured on a real server', async () => {
  const kube = await withKube();
  const web = pod('web');
  expect((await evicted(kube, 'web')).code).toBe(404);

  kube.objects.put('pods', web);
  kube.objects.put('poddisruptionbudgets', budget('tight', { allowed: 0 }));
  const blocked = await evicted(kube, 'web');
  expect(blocked).toMatchObject({ code: 429, retryAfter: undefined });
  expect(blocked.causes).toMatchObject([{ reason: 'DisruptionBudget' }]);

  kube.objects.put('poddisruptionbudgets', budget('tight', { allowed: 1, observed: 0 }));
  const behind = await evicted(kube, 'web');
  expect(behind).toMatchObject({ code: 429, retryAfter: '10', causes: undefined });

  kube.objects.put('poddisruptionbudgets', budget('second', { allowed: 1 }));
  expect((await evicted(kube, 'web')).code).toBe(500);

  kube.objects.delete('poddisruptionbudgets', 'default', 'second');
  kube.objects.put('poddisruptionbudgets', budget('tight', { allowed: 1 }));
  expect((await evicted(kube, 'web', 'All')).code).toBe(201);
  expect(kube.objects.get('pods', 'default', 'web')).not.toBeNull();
  expect((await evicted(kube, 'web')).code).toBe(201);
  expect(kube.objects.get('pods', 'default', 'web')).toBeNull();
  // the budget is spent
  kube.objects.put('pods', web);
  expect((await evicted(kube, 'web')).code).toBe(429);
});

test('the official client watches, and hears that an old version is gone', async () => {
  const kube = await withKube();
  const heard: string[] = [];
  const watch = new Watch(await official(kube));
  const since = async (resourceVersion: string) => {
    const controller = await watch.watch(
      '/api/v1/pods',
      { resourceVersion },
      (type: string, object: { code?: number; metadata?: { name?: string } }) =>
        heard.push(`${type} ${object.metadata?.name ?? object.code}`),
      () => undefined,
    );
    onTestFinished(() => controller.abort());
  };
  await since(String(kube.objects.version));
  kube.objects.put('pods', pod('one'));
  kube.objects.delete('pods', 'default', 'one');
  await expect.poll(() => heard).toEqual(['ADDED one', 'DELETED one']);
  kube.objects.compact();
  heard.length = 0;
  await since('100');
  await expect.poll(() => heard).toEqual(['ERROR 410']);
});
