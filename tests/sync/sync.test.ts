import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { deskAndPortal, entryOf, syncWith } from '#tests/support/sync-desk';

const changesOf = (calls: { method: string; path: string }[]) =>
  calls
    .filter(({ method, path }) => method !== 'GET' && path !== '/login')
    .map(({ method, path }) => `${method} ${path}`);

test('clusters of the portal come down with every field, its own and unknown ones included', async () => {
  const desk = await deskAndPortal();
  desk.portal.moreFields = ['rack', 'api_token_hint'];
  desk.portal.add('c1', {
    is_default: true,
    description: 'two\nlines',
    priority: 80,
    verify_ssl: true,
  });
  Object.assign(desk.portal.add('c2', { vm_cache_ttl: 60, admin_group: 'ops' }), {
    rack: { row: 4 },
    api_token_hint: 'hunter2',
  });
  const report = await desk.sync();
  expect(report).toMatchObject({ ok: true, message: '2 synced.' });
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'createHere', result: 'done' });
  expect(await desk.get('c1')).toMatchObject({
    isDefault: true,
    description: 'two\nlines',
    priority: 80,
    verify: 'ca',
    remoteUuid: desk.remoteUuid,
    hasSecret: false,
  });
  const row = desk.core.store.sqlite
    .prepare(
      "SELECT vm_cache_ttl, admin_group, extra, verify FROM clusters WHERE cluster_id = 'c2'",
    )
    .get();
  // no pin yet, so nothing is sent there before somebody looked at the certificate
  expect(row).toEqual({
    vm_cache_ttl: 60,
    admin_group: 'ops',
    extra: '{"rack":{"row":4}}',
    verify: 'pin',
  });
});

test('a sync with nothing to do is one request, writes no base and bumps nothing there', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  const before = structuredClone(desk.portal.rows);
  const report = await desk.sync();
  expect(report).toMatchObject({ ok: true, requests: 1, message: 'Both sides are the same.' });
  expect(desk.portal.rows).toEqual(before);
});

test('edits of both sides come together, and only the fields that changed here are sent', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { description: 'old' });
  await desk.sync();
  await desk.change('c1', { name: 'Mine', defaultStorage: 'ceph' });
  desk.portal.change('c1', { description: 'theirs', qcow2_images_path: '/mnt/new' });
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'both', result: 'done' });
  const put = desk.portal.calls.find(({ method }) => method === 'PUT');
  expect(JSON.parse(put?.body ?? '')).toEqual({ name: 'Mine', default_storage: 'ceph' });
  expect(await desk.get('c1')).toMatchObject({ name: 'Mine', description: 'theirs' });
  expect(desk.portal.row('c1')).toMatchObject({ name: 'Mine', description: 'theirs' });
  expect((await desk.sync()).requests).toBe(1);
});

test('a conflict waits as a whole until somebody chooses, field by field or for all', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { name: 'Base' });
  await desk.sync();
  await desk.change('c1', { name: 'Mine', priority: 10, description: 'only here' });
  desk.portal.change('c1', { name: 'Theirs', priority: 90 });
  const first = await desk.sync();
  expect(first.ok).toBe(false);
  const entry = entryOf(first, 'c1');
  expect(entry).toMatchObject({ verdict: 'conflict', result: 'waits' });
  expect(entry.fields).toContainEqual({
    field: 'name',
    base: 'Base',
    mine: 'Mine',
    theirs: 'Theirs',
    outcome: 'conflict',
    note: null,
  });
  expect(desk.portal.row('c1')).toMatchObject({ name: 'Theirs', description: null });
  const half = [{ clusterId: 'c1', field: 'name', take: 'mine' as const }];
  expect(entryOf(await desk.sync({ resolutions: half }), 'c1').result).toBe('waits');
  const both = [...half, { clusterId: 'c1', field: 'priority', take: 'theirs' as const }];
  const last = await desk.sync({ resolutions: both });
  expect(last.ok).toBe(true);
  expect(await desk.get('c1')).toMatchObject({ name: 'Mine', priority: 90 });
  expect(desk.portal.row('c1')).toMatchObject({
    name: 'Mine',
    priority: 90,
    description: 'only here',
  });
});

test('what changed after the preview waits and is asked about again', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { name: 'Base' });
  desk.portal.add('c2');
  await desk.sync();
  await desk.change('c1', { name: 'Mine' });
  await desk.change('c2', { name: 'Other' });
  desk.portal.change('c1', { name: 'Theirs' });
  const { takenAt, entries } = await desk.client.sync.preview({ remoteUuid: desk.remoteUuid });
  expect(entries.find(({ clusterId }) => clusterId === 'c1')?.verdict).toBe('conflict');
  desk.portal.change('c1', { name: 'Theirs again' });
  const resolutions = [{ clusterId: 'c1', field: 'name', take: 'mine' as const }];
  const report = await desk.sync({ planTakenAt: takenAt, resolutions });
  expect(entryOf(report, 'c1')).toMatchObject({
    result: 'waits',
    reasons: [expect.stringMatching(/changed since you looked/)],
  });
  expect(entryOf(report, 'c2').result).toBe('done');
  expect(desk.portal.row('c1')?.['name']).toBe('Theirs again');
  const never = await desk.sync({ planTakenAt: takenAt - 1, resolutions });
  expect(entryOf(never, 'c1').reasons.join()).toMatch(/Take a new preview/);
});

test('a record that changes while the sync runs is found right before it is sent', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  await desk.remove('c1');
  let lists = 0;
  desk.portal.fault = ({ method }) => {
    if (method === 'GET') lists += 1;
    // between the first look and the one before the deletion
    if (method === 'GET' && lists === 2) desk.portal.change('c1', { name: 'Somebody needs it' });
    return null;
  };
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'deleteThere', result: 'waits' });
  expect(desk.portal.row('c1')).toBeDefined();
  const next = await desk.sync();
  expect(entryOf(next, 'c1')).toMatchObject({ verdict: 'deleteConflict', result: 'waits' });
  const kept = [{ clusterId: 'c1', field: '*', take: 'theirs' as const }];
  await desk.sync({ resolutions: kept });
  expect(await desk.get('c1')).toMatchObject({ name: 'Somebody needs it' });
});

test('a cluster made here is made there with its password only when that was allowed', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.add('mine', { isoStorage: 'isos', priority: 70 });
  const waits = entryOf(await desk.sync(), 'mine');
  expect(waits).toMatchObject({ verdict: 'createThere', result: 'waits', needsSecret: true });
  expect(waits.reasons.join()).toMatch(/Allow sending it/);
  expect(desk.portal.row('mine')).toBeUndefined();
  const [waiting] = await desk.client.sync.outbox();
  expect(waiting).toMatchObject({ clusterId: 'mine', summary: 'Add Lab mine.', uncertain: false });

  const done = await desk.sync({ sendSecrets: ['mine'] });
  expect(entryOf(done, 'mine')).toMatchObject({ result: 'done', failure: null });
  const row = desk.portal.row('mine');
  expect(row).toMatchObject({ priority: 70, host: 'mine.lab' });
  expect(desk.portal.hidden.get(row?.db_id ?? 0)).toEqual({
    password: 'password of mine',
    iso_storage: 'isos',
  });
  expect(await desk.client.sync.outbox()).toEqual([]);
  // the portal's own defaults came down with the next look
  expect(await desk.sync()).toMatchObject({ ok: true });
  expect((await desk.sync()).requests).toBe(1);
});

test('iso_storage is sent when it changes here, never reported as a conflict, and said to be unseen', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { iso_storage: 'local' });
  await desk.sync();
  expect(await desk.get('c1')).toMatchObject({ isoStorage: null });
  await desk.change('c1', { isoStorage: 'isos' });
  const report = await desk.sync();
  const [field] = entryOf(report, 'c1').fields;
  expect(field).toMatchObject({ field: 'iso_storage', mine: 'isos', outcome: 'mine' });
  expect(field?.note).toMatch(/does not return this value/);
  expect(entryOf(report, 'c1').result).toBe('done');
  expect(desk.portal.hidden.get(1)).toMatchObject({ iso_storage: 'isos' });
  desk.portal.change('c1', { iso_storage: 'elsewhere' });
  expect(await desk.sync()).toMatchObject({ ok: true, requests: 1 });
});

test('who is the default is one fact: one change is sent, and its side effects are nobody’s', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { is_default: true });
  desk.portal.add('c2');
  desk.portal.add('c3');
  await desk.sync();
  await desk.change('c2', { isDefault: true });
  desk.portal.calls.length = 0;
  const report = await desk.sync();
  expect(changesOf(desk.portal.calls)).toEqual(['PUT /api/cluster-config/2']);
  expect(entryOf(report, 'c2').fields).toMatchObject([{ field: 'is_default', outcome: 'mine' }]);
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'same', result: 'same' });
  expect(desk.portal.rows.filter((row) => row.is_default).map(({ id }) => id)).toEqual(['c2']);
  expect((await desk.sync()).requests).toBe(1);

  desk.portal.change('c3', { is_default: true });
  await desk.sync();
  expect((await desk.get('c3')).isDefault).toBe(true);
  expect((await desk.get('c2')).isDefault).toBe(false);

  desk.portal.change('c1', { is_default: true });
  await desk.change('c2', { isDefault: true });
  const torn = await desk.sync();
  expect(entryOf(torn, 'c1').fields).toMatchObject([{ field: 'is_default', outcome: 'conflict' }]);
  expect(torn.ok).toBe(false);
  const take = [{ clusterId: 'c2', field: 'is_default', take: 'theirs' as const }];
  expect((await desk.sync({ resolutions: take })).ok).toBe(true);
  expect((await desk.get('c1')).isDefault).toBe(true);
  expect((await desk.sync()).requests).toBe(1);
});

test('a default that was taken away stays away, and the default of another remote is left alone', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { is_default: true });
  await desk.sync();
  await desk.change('c1', { isDefault: false });
  await desk.sync();
  expect(desk.portal.row('c1')?.is_default).toBe(false);
  desk.portal.change('c1', { is_default: true });
  await desk.sync();
  await desk.add('apart', { remoteUuid: null, isDefault: true });
  expect(await desk.sync()).toMatchObject({ ok: true, requests: 1 });
  expect(desk.portal.row('c1')?.is_default).toBe(true);
  expect((await desk.get('apart')).isDefault).toBe(true);
});

test('deletions travel both ways; what was changed on the other side is asked about', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2', 'c3', 'c4', 'c5']) desk.portal.add(id);
  await desk.sync();
  await desk.remove('c1');
  desk.portal.rows.splice(1, 1);
  await desk.change('c3', { name: 'Changed here' });
  desk.portal.rows.splice(
    desk.portal.rows.findIndex(({ id }) => id === 'c3'),
    1,
  );
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'deleteThere', result: 'done' });
  expect(entryOf(report, 'c2')).toMatchObject({ verdict: 'deleteHere', result: 'done' });
  expect(entryOf(report, 'c3')).toMatchObject({ verdict: 'deleteConflict', result: 'waits' });
  expect(desk.portal.rows.map(({ id }) => id)).toEqual(['c4', 'c5']);
  const list = await desk.client.clusters.list();
  expect(list.map(({ clusterId }) => clusterId).toSorted()).toEqual(['c3', 'c4', 'c5']);
  // kept, so it is made again there
  await desk.change('c3', { secret: 'entered here' });
  const mine = { resolutions: [{ clusterId: 'c3', field: '*', take: 'mine' as const }] };
  const made = await desk.sync({ ...mine, sendSecrets: ['c3'] });
  expect(entryOf(made, 'c3')).toMatchObject({ result: 'done' });
  expect(desk.portal.row('c3')).toMatchObject({ name: 'Changed here' });
  expect((await desk.sync()).requests).toBe(1);
});

test('the last cluster stays on either side, and that is explained', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.add('apart', { remoteUuid: null });
  await desk.remove('c1');
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({
    result: 'failed',
    failure: {
      code: 'LAST_CLUSTER',
      data: { remedy: expect.stringMatching(/drop this deletion/) },
    },
  });
  const [waiting] = await desk.client.sync.outbox();
  expect(waiting).toMatchObject({ summary: 'Delete Lab c1.', attempts: 1 });
  await desk.client.sync.drop({ id: waiting?.id ?? 0 });
  expect(await desk.client.sync.outbox()).toEqual([]);
  await desk.sync();
  expect((await desk.get('c1')).name).toBe('Lab c1');
});

test('a remote that was set up anew deletes nothing here by itself', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  desk.portal.rows.length = 0;
  desk.portal.add('fresh');
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'deleteConflict', result: 'waits' });
  expect(entryOf(report, 'c1').reasons.join()).toMatch(/set up anew/);
  expect(await desk.client.clusters.list()).toHaveLength(3);
});

test('a protected cluster goes only when somebody says so for this very one', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  await desk.change('c1', { protected: true });
  desk.portal.rows.shift();
  const all = await desk.sync({ resolveAll: 'theirs' });
  expect(entryOf(all, 'c1')).toMatchObject({ result: 'waits', reasons: ['It is protected here.'] });
  await desk.sync({ resolutions: [{ clusterId: 'c1', field: '*', take: 'theirs' }] });
  const [error] = await safe(desk.get('c1'));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
});

test('records that cannot be read are explained one by one and stop nothing', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('good');
  desk.portal.add('port', { port: 'not-a-port' });
  desk.portal.add('twice');
  desk.portal.rows.push({ ...desk.portal.add('other'), id: 'twice' });
  desk.portal.add('Grün/weg');
  const report = await desk.sync();
  expect(entryOf(report, 'good').result).toBe('done');
  expect(entryOf(report, 'port')).toMatchObject({
    verdict: 'invalid',
    result: 'skipped',
    reasons: ['port must be a whole number from 1 to 65535.'],
  });
  expect(entryOf(report, 'twice').reasons.join()).toMatch(/lists the id twice more than once/);
  expect(report.entries.filter(({ verdict }) => verdict === 'invalid')).toHaveLength(5);
  expect(await desk.client.clusters.list()).toHaveLength(1);

  // a known one that becomes unreadable is not taken for deleted
  desk.portal.change('good', { port: 'nonsense' });
  expect(entryOf(await desk.sync(), 'good')).toMatchObject({ verdict: 'invalid' });
  expect(await desk.client.clusters.list()).toHaveLength(1);
});

test('ids of the portal with capitals are taken under an id of this desk and found again', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('Main_Lab');
  await desk.sync();
  await desk.change('main-lab', { name: 'Renamed' });
  expect(entryOf(await desk.sync(), 'main-lab')).toMatchObject({ result: 'done', reasons: [] });
  expect(desk.portal.row('Main_Lab')?.['name']).toBe('Renamed');
});

test('a new id stays here, and that is said', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.change('c1', { clusterId: 'renamed' });
  const report = await desk.sync();
  expect(entryOf(report, 'renamed')).toMatchObject({
    result: 'same',
    reasons: [expect.stringMatching(/It is c1 there and renamed here/)],
  });
  expect(desk.portal.rows.map(({ id }) => id)).toEqual(['c1']);
});

test('a new id that the remote has itself comes down', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  Object.assign(desk.portal.row('c1') ?? {}, { id: 'c9' });
  await desk.change('c1', { name: 'Mine' });
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'both', result: 'done' });
  expect(await desk.get('c9')).toMatchObject({ name: 'Mine' });
  expect(desk.portal.row('c9')).toMatchObject({ name: 'Mine' });
  expect(await desk.client.clusters.list()).toHaveLength(2);
  expect((await desk.sync()).requests).toBe(1);
});

test('a number that was given to another cluster is not taken for the old one', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  desk.portal.rows.pop();
  expect(desk.portal.add('c9').db_id).toBe(2);
  await desk.change('c1', { name: 'New' });
  const report = await desk.sync();
  expect(entryOf(report, 'c2')).toMatchObject({ verdict: 'deleteHere' });
  expect(entryOf(report, 'c9')).toMatchObject({ verdict: 'createHere' });
  expect(report.ok).toBe(true);
});

test('pulling never weakens what is verified here, and an account of another kind forgets its secret', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { verify_ssl: true });
  await desk.sync();
  await desk.change('c1', { secret: 'of root' });
  desk.portal.change('c1', { verify_ssl: false, user: 'deck@pve!desk' });
  const report = await desk.sync();
  expect(entryOf(report, 'c1').reasons.join()).toMatch(/was forgotten/);
  expect(await desk.get('c1')).toMatchObject({
    verify: 'pin',
    authKind: 'token',
    tokenId: 'deck@pve!desk',
    user: 'deck@pve',
    hasSecret: false,
  });
  await desk.change('c1', { verify: 'off' });
  expect((await desk.sync()).requests).toBe(1);
});

test('clusters that follow no remote stay on this desk, and one that leaves a remote is left alone there', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.add('apart', { remoteUuid: null });
  await desk.add('c1', { remoteUuid: null });
  const report = await desk.sync();
  expect(entryOf(report, 'c1')).toMatchObject({ verdict: 'invalid', result: 'skipped' });
  expect(entryOf(report, 'c1').reasons.join()).toMatch(/does not follow this remote/);
  await desk.change('c2', { remoteUuid: null });
  await desk.remove('c2');
  await desk.sync();
  expect(desk.portal.row('c2')).toBeDefined();
  expect(report.entries.some(({ clusterId }) => clusterId === 'apart')).toBe(false);
});

test('a cluster that is on both sides already is matched by its id, and differences are asked about', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { name: 'Theirs', admin_group: 'ops' });
  await desk.add('c1', { name: 'Mine', defaultStorage: 'ceph' });
  const first = entryOf(await desk.sync(), 'c1');
  expect(first.fields.filter(({ outcome }) => outcome === 'conflict')).toMatchObject([
    { field: 'name', mine: 'Mine', theirs: 'Theirs', base: null },
  ]);
  const report = await desk.sync({ resolveAll: 'mine' });
  expect(entryOf(report, 'c1').result).toBe('done');
  expect(desk.portal.row('c1')).toMatchObject({ name: 'Mine', default_storage: 'ceph' });
  expect((await desk.sync()).requests).toBe(1);
});

test('dropping a change gives the fields of before back, the default with them', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1', { is_default: true });
  desk.portal.add('c2');
  await desk.sync();
  await desk.change('c2', { name: 'Wrong', isDefault: true });
  const waiting = await desk.client.sync.outbox();
  expect(waiting).toMatchObject([
    { clusterId: 'c2', summary: 'Change name and default of Wrong.', attempts: 0 },
  ]);
  expect(waiting[0]?.fields.map(({ field }) => field)).toEqual(['name', 'is_default']);
  await desk.client.sync.drop({ id: waiting[0]?.id ?? 0 });
  expect(await desk.client.sync.outbox()).toEqual([]);
  expect(await desk.get('c2')).toMatchObject({ name: 'Lab c2', isDefault: false });
  expect((await desk.get('c1')).isDefault).toBe(true);
  expect(await desk.sync()).toMatchObject({ ok: true, requests: 1 });
});

test('a dry run says what would be done, and changes nothing on either side', async () => {
  const desk = await deskAndPortal();
  for (const id of ['c1', 'c2']) desk.portal.add(id);
  await desk.sync();
  await desk.change('c1', { name: 'Mine' });
  desk.portal.change('c2', { name: 'Theirs' });
  desk.portal.calls.length = 0;
  const report = await desk.sync({ dryRun: true });
  expect(
    report.entries.map(({ clusterId, verdict, result }) => [clusterId, verdict, result]),
  ).toEqual(
    expect.arrayContaining([
      ['c1', 'push', 'planned'],
      ['c2', 'pull', 'planned'],
    ]),
  );
  expect(changesOf(desk.portal.calls)).toEqual([]);
  expect((await desk.get('c2')).name).toBe('Lab c2');
});

test('one sync with a remote waits for the other', async () => {
  const desk = await deskAndPortal();
  desk.portal.add('c1');
  await desk.sync();
  await desk.change('c1', { name: 'Once' });
  await Promise.all([desk.sync(), desk.sync(), syncWith(desk.client, desk.remoteUuid)]);
  expect(changesOf(desk.portal.calls)).toEqual(['PUT /api/cluster-config/1']);
});
