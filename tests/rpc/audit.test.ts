import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import type { AuditFilter } from '#shared/contract/audit';
import { openCore } from '#tests/support/core';

const lab = (clusterId: string, more: object = {}) => ({
  clusterId,
  name: `Lab ${clusterId}`,
  endpoints: [{ host: '10.0.0.5', port: 8006, pin: null }],
  ...more,
});

async function desk() {
  const opened = await openCore();
  const { client } = opened;
  const actions = async (filter: AuditFilter = {}) =>
    (await client.audit.list({ filter })).entries.map(
      ({ action, subject }) => `${action} ${subject}`,
    );
  const latest = async (action: string) => {
    const { entries } = await client.audit.list({ filter: { actions: [action] }, limit: 1 });
    if (entries[0] === undefined) throw new Error(`There is no ${action}`);
    return entries[0];
  };
  const undo = async (action: string) => client.audit.undo({ seq: (await latest(action)).seq });
  return { ...opened, actions, latest, undo };
}

test('the newest entry comes first, page by page, with what was and what is', async () => {
  const { client, actions } = await desk();
  const { uuid } = await client.clusters.create(lab('one', { secret: 'correct horse' }));
  await client.clusters.update({ uuid, changes: { priority: 75 } });
  const first = await client.audit.list({ limit: 1 });
  expect(first.entries[0]).toMatchObject({
    action: 'cluster.update',
    subject: 'one',
    target: uuid,
    before: { priority: 50 },
    after: { priority: 75 },
    actor: expect.stringMatching(/^.+@.+$/),
    result: 'ok',
    undoable: true,
  });
  expect(first.total).toBeGreaterThan(1);
  const rest = await client.audit.list({ before: first.entries[0]?.seq ?? 0 });
  expect(rest.entries).toHaveLength(first.total - 1);
  expect(await actions()).toEqual([
    'cluster.update one',
    'cluster.create one',
    ...rest.entries.slice(1).map(({ action, subject }) => `${action} ${subject}`),
  ]);
  expect(JSON.stringify(await client.audit.list({}))).not.toContain('correct horse');
});

test('it is found by any part of a word, by action, subject and time', async () => {
  const { client, actions } = await desk();
  await client.clusters.create(lab('one', { description: 'Rack 7 of the “Süd” wing' }));
  await client.clusters.create(lab('two'));
  await client.clusters.create(lab('one-more'));
  const created = { actions: ['cluster.create'] };
  expect(await actions({ ...created, text: 'süd' })).toEqual(['cluster.create one']);
  expect(await actions({ ...created, text: 'LAB TWO' })).toEqual(['cluster.create two']);
  expect(await actions({ ...created, text: 'Sü' })).toEqual(['cluster.create one']);
  expect(await actions({ ...created, text: '"of th" OR (' })).toEqual([]);
  expect(await actions({ ...created, text: '%_' })).toEqual([]);
  expect(await actions({ subject: 'one' })).toEqual(['cluster.create one']);
  const { entries } = await client.audit.list({ filter: created });
  const at = entries[0]?.at ?? 0;
  expect(await actions({ from: at + 1 })).toEqual([]);
  expect((await actions({ ...created, to: at })).length).toBe(3);
  expect((await client.audit.list({})).actions).toContain('cluster.create');
});

test('an untouched chain is proved, a changed one is shown at its entry', async () => {
  const { client, core } = await desk();
  for (const id of ['one', 'two', 'three']) await client.clusters.create(lab(id));
  expect(await client.audit.verify()).toMatchObject({ ok: true, brokenAt: null, prunedThrough: 0 });
  const { entries } = await client.audit.list({ filter: { text: 'two' } });
  const seq = entries[0]?.seq ?? 0;
  core.store.sqlite.exec('DROP TRIGGER audit_no_update');
  core.store.sqlite.exec(`UPDATE audit SET after = 'not even JSON' WHERE seq = ${seq}`);
  const check = await client.audit.verify();
  expect(check).toMatchObject({
    ok: false,
    brokenAt: seq,
    message: expect.stringContaining(`${seq}`),
  });
  const shown = await client.audit.list({ before: seq + 1, limit: 1 });
  expect(shown.entries[0]).toMatchObject({ after: { value: 'not even JSON' }, undoable: false });
});

test('the export holds every entry that fits the filter', async () => {
  const { client } = await desk();
  for (let n = 0; n < 5; n += 1) await client.clusters.create(lab(`c${n}`));
  const filter = { actions: ['cluster.create'] };
  const jsonl = await client.audit.export({ filter, format: 'jsonl' });
  expect(jsonl.fileName).toMatch(/^clusterdeck-audit-\d{4}-\d\d-\d\d\.jsonl$/);
  const lines = jsonl.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ subject }) => subject)).toEqual(['c4', 'c3', 'c2', 'c1', 'c0']);
  const csv = await client.audit.export({ filter, format: 'csv' });
  expect(csv.text.split('\r\n')).toHaveLength(7);
});

test('an edit of a cluster is taken back by a new edit, as long as nobody changed the same since', async () => {
  const { client, latest, undo } = await desk();
  const { uuid } = await client.clusters.create(lab('one'));
  await client.clusters.update({
    uuid,
    changes: { priority: 75, description: 'new', clusterId: 'neu' },
  });
  const edit = await latest('cluster.update');
  await client.clusters.update({ uuid, changes: { name: 'Other' } });
  expect(await client.audit.undo({ seq: edit.seq })).toMatchObject({
    action: 'audit.undo',
    after: { entry: edit.seq, action: 'cluster.update' },
  });
  expect(await client.clusters.get({ ref: uuid })).toMatchObject({
    clusterId: 'one',
    priority: 50,
    description: '',
    name: 'Other',
    revision: 4,
  });
  const again = await safe(client.audit.undo({ seq: edit.seq }));
  expect(again.error).toMatchObject({ code: 'REVISION_CHANGED' });
  // and what took it back can be taken back itself
  await undo('cluster.update');
  expect(await client.clusters.get({ ref: uuid })).toMatchObject({
    clusterId: 'neu',
    priority: 75,
  });
});

test('what came with a new password cannot be taken back, for the old one is gone', async () => {
  const { client, latest, undo } = await desk();
  const { uuid } = await client.clusters.create(lab('one', { secret: 'old' }));
  await client.clusters.update({ uuid, changes: { priority: 75, secret: 'new' } });
  expect(await latest('cluster.update')).toMatchObject({
    undoable: false,
    undoNote: expect.stringContaining('password'),
  });
  expect((await safe(undo('cluster.update'))).error).toMatchObject({ code: 'REVISION_CHANGED' });
  expect(await client.clusters.get({ ref: uuid })).toMatchObject({ priority: 75 });
});

test('a deleted cluster comes back under its uuid, without its secret', async () => {
  const { client, undo, latest } = await desk();
  const group = await client.groups.create({ name: 'Exam', colour: '#336699' });
  await client.clusters.create(lab('stays'));
  const one = await client.clusters.create(
    lab('one', { secret: 'pw', groupUuid: group.uuid, priority: 90, verify: 'ca' }),
  );
  await client.clusters.remove({ uuid: one.uuid });
  await undo('cluster.remove');
  const { number: _n, createdAt: _c, updatedAt: _u, ...fields } = one;
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ ...fields, hasSecret: false });
  expect(await latest('cluster.remove')).toMatchObject({
    undoable: false,
    undoNote: 'It is there again.',
  });
});

test('an added cluster is taken back while nobody changed, protected or needs it', async () => {
  const { client, latest, undo } = await desk();
  const one = await client.clusters.create(lab('one'));
  expect((await latest('cluster.create')).undoNote).toMatch(/last/);
  const two = await client.clusters.duplicate({ uuid: one.uuid, clusterId: 'two', name: 'Two' });
  await client.clusters.update({ uuid: two.uuid, changes: { protected: true } });
  expect((await latest('cluster.duplicate')).undoNote).toMatch(/protected/);
  await client.clusters.update({ uuid: two.uuid, changes: { protected: false } });
  expect((await latest('cluster.duplicate')).undoNote).toMatch(/since/);
  await client.clusters.duplicate({ uuid: one.uuid, clusterId: 'three', name: 'Three' });
  await undo('cluster.duplicate');
  expect((await client.clusters.list()).map(({ clusterId }) => clusterId)).toEqual(['one', 'two']);
});

test('groups are taken back with their clusters and their places', async () => {
  const { client, undo } = await desk();
  const [a, b] = [
    await client.groups.create({ name: 'A', colour: '#000000' }),
    await client.groups.create({ name: 'B', colour: '#111111' }),
  ];
  const one = await client.clusters.create(lab('one', { groupUuid: a.uuid }));
  const two = await client.clusters.create(lab('two', { groupUuid: a.uuid }));
  await client.groups.update({ uuid: a.uuid, name: 'Ä', position: 1 });
  await undo('group.update');
  await client.groups.remove({ uuid: a.uuid });
  await client.clusters.update({ uuid: two.uuid, changes: { groupUuid: b.uuid } });
  await undo('group.remove');
  expect(await client.groups.list()).toEqual([a, b]);
  expect((await client.clusters.get({ ref: one.uuid })).groupUuid).toBe(a.uuid);
  expect((await client.clusters.get({ ref: two.uuid })).groupUuid).toBe(b.uuid);
  expect((await safe(undo('group.create'))).error).toMatchObject({
    data: { remedy: 'Clusters are in this group.' },
  });
});

test('settings are taken back; what never was an edit is not offered', async () => {
  const { client, undo, latest } = await desk();
  await client.settings.update({ theme: 'dark', pollSeenS: 30 });
  expect(await latest('settings.update')).toMatchObject({
    before: { theme: 'system', pollSeenS: 10 },
  });
  await client.settings.update({ theme: 'dark' });
  await undo('settings.update');
  expect(await client.settings.get()).toMatchObject({ theme: 'system', pollSeenS: 10 });
  expect(await latest('audit.undo')).toMatchObject({ undoable: false, undoNote: null });
  expect((await safe(undo('audit.undo'))).error).toMatchObject({ code: 'UNSUPPORTED' });
  expect((await safe(client.audit.undo({ seq: 9999 }))).error).toMatchObject({ code: 'NOT_FOUND' });
});
