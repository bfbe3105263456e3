import { expect, test } from 'vitest';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import type { FeatureName } from '#shared/contract/connection';
import type { Client } from '#shared/contract/index';
import { withDeck } from '#tests/support/deck';
import { testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';

async function start(userid = 'root@pam') {
  const lab = await withLab();
  const ports = testPorts();
  const { client } = await withDeck(undefined, ports);
  const add = (cluster: DemoCluster) =>
    client.clusters.create({
      clusterId: cluster.id,
      name: cluster.id,
      endpoints: cluster.endpoints.map((e) => ({ host: e.host, port: e.port, pin: e.fingerprint })),
      user: userid,
      secret: cluster.user(userid).password,
    });
  return { lab, client, add, ports };
}

/** What the cluster knows of users, tokens, roles and grants that minting makes. */
function traces({ site }: DemoCluster) {
  const { users, roles, acl } = site.directory;
  return {
    users: [...users.keys()].filter((id) => id.startsWith('clusterdeck')),
    tokens: [...users.values()]
      .flatMap((user) => [...user.tokens.keys()])
      .filter((id) => id === 'desk2'),
    roles: [...roles.keys()].filter((id) => id.startsWith('Clusterdeck')),
    grants: acl
      .filter((entry) => entry.roleid.startsWith('Clusterdeck'))
      .map((entry) => entry.ugid),
  };
}

async function latestMint(client: Client) {
  const filter = { actions: ['token.mint'] };
  return (await client.audit.list({ filter, limit: 1 })).entries[0];
}

const NOTHING = { users: [], tokens: [], roles: [], grants: [] };

test('on every release the token does what was asked for, no more, and the password is forgotten', async () => {
  const { lab, client, add, ports } = await start();
  for (const cluster of lab.clusters) {
    const { uuid } = await add(cluster);
    const features: FeatureName[] = ['watch', 'power'];
    const minted = await client.connection.mintToken({ uuid, features });
    expect(minted.tokenId).toBe('clusterdeck@pve!desk');
    expect(minted.cluster).toMatchObject({
      authKind: 'token',
      tokenId: minted.tokenId,
      hasSecret: true,
    });
    expect(minted.privileges).toContain('VM.PowerMgmt');
    expect(minted.privileges).not.toContain('VM.Allocate');
    expect(minted.privileges).not.toContain('VM.Monitor');
    expect(minted.privileges.includes('VM.GuestAgent.Audit')).toBe(
      cluster.site.cluster.dress.major === 9,
    );
    cluster.resetCounters();
    const missing = await client.connection.missing({ uuid });
    expect(missing.filter(({ ok }) => ok).map(({ feature }) => feature)).toEqual([
      'watch',
      'power',
      'idle shutdown',
    ]);
    expect(cluster.requestCount('POST', '/access/ticket')).toBe(0);
    expect(JSON.stringify(ports.lines)).not.toContain(cluster.user('root@pam').password);
    expect(await latestMint(client)).toMatchObject({
      subject: cluster.id,
      target: uuid,
      result: 'ok',
      after: { user: 'clusterdeck@pve', tokenId: minted.tokenId, role: 'Clusterdeck-desk' },
    });
  }
});

test('minting again under the same name is refused before anything is made', async () => {
  const { lab, client, add } = await start();
  const cluster = lab.cluster('prod-main');
  const { uuid } = await add(cluster);
  await client.connection.mintToken({ uuid, features: ['watch'] });
  await expect(client.connection.mintToken({ uuid, features: ['watch'] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  const password = cluster.user('root@pam').password;
  await client.clusters.update({
    uuid,
    changes: { authKind: 'password', tokenId: null, secret: password },
  });
  const before = traces(cluster);
  await expect(client.connection.mintToken({ uuid, features: ['deploy'] })).rejects.toMatchObject({
    code: 'PARAMETER_REFUSED',
    data: { field: 'tokenName' },
  });
  expect(traces(cluster)).toEqual(before);
  const second = await client.connection.mintToken({
    uuid,
    features: ['deploy'],
    tokenName: 'desk2',
  });
  expect(second.privileges).toContain('VM.Allocate');
});

test.each([
  ['the user', 'POST', '/access/users'],
  ['the first grant', 'PUT', '/access/acl'],
  ['the token', 'POST', '/access/users/{userid}/token/{tokenid}'],
] as const)(
  'when %s cannot be made, what was made before is taken away',
  async (_what, method, route) => {
    const { lab, client, add } = await start();
    const cluster = lab.cluster('prod-main');
    const { uuid } = await add(cluster);
    const path = new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    cluster.inject(
      { kind: 'status', status: 500, message: 'disk on fire' },
      { method, path, times: 1 },
    );
    const minting = client.connection.mintToken({ uuid, features: ['watch'], tokenName: 'desk2' });
    await expect(minting).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      data: { remedy: expect.stringContaining('taken away again') },
    });
    expect(traces(cluster)).toEqual(NOTHING);
    expect((await latestMint(client))?.result).toBe('failed: SERVER_ERROR');
    expect((await client.clusters.get({ ref: uuid })).authKind).toBe('password');
  },
);

test('when the answer with the secret is lost, the token is taken away and never asked for twice', async () => {
  const { lab, client, add } = await start();
  const cluster = lab.cluster('prod-main');
  const { uuid } = await add(cluster);
  cluster.resetCounters();
  const lost = { method: 'POST', path: /token/, times: 1 };
  cluster.inject({ kind: 'closeMidway', afterBytes: 5 }, lost);
  const minting = client.connection.mintToken({ uuid, features: ['watch'], tokenName: 'desk2' });
  await expect(minting).rejects.toMatchObject({ data: { outcome: 'unknown' } });
  expect(traces(cluster)).toEqual(NOTHING);
  expect(cluster.requestCount('POST', '/access/users/{userid}/token/{tokenid}')).toBe(1);
});

test('what cannot be taken away is named', async () => {
  const { lab, client, add } = await start();
  const cluster = lab.cluster('prod-main');
  const { uuid } = await add(cluster);
  cluster.inject({ kind: 'status', status: 500, message: 'no' }, { method: 'POST', path: /token/ });
  cluster.inject(
    { kind: 'status', status: 500, message: 'no' },
    { method: 'DELETE', path: /roles/ },
  );
  const minting = client.connection.mintToken({ uuid, features: ['watch'] });
  await expect(minting).rejects.toMatchObject({
    data: {
      remedy: expect.stringContaining('Remove by hand on the cluster: the role Clusterdeck-desk.'),
    },
  });
});

test('an account that may not make users fails with the privilege it lacks, and leaves nothing', async () => {
  const { lab, client, add } = await start('ada@pve');
  const cluster = lab.cluster('prod-main');
  const { uuid } = await add(cluster);
  const minting = client.connection.mintToken({ uuid, features: ['watch'] });
  await expect(minting).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(traces(cluster)).toEqual(NOTHING);
});

test('with a second factor the code is given along', async () => {
  const { lab, client, add } = await start('otto@pve');
  const cluster = lab.cluster('prod-main');
  cluster.site.directory.setGrant(
    { path: '/', type: 'user', ugid: 'otto@pve', roleid: 'Administrator', propagate: true },
    false,
  );
  const { uuid } = await add(cluster);
  const tfa = { kind: 'totp' as const, code: cluster.totp('otto@pve') };
  const { cluster: stored } = await client.connection.mintToken({ uuid, features: ['watch'], tfa });
  expect(stored.authKind).toBe('token');
});
