import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { deskAndPortal, entryOf } from '#tests/support/sync-desk';

/** Everything this desk stored, logged or said. */
async function everything({ client, ports }: Awaited<ReturnType<typeof deskAndPortal>>) {
  const { dataDir } = ports.paths;
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
  const said = [
    await client.remotes.list(),
    await client.sync.outbox(),
    await client.clusters.list(),
  ];
  const logged = 'lines' in ports ? ports.lines : [];
  return `${files.join('')}${JSON.stringify(said)}${JSON.stringify(logged)}`;
}

test('an error of the portal that repeats a password appears nowhere, and the change goes on later', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.add('mine', { secret: 'hunter2-and-more' });
  let isBroken = true;
  desk.portal.fault = ({ method, path, body }) => {
    if (!isBroken || method !== 'POST' || path === '/login') return null;
    const error = `(sqlite3.OperationalError) database is locked\n[parameters: (${body})]`;
    return { status: 500, type: 'application/json', body: JSON.stringify({ ok: false, error }) };
  };
  const report = await desk.sync({ sendSecrets: ['mine'] });
  const entry = entryOf(report, 'mine');
  expect(entry).toMatchObject({ result: 'failed', failure: { code: 'SERVER_ERROR' } });
  const all = `${await everything(desk)}${JSON.stringify(report)}`;
  for (const word of ['hunter2', 'parameters', 'sqlite3']) expect(all).not.toContain(word);
  const [waiting] = await desk.client.sync.outbox();
  expect(waiting).toMatchObject({ clusterId: 'mine', attempts: 1, uncertain: false });
  isBroken = false;
  expect((await desk.sync({ sendSecrets: ['mine'] })).ok).toBe(true);
});

test('logged out in the middle it logs in once more and goes on; nothing is sent twice', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2', 'c3']) desk.portal.add(id);
  await desk.sync();
  for (const id of ['c1', 'c2', 'c3']) await desk.change(id, { name: `New ${id}` });
  let puts = 0;
  desk.portal.fault = ({ method }) => (method === 'PUT' && ++puts === 2 ? 'logOut' : null);
  const report = await desk.sync();
  expect(report).toMatchObject({ ok: true });
  // the one that was sent away was not done
  expect(puts).toBe(4);
  expect(desk.portal.calls.filter(({ path }) => path === '/login')).toHaveLength(2);
  expect(desk.portal.rows.map((row) => row['name'])).toEqual(['New c1', 'New c2', 'New c3']);
});

test('thrown out for good, the sync ends with what was done and what still waits', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  for (const id of ['c1', 'c2']) await desk.change(id, { name: `New ${id}` });
  let puts = 0;
  desk.portal.fault = ({ method }) => {
    if (method !== 'PUT' || ++puts < 2) return null;
    desk.portal.users.clear();
    return 'logOut';
  };
  const report = await desk.sync();
  expect(report).toMatchObject({ ok: false, message: 'The remote refused the login.' });
  expect(report.entries.map(({ result }) => result).toSorted()).toEqual(['failed', 'failed']);
  expect(await desk.client.remotes.list()).toMatchObject([
    { lastFailure: { code: 'AUTH_FAILED' } },
  ]);
  expect(await desk.client.sync.outbox()).toHaveLength(2);
  desk.portal.users.set('ada@pve', { password: 'correct horse', isAdmin: true });
  desk.portal.fault = () => null;
  expect((await desk.sync()).ok).toBe(true);
  expect(desk.portal.rows.map((row) => row['name'])).toEqual(['New c1', 'New c2']);
  expect(await desk.client.remotes.list()).toMatchObject([{ lastFailure: null }]);
});

test('a change whose answer is lost is looked up, told as uncertain until then, and not repeated', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.change('c1', { name: 'Arrived' });
  let isGone = false;
  desk.portal.fault = ({ method }) => {
    if (isGone) return 'drop';
    isGone = method === 'PUT';
    return isGone ? 'dropAfter' : null;
  };
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({
    result: 'failed',
    failure: { code: 'UNREACHABLE', data: { outcome: 'unknown' } },
  });
  expect(await desk.client.sync.outbox()).toMatchObject([{ uncertain: true, attempts: 1 }]);
  isGone = false;
  desk.portal.fault = () => null;
  desk.portal.calls.length = 0;
  expect(await desk.sync()).toMatchObject({ ok: true, requests: 1 });
  expect(desk.portal.calls.map(({ method }) => method)).toEqual(['GET']);
  expect(await desk.client.sync.outbox()).toEqual([]);
});

test.each<[string, { status: number; body: string; type?: string }, string, RegExp]>([
  ['a page', { status: 200, body: '<html>Welcome</html>' }, 'BAD_RESPONSE', /did not answer with/],
  [
    'half an answer',
    { status: 200, body: '{"ok":true,"clus', type: 'application/json' },
    'BAD_RESPONSE',
    /./,
  ],
  [
    'no list',
    { status: 200, body: '{"ok":true,"clusters":7}', type: 'application/json' },
    'BAD_RESPONSE',
    /./,
  ],
  ['an error', { status: 502, body: 'Bad gateway' }, 'SERVER_ERROR', /reported an error/],
  ['no such address', { status: 404, body: '<html>' }, 'UNSUPPORTED', /no cluster configuration/],
  [
    'too much',
    { status: 200, body: `"${'x'.repeat(33 * 1024 * 1024)}"` },
    'RESPONSE_TOO_LARGE',
    /too large/,
  ],
])(
  '%s in place of the clusters is told plainly, and nothing is stored',
  async (_name, fault, code, message) => {
    const desk = await deskAndPortal();
    desk.portal.add('c1');
    await desk.sync();
    await desk.change('c1', { name: 'Mine' });
    desk.portal.fault = ({ method }) => (method === 'GET' ? fault : null);
    const [error] = await safe(desk.sync());
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error).toMatchObject({ data: { remedy: expect.stringMatching(/^[A-Z].*\.$/) } });
    expect(await desk.client.clusters.list()).toHaveLength(1);
    expect(await desk.client.sync.outbox()).toHaveLength(1);
    expect(await desk.client.remotes.list()).toMatchObject([{ lastFailure: { code } }]);
  },
);

test('a remote that is down leaves every edit where it is, offline and online', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  desk.portal.fault = () => 'drop';
  const [error] = await safe(desk.sync());
  expect(error).toMatchObject({ code: 'UNREACHABLE' });
  await desk.change('c1', { name: 'On the train', priority: 3 });
  await desk.add('new', {});
  expect(await desk.client.sync.outbox()).toMatchObject([
    { summary: 'Change name and priority of On the train.' },
    { summary: 'Add Lab new.' },
  ]);
  desk.portal.fault = () => null;
  expect((await desk.sync({ sendSecrets: ['new'] })).ok).toBe(true);
  expect(desk.portal.row('c1')).toMatchObject({ name: 'On the train', priority: 3 });
});

test('another certificate than the pinned one gets no byte, and no password', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  const pin = desk.fingerprint.replace(/^../, desk.fingerprint.startsWith('00') ? '01' : '00');
  await desk.client.remotes.update({ uuid: desk.remoteUuid, changes: { pin } });
  const [error] = await safe(desk.sync());
  expect(error).toMatchObject({
    code: 'TLS_CHANGED',
    data: { pinned: pin, offered: desk.fingerprint },
  });
  await desk.client.remotes.update({ uuid: desk.remoteUuid, changes: { verify: 'ca' } });
  expect((await safe(desk.sync()))[0]).toMatchObject({ code: 'TLS_UNTRUSTED' });
  expect(desk.portal.calls).toEqual([]);
});

test('a server that keeps values to itself is found out by reading back', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.change('c1', { name: 'Never kept', priority: 9 });
  const answer = desk.portal.answer.bind(desk.portal);
  desk.portal.answer = (call) => {
    const before = desk.portal.row('c1')?.['name'];
    const answered = answer(call);
    if (call.method === 'PUT') Object.assign(desk.portal.row('c1') ?? {}, { name: before });
    return answered;
  };
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({
    result: 'failed',
    failure: { code: 'BAD_RESPONSE', data: { detail: 'name' } },
  });
  expect(await desk.client.sync.outbox()).toMatchObject([
    { summary: 'Change name of Never kept.', lastFailure: { code: 'BAD_RESPONSE' } },
  ]);
  expect(desk.portal.row('c1')?.['priority']).toBe(9);
});

test('a cancelled sync stops between two clusters and goes on later', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2', 'c3']) desk.portal.add(id);
  await desk.sync();
  for (const id of ['c1', 'c2', 'c3']) await desk.change(id, { name: `New ${id}` });
  const stop = new AbortController();
  let puts = 0;
  desk.portal.fault = ({ method }) => {
    if (method === 'PUT' && ++puts === 2) stop.abort();
    return null;
  };
  await safe(desk.sync({}, stop.signal));
  desk.portal.fault = () => null;
  expect((await desk.sync()).ok).toBe(true);
  expect(desk.portal.rows.map((row) => row['name'])).toEqual(['New c1', 'New c2', 'New c3']);
  expect(puts).toBeLessThan(3);
});

test('a locked app and viewer mode keep what a sync does to themselves', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.client.access.setViewer({ viewer: true });
  expect((await safe(desk.sync()))[0]).toMatchObject({ code: 'READ_ONLY' });
  expect(await desk.sync({ dryRun: true })).toMatchObject({ ok: true });
  await desk.client.access.setViewer({ viewer: false });
  await desk.change('c1', { readOnly: true });
  desk.portal.change('c1', { name: 'Theirs' });
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ result: 'failed', failure: { code: 'READ_ONLY' } });
  expect((await desk.get('c1')).name).toBe('Lab c1');
});
