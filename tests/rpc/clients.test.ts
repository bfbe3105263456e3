import { expect, test } from 'vitest';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import type { Client } from '#shared/contract/index';
import { withDeck } from '#tests/support/deck';
import { MemoryKeychain, testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';

function add(client: Client, cluster: DemoCluster, secret: string, userid = 'ada@pve') {
  return client.clusters.create({
    clusterId: cluster.id,
    name: cluster.id,
    endpoints: cluster.endpoints.map((e) => ({ host: e.host, port: e.port, pin: e.fingerprint })),
    user: userid,
    secret,
  });
}

test('an edit takes effect at once: a refused password, corrected, works with the next call', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { uuid } = await add(client, cluster, 'wrong');
  for (let i = 0; i < 5; i++) {
    await expect(client.connection.storages({ uuid })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      data: { cluster: 'prod-main' },
    });
  }
  expect(cluster.requestCount('POST', '/access/ticket')).toBe(1);
  await client.clusters.update({ uuid, changes: { secret: cluster.user('ada@pve').password } });
  expect(await client.connection.storages({ uuid })).not.toEqual([]);
});

test('refreshing tries refused credentials once more, for a password that was changed on the server', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { uuid } = await add(client, cluster, 'new-password');
  await client.inventory.poll({ cluster: uuid });
  await expect(client.connection.storages({ uuid })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  expect(cluster.requestCount('POST', '/access/ticket')).toBe(1);
  await client.connection.refresh({ uuid });
  expect(cluster.requestCount('POST', '/access/ticket')).toBe(2);
});

test('a locked keychain is told as such and nothing is sent; unlocked, the call works', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const keychain = new MemoryKeychain();
  const ports = testPorts({ protectors: [keychain] });
  const first = await withDeck(undefined, ports);
  const { uuid } = await add(first.client, cluster, cluster.user('ada@pve').password);
  await first.core.close();
  keychain.locked = true;
  const { client } = await withDeck(undefined, ports);
  await expect(client.connection.storages({ uuid })).rejects.toMatchObject({
    code: 'VAULT_LOCKED',
  });
  expect(cluster.requests()).toEqual([]);
  keychain.locked = false;
  await client.vault.unlock({});
  expect(await client.connection.storages({ uuid })).not.toEqual([]);
});

test('tickets that the server has forgotten are replaced without anybody noticing', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  for (const cluster of lab.clusters) {
    const { uuid } = await add(client, cluster, cluster.user('ada@pve').password);
    await client.connection.storages({ uuid });
    cluster.expireTickets();
    expect(await client.connection.storages({ uuid })).not.toEqual([]);
    expect(cluster.requestCount('POST', '/access/ticket')).toBe(2);
  }
});

test('a stored password is not sent as a token secret, nor the other way round', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { uuid, endpoints } = await add(client, cluster, cluster.user('ada@pve').password);
  const token = { authKind: 'token' as const, tokenId: 'ada@pve!desk', user: 'ada@pve' };
  const draft = { uuid, endpoints, verify: 'pin' as const, ...token };
  await expect(client.connection.storages({ draft })).rejects.toMatchObject({
    code: 'SECRET_MISSING',
  });
  expect(cluster.requests()).toEqual([]);
});
