import { expect, test } from 'vitest';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import type { Right } from '#shared/contract/connection';
import type { Client } from '#shared/contract/index';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

async function rightsOf(client: Client, cluster: DemoCluster, userid: string) {
  const { uuid } = await client.clusters.create({
    clusterId: userid.split('@')[0] ?? '',
    name: userid,
    endpoints: cluster.endpoints.map(({ host, port, fingerprint: pin }) => ({ host, port, pin })),
    user: userid,
    secret: cluster.user(userid).password,
  });
  const rights = await client.connection.rights({ uuid });
  const of = (action: Right['action']) => rights.find((right) => right.action === action);
  return { uuid, power: of('power'), stopTask: of('stopTask') };
}

test('what an account may do is told with the privilege and with the places where it differs', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  const prod = lab.cluster('prod-main');
  const [ada, eve, bob] = [
    await rightsOf(client, prod, 'ada@pve'),
    await rightsOf(client, prod, 'eve@pve'),
    await rightsOf(client, prod, 'bob@pve'),
  ];
  expect(ada.power).toEqual({ action: 'power', privilege: 'VM.PowerMgmt', held: true, except: [] });
  expect(eve.power).toMatchObject({ held: false, except: [] });
  expect(eve.stopTask).toMatchObject({ privilege: 'Sys.Modify', held: false });
  // bob has the guests of one pool and no others
  const pooled = prod.guests().filter(({ pool }) => pool === 'teaching');
  expect(pooled.length).toBeGreaterThan(0);
  expect(bob.power?.held).toBe(false);
  expect(bob.power?.except.toSorted()).toEqual(pooled.map(({ vmid }) => String(vmid)).toSorted());
});

test('it is asked once and remembered, and anew for another account', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  const prod = lab.cluster('prod-main');
  const { uuid, power } = await rightsOf(client, prod, 'eve@pve');
  const asked = () => prod.requestCount('GET', '/access/permissions');
  const before = asked();
  await Promise.all([client.connection.rights({ uuid }), client.connection.rights({ uuid })]);
  expect(asked()).toBe(before);
  const secret = prod.user('ada@pve').password;
  await client.clusters.update({ uuid, changes: { user: 'ada@pve', secret } });
  const [anew] = await client.connection.rights({ uuid });
  expect([power?.held, anew?.held]).toEqual([false, true]);
});
