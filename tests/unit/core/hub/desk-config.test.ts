import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openCore } from '#tests/support/core';
import { callHub, withHub } from '#tests/support/hub';
import { cluster } from '#tests/support/store';

const CONFIG = '/api/cluster-config';

/** A hub and its desk beside it. */
async function openHub() {
  const opened = await openCore();
  const hub = await withHub(opened);
  const ask = async (method: string, path: string, body?: object) => {
    const token = hub.newToken ?? '';
    const answer = await callHub(hub, { token, method, path, ...(body && { body }) });
    return { status: answer.status, json: answer.json() };
  };
  return { ...opened, hub, ask };
}

test('what only the desk keeps stays as it is when the API changes the rest', async () => {
  const { client, ask } = await openHub();
  const group = await client.groups.create({ name: 'Exam', colour: '#336699' });
  const pins = [Array(32).fill('AA').join(':'), Array(32).fill('BB').join(':')];
  const made = await client.clusters.create({
    clusterId: 'one',
    name: 'One',
    endpoints: [
      { host: 'pve1', port: 8006, pin: pins[0] ?? null },
      { host: 'pve2', port: 8006, pin: pins[1] ?? null },
    ],
    groupUuid: group.uuid,
    colour: '#112233',
    verify: 'off',
    isoStorage: 'isos',
    secret: 'a password',
  });
  await ask('PUT', `${CONFIG}/1`, {
    host: 'pve2',
    verify_ssl: false,
    priority: 80,
    admin_group: 'ops',
  });
  const after = await client.clusters.get({ ref: 'one' });
  expect(after).toEqual({
    ...made,
    endpoints: made.endpoints.toReversed(),
    priority: 80,
    revision: after.revision,
    updatedAt: after.updatedAt,
  });
});

test('a token comes as user and password, and its secret is needed with another id', async () => {
  const { client, core, ask } = await openHub();
  const account = { user: 'deck@pve!desk', password: 'token secret' };
  await ask('POST', CONFIG, { cluster_id: 'one', name: 'One', host: 'pve1', ...account });
  const made = await client.clusters.get({ ref: 'one' });
  expect(made).toMatchObject({ authKind: 'token', user: 'deck@pve', tokenId: 'deck@pve!desk' });
  expect(await core.vault.open(made.uuid)).toBe('token secret');
  const refused = await ask('PUT', `${CONFIG}/1`, { user: 'deck@pve!other' });
  expect(refused).toEqual({
    status: 400,
    json: { ok: false, error: 'Invalid values: password: A token needs its secret.' },
  });
  expect((await client.clusters.get({ ref: 'one' })).tokenId).toBe('deck@pve!desk');
});

test('clusters of another kind are not shown, changed or asked, and keep their id', async () => {
  const { client, ask } = await openHub();
  const endpoints = [{ host: 'node1', port: 9090, pin: null }];
  const bare = { clusterId: 'bare', name: 'Bare', endpoints, secret: 'cdk_a_b' };
  await client.clusters.create({ ...bare, kind: 'clusteros' });
  expect((await ask('GET', CONFIG)).json).toEqual({ ok: true, clusters: [] });
  const notFound = { ok: false, error: 'Cluster not found' };
  for (const [method, path] of [
    ['PUT', `${CONFIG}/1`],
    ['DELETE', `${CONFIG}/1`],
    ['POST', `${CONFIG}/1/test`],
    ['GET', `${CONFIG}/1/groups`],
  ] as const) {
    expect((await ask(method, path, method === 'PUT' ? {} : undefined)).json).toEqual(notFound);
  }
  const lab = { name: 'One', host: 'pve1', user: 'root@pam', password: '' };
  const taken = await ask('POST', CONFIG, { ...lab, cluster_id: 'bare' });
  expect(taken.json).toEqual({ ok: false, error: "Cluster ID 'bare' already exists" });
  await ask('POST', CONFIG, { ...lab, cluster_id: 'one' });
  const last = await ask('DELETE', `${CONFIG}/2`);
  expect(last.json).toEqual({ ok: false, error: 'Cannot delete the last cluster' });
});

test('changes that come at once are all done, with and without a password', async () => {
  const { client, ask, core } = await openHub();
  const lab = { cluster_id: 'one', name: 'One', host: 'pve1', user: 'root@pam', password: 'first' };
  await ask('POST', CONFIG, lab);
  const answers = await Promise.all([
    ask('PUT', `${CONFIG}/1`, { password: 'second', priority: 10 }),
    ask('PUT', `${CONFIG}/1`, { description: 'two' }),
    ask('PUT', `${CONFIG}/1`, { port: 443 }),
    ask('PUT', `${CONFIG}/1`, { host: 'pve2' }),
    ask('PUT', `${CONFIG}/1`, { default_storage: 'local' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const after = await client.clusters.get({ ref: 'one' });
  expect(after).toMatchObject({
    priority: 10,
    description: 'two',
    defaultStorage: 'local',
    endpoints: [{ host: 'pve2', port: 443 }],
  });
  expect(await core.vault.open(after.uuid)).toBe('second');
});

test('the audit names the address a change came from, once for each change and not for none', async () => {
  const { core, ask } = await openHub();
  const lab = { cluster_id: 'one', name: 'One', host: 'pve1', user: 'root@pam', password: 'first' };
  await ask('POST', CONFIG, lab);
  await ask('PUT', `${CONFIG}/1`, { priority: 1 });
  await ask('PUT', `${CONFIG}/1`, {});
  await ask('PUT', `${CONFIG}/1`, { vm_cache_ttl: 5 });
  const rows = core.store.sqlite
    .prepare("SELECT action, subject, after FROM audit WHERE action LIKE 'hub.%Cluster'")
    .all();
  const from = JSON.stringify({ from: '127.0.0.1' });
  expect(rows).toEqual([
    { action: 'hub.createCluster', subject: 'one', after: from },
    { action: 'hub.updateCluster', subject: 'one', after: from },
    { action: 'hub.updateCluster', subject: 'one', after: from },
  ]);
});

test('a long list comes packed for whoever can unpack it', async () => {
  const { core, hub } = await openHub();
  const many = Array.from({ length: 300 }, (_, n) => ({ input: cluster(`c${n}`) }));
  await core.clusters.createAll(many);
  const token = hub.newToken ?? '';
  const plain = await callHub(hub, { token });
  const packed = await callHub(hub, { token, headers: { 'accept-encoding': 'gzip, br' } });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 10);
  expect(gunzipSync(packed.bytes).toString()).toBe(plain.text);
});
