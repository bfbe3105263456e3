import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { FollowedObjects } from '#agent/roles/k3s/follow';
import { podObject, podOf } from '#agent/roles/k3s/objects';
import type { Pod } from '#agent/roles/k3s/types';
import type { FakeKube } from '#tests/support/kube';
import { clientOf, pod, SILENT, withKube } from './kube-server';

async function follow(kube: FakeKube, commonName?: string) {
  const ends = new AbortController();
  const pods = new FollowedObjects<Pod>({
    client: await clientOf(kube, commonName),
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(20, signal) },
    logger: SILENT,
    path: '/api/v1/pods',
    read: (object) => podOf(podObject.parse(object)),
    onChange: () => undefined,
  });
  const done = pods.follow(ends.signal);
  onTestFinished(async () => {
    ends.abort();
    await done;
  });
  return { pods, names: () => pods.values().map(({ name }) => name) };
}

test('pods are shown as kubectl shows them', async () => {
  const kube = await withKube();
  kube.objects.put('pods', pod('web', { namespace: 'shop', node: 'a2' }));
  const { metadata, ...rest } = pod('going');
  const deletionTimestamp = '2026-11-22T00:00:00Z';
  kube.objects.put('pods', { ...rest, metadata: { ...metadata, deletionTimestamp } });
  kube.objects.put('pods', { metadata: { name: 'fresh', namespace: 'default' } });
  const { pods } = await follow(kube);
  await expect
    .poll(() => pods.values())
    .toEqual([
      { name: 'web', namespace: 'shop', phase: 'Running', node: 'a2', ready: true, restarts: 3 },
      {
        name: 'going',
        namespace: 'default',
        phase: 'Terminating',
        node: 'a1',
        ready: true,
        restarts: 3,
      },
      {
        name: 'fresh',
        namespace: 'default',
        phase: 'Unknown',
        node: '',
        ready: false,
        restarts: 0,
      },
    ]);
});

test('more than one page is listed, and changes come by the watch', async () => {
  const kube = await withKube();
  for (let n = 0; n < 1_203; n += 1) kube.objects.put('pods', pod(`p${n}`));
  const { pods } = await follow(kube);
  await expect.poll(() => pods.count).toBe(1_203);
  kube.objects.delete('pods', 'default', 'p7');
  kube.objects.put('pods', pod('late'));
  kube.objects.put('pods', pod('p8', { phase: 'Failed' }));
  await expect.poll(() => pods.values().find(({ name }) => name === 'p8')?.phase).toBe('Failed');
  expect([pods.count, pods.values().length]).toEqual([1_203, 1_203]);
  expect(pods.values().some(({ name }) => name === 'p7')).toBe(false);
});

test('a watch that dies loses nothing, and no list is asked for anew', async () => {
  const kube = await withKube();
  kube.objects.put('pods', pod('one'));
  const { names } = await follow(kube);
  await expect.poll(names).toEqual(['one']);
  kube.requests.length = 0;
  kube.breakWatches();
  kube.objects.put('pods', pod('two'));
  kube.objects.delete('pods', 'default', 'one');
  await expect.poll(names).toEqual(['two']);
  expect(new Set(kube.requests)).toEqual(new Set(['WATCH /api/v1/pods']));
});

test('after a forgotten version the list is read anew and what is gone is gone', async () => {
  const kube = await withKube();
  kube.objects.put('pods', pod('one'));
  const { pods, names } = await follow(kube);
  await expect.poll(names).toEqual(['one']);
  kube.faults.refuse = 500;
  kube.breakWatches();
  await expect.poll(() => pods.trouble?.code).toBe('SERVER_ERROR');
  // while nobody watched
  kube.objects.delete('pods', 'default', 'one');
  kube.objects.put('pods', pod('two'));
  kube.objects.compact();
  expect(names()).toEqual(['one']);
  kube.faults.refuse = null;
  await expect.poll(names).toEqual(['two']);
  await expect.poll(() => pods.trouble).toBeNull();
});

test('an object that lies is left out, the others are shown', async () => {
  const kube = await withKube();
  kube.objects.put('pods', pod('good'));
  kube.objects.put('pods', { ...pod('odd'), status: { phase: 7 } });
  const { pods, names } = await follow(kube);
  await expect.poll(names).toEqual(['good']);
  expect(pods.count).toBe(2);
});

test('who may not look is told so, with what was known before', async () => {
  const kube = await withKube();
  const { pods } = await follow(kube, 'system:node:a1');
  await expect.poll(() => pods.trouble?.code).toBe('PERMISSION_DENIED');
  expect([pods.values(), pods.asOf]).toEqual([[], null]);
});
