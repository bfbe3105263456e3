import { expect, test } from 'vitest';
import type { PeerCaller } from '#agent/membership/peer-types';
import { uncordonRoute, uncordonSelf } from '#agent/operations/leave/uncordon';
import { placesOf } from '#agent/roles/k3s/places';
import { fail } from '#shared/contract/errors';
import { member, StagedMembership } from '#tests/support/agent';
import type { FakeKube } from '#tests/support/kube';
import { sweptFolder } from '#tests/support/temp-folder';
import { node, withKube } from '../k3s/kube-server';
import { write } from './stage';

const OPERATION = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';
const signal = new AbortController().signal;

function cordoned(kube: FakeKube, name: string, by: string): void {
  const made = node(name);
  const annotations = { 'clusterdeck/cordoned-by': by };
  const metadata = { ...made.metadata, annotations };
  kube.objects.put('nodes', { ...made, metadata, spec: { unschedulable: true } });
}
const isCordoned = (kube: FakeKube, name: string) =>
  kube.objects.get('nodes', '', name)?.spec?.['unschedulable'];

async function server(kube: FakeKube) {
  const places = placesOf(sweptFolder(), sweptFolder());
  write(places.serverAccess, await kube.kubeconfig('system:admin'));
  return places;
}

test('a server lets pods come again to the node that asks, and to no other', async () => {
  const kube = await withKube();
  const places = await server(kube);
  for (const name of ['a2', 'a3']) cordoned(kube, name, OPERATION);
  const route = uncordonRoute({ places });
  const ask = (caller: PeerCaller | null, body: unknown) =>
    route.handle(
      { method: 'POST', target: route.path, fingerprint: '', address: '', body, signal },
      caller,
    );
  const a2 = { id: 'id-a2', name: 'a2', fingerprint: '' };
  await ask(a2, { operation: OPERATION });
  expect([isCordoned(kube, 'a2'), isCordoned(kube, 'a3')]).toEqual([false, true]);
  for (const [caller, body] of [
    [a2, { operation: OPERATION, node: 'a3' }],
    [a2, { operation: 'x' }],
    [null, { operation: OPERATION }],
  ] as const) {
    await expect(ask(caller, body)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  // what another operation or a person cordoned stays so
  cordoned(kube, 'a2', 'somebody');
  await ask(a2, { operation: OPERATION });
  expect(isCordoned(kube, 'a2')).toBe(true);
});

test('a node asks one server after another, and a server asks nobody', async () => {
  const kube = await withKube();
  const places = await server(kube);
  cordoned(kube, 'a3', OPERATION);
  cordoned(kube, 'a1', OPERATION);
  const [a1, a2] = ['a1', 'a2'].map((name) => member(name, { roles: ['k3s-server'] }));
  const a3 = member('a3', { roles: ['k3s-agent'] });
  const asked: string[] = [];
  const peers = {
    call: async ({ name }: { name: string }) => {
      asked.push(name);
      if (name === 'a1') throw fail('UNREACHABLE', { remedy: '' });
      return {};
    },
  };
  if (a1 === undefined || a2 === undefined) throw new Error('no servers');
  const membership = new StagedMembership(a3, [a1, a2]);
  await uncordonSelf({ membership, peers, places }, OPERATION, signal);
  expect(asked).toEqual(['a1', 'a2']);
  const own = new StagedMembership(a1, [a2, a3]);
  await uncordonSelf({ membership: own, peers, places }, OPERATION, signal);
  expect(asked).toHaveLength(2);
  expect(isCordoned(kube, 'a1')).toBe(false);
  const alone = new StagedMembership(a3, []);
  await expect(
    uncordonSelf({ membership: alone, peers, places }, OPERATION, signal),
  ).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
});
