import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import type { RemoteCreateInput, RemoteStage, RemoteTestResult } from '#shared/contract/remotes';
import { openCore } from '#tests/support/core';
import { hear } from '#tests/support/deck';
import { deskAndPortal, syncWith, withPortal } from '#tests/support/sync-desk';

const REMOTE: RemoteCreateInput = { name: 'Portal', url: 'https://portal.lab', user: 'ada@pve' };

test('a remote is stored with its defaults, and its secret only sealed', async () => {
  const { client, core, ports } = await openCore();
  const made = await client.remotes.create({ ...REMOTE, secret: 'correct horse' });
  expect(made).toMatchObject({
    name: 'Portal',
    auth: 'login',
    verify: 'pin',
    pin: null,
    hasSecret: true,
    syncWhenOnline: false,
    lastSyncAt: null,
    revision: 1,
  });
  expect(await client.remotes.list()).toEqual([made]);
  const dump = JSON.stringify(
    ['remotes', 'secrets', 'audit'].map((table) =>
      core.store.sqlite.prepare(`SELECT * FROM ${table}`).all(),
    ),
  );
  expect(dump).not.toContain('correct horse');
  expect(core.store.sqlite.prepare('SELECT owner FROM secrets').pluck().all()).toEqual([made.uuid]);
  expect(ports.lines.map(({ fields }) => JSON.stringify(fields)).join()).not.toContain('horse');
});

test.each<[string, Partial<RemoteCreateInput>, string, RegExp]>([
  ['a name twice', { name: 'portal' }, 'name', /Another remote/],
  ['a login without user', { name: 'x', user: null }, 'user', /needs its user/],
  ['a password in the address', { name: 'x', url: 'https://a:b@c' }, 'url', /own fields/],
  ['a query', { name: 'x', url: 'https://c/?next=/' }, 'url', /question mark/],
  ['authorities over http', { name: 'x', url: 'http://c', verify: 'ca' }, 'verify', /over http/],
])('%s is refused with the field named', async (_name, wrong, field, sentence) => {
  const { client } = await openCore();
  await client.remotes.create(REMOTE);
  const [error] = await safe(client.remotes.create({ ...REMOTE, ...wrong }));
  expect(error).toMatchObject({
    code: 'INVALID_INPUT',
    data: { fields: { [field]: expect.stringMatching(sentence) } },
  });
  expect(await client.remotes.list()).toHaveLength(1);
});

test('an edit based on an older one is refused; a blank secret keeps the stored one', async () => {
  const { client } = await openCore();
  const { uuid, revision } = await client.remotes.create({ ...REMOTE, secret: 'x' });
  const next = await client.remotes.update({
    uuid,
    revision,
    changes: { name: 'New', secret: '' },
  });
  expect(next).toMatchObject({ name: 'New', hasSecret: true, revision: 2 });
  const [error] = await safe(client.remotes.update({ uuid, revision, changes: { name: 'Late' } }));
  expect(error).toMatchObject({ code: 'REVISION_CHANGED' });
});

test('clusters of a removed remote stay and follow none; a cluster cannot follow what is not there', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.change('c1', { name: 'Waiting' });
  await desk.client.remotes.remove({ uuid: desk.remoteUuid });
  expect(await desk.get('c1')).toMatchObject({ remoteUuid: null, name: 'Waiting' });
  expect(await desk.client.sync.outbox()).toEqual([]);
  for (const table of ['bases', 'outbox', 'secrets', 'remotes']) {
    const count = desk.core.store.sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    expect([table, count]).toEqual([table, 0]);
  }
  const [error] = await safe(desk.change('c1', { remoteUuid: desk.remoteUuid }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'remoteUuid' } });
});

test('windows hear of remotes and of what waits, with the snapshot and then as it changes', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  const events = await desk.client.live.watch();
  const [snapshot] = await hear(events, ({ type }) => type === 'snapshot');
  expect(snapshot).toMatchObject({ remotes: [{ uuid: desk.remoteUuid }], outbox: [] });
  await desk.change('c1', { name: 'Mine' });
  const heard = await hear(
    events,
    (event) => event.type === 'outbox' && event.outbox[0]?.clusterId === 'c1',
  );
  expect(heard.at(-1)).toMatchObject({ outbox: [{ summary: 'Change name of Mine.' }] });
  await desk.client.remotes.update({ uuid: desk.remoteUuid, changes: { name: 'Renamed' } });
  await hear(events, (event) => event.type === 'remotes' && event.remotes[0]?.name === 'Renamed');
  await events.return?.();
});

type TestInput = Parameters<Awaited<ReturnType<typeof openCore>>['client']['remotes']['test']>[0];
async function tested(
  { client }: Awaited<ReturnType<typeof openCore>>,
  input: TestInput,
): Promise<RemoteTestResult & { seen: RemoteStage[] }> {
  const seen: RemoteStage[] = [];
  for await (const event of await client.remotes.test(input)) {
    if (event.type === 'done') return { ...event.result, seen };
    seen.push(event.stage);
  }
  throw new Error('The test told no end');
}

test('a test goes stage by stage and tells the certificate to be pinned', async () => {
  const core = await openCore();
  const { portal, url, fingerprint } = await withPortal();
  portal.add('c1');
  portal.add('odd', { port: 'nonsense' });
  const draft = { ...REMOTE, url, secret: 'correct horse' };
  const unknown = await tested(core, { draft });
  expect(unknown.stages.map(({ name, state }) => [name, state])).toEqual([
    ['name resolution', 'passed'],
    ['tcp', 'passed'],
    ['tls', 'failed'],
    ['login', 'skipped'],
    ['read', 'skipped'],
  ]);
  expect(unknown.stages[2]).toMatchObject({ code: 'TLS_UNTRUSTED', certificate: { fingerprint } });
  expect(portal.calls).toEqual([]);
  const well = await tested(core, { draft: { ...draft, pin: fingerprint } });
  expect(well).toMatchObject({
    ok: true,
    clusters: 1,
    message: 'The remote answers with 1 cluster.',
  });
  expect(well.stages.at(-1)?.detail).toBe('1 cluster, 1 cannot be read');
  expect(well.seen.filter(({ state }) => state === 'running')).toHaveLength(5);
  const wrong = await tested(core, { draft: { ...draft, pin: fingerprint, secret: 'no' } });
  expect(wrong).toMatchObject({ ok: false, message: 'The remote refused the login.' });
  expect(wrong.stages[3]).toMatchObject({ name: 'login', state: 'failed', code: 'AUTH_FAILED' });
  expect(await core.client.remotes.list()).toEqual([]);
});

test('a portal before its first run, and none at all, are told apart', async () => {
  const core = await openCore();
  const { portal, url, fingerprint, close } = await withPortal();
  const draft = { ...REMOTE, url, pin: fingerprint, secret: 'correct horse' };
  portal.isSetUp = false;
  const first = await tested(core, { draft });
  expect(first).toMatchObject({ ok: false, message: 'The remote is not set up yet.' });
  await close();
  const none = await tested(core, { draft });
  expect(none.stages[1]).toMatchObject({
    state: 'failed',
    code: 'CONNECTION_REFUSED',
    remedy: 'Check the port, and that the remote runs.',
  });
});

test('the stored password goes to the stored address only', async () => {
  const desk = await deskAndPortal();
  const elsewhere = await withPortal();
  const { remoteUuid: uuid } = desk;
  expect(await tested(desk, { uuid })).toMatchObject({ ok: true });
  const draft = { ...REMOTE, url: desk.url, pin: desk.fingerprint };
  expect(await tested(desk, { draft, uuid })).toMatchObject({ ok: true });
  const { url, fingerprint: pin } = elsewhere;
  const other = await tested(desk, { draft: { ...draft, url, pin }, uuid });
  expect(other.stages[3]).toMatchObject({ state: 'failed', code: 'SECRET_MISSING' });
  expect(elsewhere.portal.calls).toEqual([]);
});

test('an address with http is spoken to as it stands, and that nothing is protected is said', async () => {
  const core = await openCore();
  const { portal, url } = await withPortal('http');
  portal.add('c1');
  const { uuid } = await core.client.remotes.create({ ...REMOTE, url, secret: 'correct horse' });
  const result = await tested(core, { uuid });
  expect(result).toMatchObject({ ok: true, message: expect.stringMatching(/unprotected/) });
  expect(result.stages[2]).toMatchObject({
    name: 'tls',
    state: 'skipped',
    detail: 'http: nothing on the way is protected',
  });
  expect(await syncWith(core.client, uuid)).toMatchObject({ ok: true, message: '1 synced.' });
});
