import { expect, test } from 'vitest';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import type { ClusterCreateInput } from '#shared/contract/clusters';
import { STAGES, type TestEvent, type TestResult } from '#shared/contract/connection';
import type { Client } from '#shared/contract/index';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';
import { until } from '#tests/support/tls-server';

type TestInput = Parameters<Client['connection']['test']>[0];

async function events(client: Client, input: TestInput): Promise<TestEvent[]> {
  const seen: TestEvent[] = [];
  for await (const event of await client.connection.test(input)) seen.push(event);
  return seen;
}

async function tested(client: Client, input: TestInput): Promise<TestResult> {
  const last = (await events(client, input)).at(-1);
  if (last?.type !== 'done') throw new Error('the test gave no verdict');
  return last.result;
}

const states = (result: TestResult) => result.stages.map(({ name, state }) => `${name}: ${state}`);

/** How the first stages ended, the rest being skipped. */
function upTo(failed: string) {
  const index = STAGES.findIndex((name) => name === failed);
  return STAGES.map((name, at) =>
    at < index ? `${name}: passed` : at === index ? `${name}: failed` : `${name}: skipped`,
  );
}

function input(cluster: DemoCluster, userid = 'ada@pve'): ClusterCreateInput {
  return {
    clusterId: cluster.id,
    name: cluster.id,
    endpoints: cluster.endpoints.map(({ host, port, fingerprint }) => ({
      host,
      port,
      pin: fingerprint,
    })),
    user: userid,
    secret: cluster.user(userid).password,
  };
}

function draftOf(cluster: DemoCluster, userid = 'ada@pve') {
  const { endpoints, secret = '' } = input(cluster, userid);
  const shared = { endpoints, user: userid, tokenId: null, secret };
  return { ...shared, authKind: 'password' as const, verify: 'pin' as const };
}

test('all three releases pass every stage, with version, nodes and quorum', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  const results = await Promise.all(
    lab.clusters.map((cluster) => tested(client, { draft: draftOf(cluster) })),
  );
  for (const result of results) {
    expect(states(result)).toEqual(STAGES.map((name) => `${name}: passed`));
  }
  expect(results.map(({ ok, version, nodes }) => [ok, version, nodes])).toEqual([
    [true, '9.2.11', 3],
    [true, '8.4.21', 1],
    [true, '7.4-20', lab.clusters[2]?.site.cluster.nodes.size],
  ]);
  expect(results[0]?.nodeNames).toEqual(['pve-01', 'pve-02', 'pve-03']);
  expect(results[0]?.message).toBe('Proxmox VE 9.2.11 with 3 nodes.');
  expect(results[1]?.stages.at(-1)?.detail).toBe('one node alone needs none');
});

test('each stage is told as it begins and ends, and further endpoints up to their certificate', async () => {
  const lab = await withLab({ clusters: 1 });
  const { client } = await withDeck();
  const seen = await events(client, { draft: draftOf(lab.cluster('prod-main')) });
  const stages = seen.flatMap((event) => (event.type === 'stage' ? [event] : []));
  const [first, second, third] = lab
    .cluster('prod-main')
    .endpoints.map((e) => `127.0.0.1:${e.port}`);
  const told = (endpoint?: string) =>
    stages
      .filter((event) => event.endpoint === endpoint)
      .map(({ stage }) => `${stage.name} ${stage.state}`);
  expect(told(first)).toEqual(STAGES.flatMap((name) => [`${name} running`, `${name} passed`]));
  const network = STAGES.slice(0, 3).flatMap((name) => [`${name} running`, `${name} passed`]);
  expect([told(second), told(third)]).toEqual([network, network]);
});

test('an unknown certificate stops before a byte of HTTP, and pinning it passes', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { host, port, fingerprint } = cluster.endpoint;
  const made = await client.clusters.create({
    ...input(cluster),
    endpoints: [{ host, port, pin: null }],
  });
  const refused = await tested(client, { uuid: made.uuid });
  expect(states(refused)).toEqual(upTo('tls'));
  const tls = refused.stages[2];
  expect(tls).toMatchObject({
    code: 'TLS_UNTRUSTED',
    certificate: { fingerprint, trustedByCa: false },
  });
  expect(cluster.requests()).toEqual([]);
  const seen = await client.connection.certificate({ host, port });
  expect(seen.fingerprint).toBe(fingerprint);
  expect(cluster.requests()).toEqual([]);
  await client.connection.pin({
    uuid: made.uuid,
    host,
    port,
    fingerprint: seen.fingerprint,
    previous: null,
  });
  expect((await tested(client, { uuid: made.uuid })).ok).toBe(true);
});

test('a changed certificate shows both fingerprints; re-pinning needs the pin it replaces', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const made = await client.clusters.create(input(cluster));
  const { host, port, fingerprint: old } = cluster.endpoint;
  await cluster.swapCertificate('changed', 'pve-01');
  const { stages, ok } = await tested(client, { uuid: made.uuid });
  expect(ok).toBe(false);
  const now = cluster.endpoint.fingerprint;
  expect(stages[2]).toMatchObject({
    code: 'TLS_CHANGED',
    pinned: old,
    certificate: { fingerprint: now },
  });
  const pin = { uuid: made.uuid, host, port, fingerprint: now };
  await expect(client.connection.pin({ ...pin, previous: null })).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  await client.connection.pin({ ...pin, previous: old });
  expect((await tested(client, { uuid: made.uuid })).ok).toBe(true);
});

test('a wrong password fails authentication and is not sent again and again', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const result = await tested(client, { draft: { ...draftOf(cluster), secret: 'wrong' } });
  expect(states(result)).toEqual(upTo('authentication'));
  expect(result.stages[3]).toMatchObject({ code: 'AUTH_FAILED', remedy: expect.any(String) });
  expect(cluster.requestCount('POST', '/access/ticket')).toBe(1);
});

test('a stored secret stands in for a blank one', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { uuid } = await client.clusters.create(input(cluster));
  const draft = { ...draftOf(cluster), uuid, secret: '' };
  expect((await tested(client, { draft })).ok).toBe(true);
  const { secret: _secret, ...none } = draftOf(cluster);
  expect((await tested(client, { draft: none })).stages[3]?.code).toBe('SECRET_MISSING');
});

test('an account that may not read the state of the cluster fails at its permissions', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  for (const cluster of lab.clusters) {
    const result = await tested(client, { draft: draftOf(cluster, 'bob@pve') });
    expect(states(result)).toEqual(upTo('permissions'));
    expect(result.stages[4]).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(result.stages[4]?.remedy).toContain('Sys.Audit on /');
  }
});

test('without quorum everything is read, and the last stage says what is wrong', async () => {
  const lab = await withLab({ clusters: 1 });
  lab.cluster('prod-main').noQuorum();
  const { client } = await withDeck();
  const result = await tested(client, { draft: draftOf(lab.cluster('prod-main')) });
  expect(states(result)).toEqual(upTo('quorum'));
  expect([result.ok, result.version, result.nodes]).toEqual([false, '9.2.11', 3]);
});

test('another endpoint gives the verdict where the first is closed', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const draft = draftOf(cluster);
  const [closed, open] = cluster.endpoints;
  await cluster.refuseConnections('pve-01');
  const { client } = await withDeck();
  const result = await tested(client, { draft });
  expect([result.ok, result.endpoint]).toEqual([true, `127.0.0.1:${open?.port}`]);
  expect(result.message).toContain(`Not usable: 127.0.0.1:${closed?.port}`);
  await cluster.refuseConnections();
  const none = await tested(client, { draft });
  expect([none.ok, none.stages[1]?.code]).toEqual([false, 'CONNECTION_REFUSED']);
  expect(none.stages).toHaveLength(STAGES.length);
});

test('a name that is nowhere fails the first stage', async () => {
  const { client } = await withDeck();
  const endpoints = [{ host: 'nowhere.invalid', port: 8006, pin: null }];
  const shared = { endpoints, user: 'root@pam', tokenId: null, secret: 'x' };
  const draft = { ...shared, authKind: 'password' as const, verify: 'pin' as const };
  const result = await tested(client, { draft });
  expect(states(result)).toEqual(upTo('name resolution'));
  expect(result.stages[0]?.code).toBe('NAME_NOT_RESOLVED');
});

test('a second factor is asked for, and its answer opens the session of the stored cluster too', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  for (const cluster of lab.clusters) {
    const { uuid } = await client.clusters.create(input(cluster, 'otto@pve'));
    const asked = await tested(client, { uuid });
    expect(states(asked)).toEqual(upTo('authentication'));
    expect(asked.factors).toEqual(expect.arrayContaining(['totp']));
    const tfa = { kind: 'totp' as const, code: cluster.totp('otto@pve') };
    expect((await tested(client, { uuid, tfa })).ok).toBe(true);
    expect(await client.connection.storages({ uuid })).not.toEqual([]);
    const again = await tested(client, { uuid });
    expect(again.ok).toBe(true);
  }
});

test('a recovery key answers the second factor of a running session', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const { uuid } = await client.clusters.create(input(cluster, 'otto@pve'));
  await expect(client.connection.storages({ uuid })).rejects.toMatchObject({
    code: 'TFA_REQUIRED',
  });
  const wrong = { kind: 'recovery' as const, code: '0000-0000-0000-0000' };
  await expect(client.connection.answerTfa({ uuid, tfa: wrong })).rejects.toMatchObject({
    code: 'TFA_FAILED',
  });
  const code = cluster.user('otto@pve').recoveryKeys?.[0] ?? '';
  await client.connection.answerTfa({ uuid, tfa: { kind: 'recovery', code } });
  expect(await client.connection.storages({ uuid })).not.toEqual([]);
});

test('cancelling a test ends it, and its connection', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const fault = cluster.inject({ kind: 'hang' }, { path: '/version' });
  const { client } = await withDeck();
  const abort = new AbortController();
  const draft = draftOf(cluster);
  const stream = await client.connection.test({ draft }, { signal: abort.signal });
  const work = (async () => {
    const seen: TestEvent[] = [];
    for await (const event of stream) seen.push(event);
    return seen;
  })();
  await until(() => fault.hits() === 1, 'the call that hangs');
  abort.abort();
  await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
});

test('what an account lacks is told per feature and release', async () => {
  const lab = await withLab();
  const { client } = await withDeck();
  for (const cluster of lab.clusters) {
    const ada = await client.clusters.create(input(cluster));
    expect((await client.connection.missing({ uuid: ada.uuid })).filter(({ ok }) => !ok)).toEqual(
      [],
    );
    const eve = await client.clusters.create({
      ...input(cluster, 'eve@pve'),
      clusterId: `${cluster.id}-eve`,
    });
    const lacking = await client.connection.missing({ uuid: eve.uuid });
    expect(lacking.find(({ feature }) => feature === 'power')).toMatchObject({
      ok: false,
      missing: [{ path: '/vms', privileges: ['VM.PowerMgmt'] }],
      remedy: expect.stringContaining('VM.PowerMgmt on /vms'),
    });
    expect(lacking.find(({ feature }) => feature === 'watch')?.ok).toBe(true);
  }
});

test('storages for a picker: each once, shared ones too', async () => {
  const lab = await withLab({ clusters: 1 });
  const { client } = await withDeck();
  const storages = await client.connection.storages({ draft: draftOf(lab.cluster('prod-main')) });
  const names = storages.map(({ storage }) => storage);
  expect(names).toEqual([...new Set(names)]);
  expect(storages).toContainEqual(
    expect.objectContaining({ storage: 'ceph-vm', type: 'rbd', shared: true }),
  );
});

test('a trusted member vouches for its siblings', async () => {
  const lab = await withLab({ clusters: 1 });
  const cluster = lab.cluster('prod-main');
  const { client } = await withDeck();
  const [first, ...others] = cluster.endpoints;
  const one = input(cluster).endpoints.slice(0, 1);
  const { uuid } = await client.clusters.create({ ...input(cluster), endpoints: one });
  const siblings = await client.connection.siblings({ uuid });
  expect(siblings.map(({ node, pin }) => [node, pin])).toEqual(
    others.map(({ node, fingerprint }) => [node, fingerprint]),
  );
  expect(siblings.every(({ port }) => port === first?.port)).toBe(true);
  await client.clusters.update({ uuid, changes: { verify: 'off' } });
  await expect(client.connection.siblings({ uuid })).rejects.toMatchObject({
    code: 'TLS_UNTRUSTED',
  });
});
