import { safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import { ageKeys, document, entry, exportBundle, openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';

// deriving a key from a passphrase is slow by intention, and more so on a busy machine
vi.setConfig({ testTimeout: 60_000 });

const pin = Array.from({ length: 32 }, () => 'AB').join(':');
const verdicts = (preview: { entries: { clusterId: string | null; verdict: string }[] }) =>
  preview.entries.map(({ clusterId, verdict }) => `${clusterId} ${verdict}`);
const keys = (preview: { entries: { key: string }[] }) => preview.entries.map(({ key }) => key);

/** A deck with everything that a bundle can carry. */
async function fullDeck() {
  const desk = await openCore();
  const { client } = desk;
  const group = await client.groups.create({ name: 'Physics', colour: '#3fc1b0' });
  const prod = await client.clusters.create({
    clusterId: 'prod',
    name: 'Production',
    endpoints: [
      { host: '10.0.0.1', port: 8006, pin },
      { host: 'fd00::2', port: 443, pin: null },
    ],
    authKind: 'token',
    user: 'deck@pve',
    tokenId: 'deck@pve!desk',
    secret: 's3cret-token',
    isDefault: true,
    priority: 90,
    isoStorage: 'isos',
    description: 'Two\nlines',
    groupUuid: group.uuid,
    protected: true,
    colour: '#112233',
  });
  const lab = await client.clusters.create({
    clusterId: 'lab',
    name: 'Lab',
    endpoints: [{ host: 'lab.example', port: 8006, pin: null }],
    isActive: false,
    secret: 's3cret-lab',
  });
  return { ...desk, prod, lab };
}

test('what one desk exports another imports field by field, with groups, pins and secrets', async () => {
  const { identity, recipient } = await ageKeys();
  const here = await fullDeck();
  const file = await exportBundle(here.client, { withSecrets: true, recipients: [recipient] });
  expect(file.clusters).toBe(2);
  expect(file.fileName).toMatch(/^clusterdeck-\d{4}-\d\d-\d\d\.cdeck$/);
  const { client, core } = await openCore();
  const preview = await openFile(client, file.bytes, { identity });
  expect(preview).toMatchObject({ source: 'bundle', hasSecrets: true, groups: ['Physics'] });
  expect(preview.madeBy).toContain('@');
  expect(verdicts(preview)).toEqual(['lab new', 'prod new']);
  const outcome = await client.bundles.apply({ token: preview.token, only: keys(preview) });
  expect(outcome).toMatchObject({ created: ['lab', 'prod'], changed: [], kept: [] });
  const [prod, lab] = await client.clusters.list();
  const own = ['uuid', 'number', 'createdAt', 'updatedAt', 'groupUuid'] as const;
  const plain = (cluster: object | undefined) =>
    Object.fromEntries(
      Object.entries(cluster ?? {}).filter(([key]) => !own.some((k) => k === key)),
    );
  expect(plain(prod)).toEqual(plain(await here.client.clusters.get({ ref: 'prod' })));
  expect(plain(lab)).toEqual(plain(await here.client.clusters.get({ ref: 'lab' })));
  const [group] = await client.groups.list();
  expect(group).toMatchObject({ name: 'Physics', colour: '#3fc1b0' });
  expect(prod?.groupUuid).toBe(group?.uuid);
  expect(await core.vault.open(prod?.uuid ?? '')).toBe('s3cret-token');
  expect(await core.vault.open(lab?.uuid ?? '')).toBe('s3cret-lab');
  const again = await openFile(client, file.bytes, { identity });
  expect(verdicts(again)).toEqual(['lab same', 'prod same']);
});

/** A deck with one cluster and a hand-made bundle which tells another story of it. */
async function differing(mine: object, theirs: object, secrets?: Record<string, string>) {
  const desk = await openCore();
  const endpoints = [{ host: 'one.example', port: 8006, pin: null }];
  const before = await desk.client.clusters.create({
    clusterId: 'one',
    name: 'Lab one',
    endpoints,
    secret: 'mine-0815',
    ...mine,
  });
  const file = document([entry('one', theirs)], secrets ? { secrets } : {});
  return { ...desk, before, preview: await openFile(desk.client, file) };
}

test('a cluster that differs shows each field, and stays unless it is taken', async () => {
  const { client, preview, before } = await differing({ priority: 10 }, { priority: 80 });
  expect(preview.entries[0]).toMatchObject({
    verdict: 'changed',
    diff: [{ field: 'priority', mine: '10', theirs: '80' }],
  });
  const only = keys(preview);
  expect(await client.bundles.apply({ token: preview.token, only })).toEqual({
    importId: null,
    created: [],
    changed: [],
    kept: ['one'],
  });
  expect(await client.clusters.get({ ref: 'one' })).toEqual(before);
});

test('taking theirs changes what the file names and nothing else, and one undo brings mine back', async () => {
  const { client, core, preview, before } = await differing(
    { priority: 10, isoStorage: 'isos' },
    { priority: 80, group: 'New group', vendor: 'x' },
    { one: 'theirs-4711' },
  );
  expect(preview.entries[0]?.diff.map(({ field }) => field)).toEqual([
    'priority',
    'group',
    'extra.vendor',
    'secret',
  ]);
  const { token } = preview;
  const done = await client.bundles.apply({ token, only: ['0'], onConflict: 'take' });
  expect(done).toMatchObject({ created: [], changed: ['one'], kept: [] });
  const after = await client.clusters.get({ ref: 'one' });
  expect(after).toMatchObject({ priority: 80, isoStorage: 'isos', uuid: before.uuid });
  expect((await client.groups.list()).map(({ name }) => name)).toEqual(['New group']);
  expect(await core.vault.open(before.uuid)).toBe('theirs-4711');
  expect(await client.bundles.last()).toMatchObject({ importId: done.importId, changed: ['one'] });
  const undone = await client.bundles.undo({ importId: done.importId ?? 0 });
  expect(undone).toEqual({ removed: [], restored: ['one'], refused: [] });
  const { updatedAt: _u, revision: _r, ...restored } = await client.clusters.get({ ref: 'one' });
  expect(before).toMatchObject(restored);
  expect(await core.vault.open(before.uuid)).toBe('mine-0815');
  expect(await client.groups.list()).toEqual([]);
  const again = await openFile(client, document([entry('one', { priority: 10, vendor: null })]));
  expect(verdicts(again)).toEqual(['one same']);
  expect(await client.bundles.last()).toBeNull();
  const { error } = await safe(client.bundles.undo({ importId: done.importId ?? 0 }));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
});

test('an import beside mine gets a free id, is never the default and follows no remote', async () => {
  const { client, preview } = await differing(
    { isDefault: true },
    { priority: 80, is_default: true },
  );
  await client.clusters.create({
    clusterId: 'one-2',
    name: 'x',
    endpoints: [{ host: 'x.example', port: 1, pin: null }],
  });
  const input = { token: preview.token, only: ['0'], perEntry: { 0: 'copy' as const } };
  expect((await client.bundles.apply(input)).created).toEqual(['one-3']);
  expect(await client.clusters.get({ ref: 'one-3' })).toMatchObject({
    name: 'Lab one (copy)',
    priority: 80,
    isDefault: false,
    hasSecret: false,
  });
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ isDefault: true });
});

test('another cluster under the same id and a protected one are conflicts', async () => {
  const elsewhere = { endpoints: [{ host: 'evil.example', port: 8006, pin: null }] };
  const { preview: other } = await differing({}, elsewhere);
  expect(other.entries[0]).toMatchObject({ verdict: 'conflict' });
  expect(other.entries[0]?.reasons.join()).toContain('Another cluster has this id here');
  const { preview: guarded } = await differing({ protected: true }, { priority: 1 });
  expect(guarded.entries[0]).toMatchObject({ verdict: 'conflict' });
  expect(guarded.entries[0]?.reasons.join()).toContain('protected');
});

test.each<[string, object]>([
  ['another machine', { endpoints: [{ host: 'evil.example', port: 8006, pin: null }] }],
  ['another certificate', { endpoints: [{ host: 'one.example', port: 8006, pin }] }],
  ['a server that nobody verifies', { verify: 'off' }],
  ['another account', { user: 'eve@pve' }],
])('my stored secret never goes to %s that a file names', async (_name, theirs) => {
  const { client, core, preview, before } = await differing({}, theirs);
  expect(preview.entries[0]?.reasons.join()).toContain('drops the stored secret');
  const { token } = preview;
  const { importId } = await client.bundles.apply({ token, only: ['0'], onConflict: 'take' });
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ hasSecret: false });
  expect(await core.vault.open(before.uuid)).toBeNull();
  await client.bundles.undo({ importId: importId ?? 0 });
  expect(await core.vault.open(before.uuid)).toBe('mine-0815');
});

test('a secret that lies aside for an undo goes with its cluster', async () => {
  const { client, core, preview, before } = await differing({}, {}, { one: 'theirs' });
  const endpoints = [{ host: 'x.example', port: 1, pin: null }];
  await client.clusters.create({ clusterId: 'other', name: 'Other', endpoints });
  await client.bundles.apply({ token: preview.token, only: ['0'], onConflict: 'take' });
  expect(core.vault.current().sealedSecrets).toBe(2);
  await client.clusters.remove({ uuid: before.uuid });
  expect(core.vault.current().sealedSecrets).toBe(0);
});

test('a change that leaves the address alone leaves the secret alone', async () => {
  const { client, core, preview, before } = await differing({}, { name: 'Renamed' });
  await client.bundles.apply({ token: preview.token, only: ['0'], onConflict: 'take' });
  expect(await core.vault.open(before.uuid)).toBe('mine-0815');
});

test('a read-only cluster stays whatever is asked for', async () => {
  const { client, preview } = await differing({ readOnly: true }, { priority: 80 });
  expect(preview.entries[0]).toMatchObject({ verdict: 'conflict' });
  const { token } = preview;
  const done = await client.bundles.apply({ token, only: ['0'], onConflict: 'take' });
  expect(done).toMatchObject({ changed: [], kept: ['one'] });
});

test('all or nothing: a ticked entry that cannot be imported keeps the others out', async () => {
  const { client } = await openCore();
  const file = document([entry('one'), entry('two', { priority: 1000 }), entry('one')]);
  const { token, entries } = await openFile(client, file);
  expect(entries.map(({ verdict }) => verdict)).toEqual(['new', 'invalid', 'invalid']);
  expect(entries[1]?.reasons.join()).toMatch(/^priority: Priority goes from 0 to 100/);
  expect(entries[2]?.reasons.join()).toContain('stands earlier in this file');
  const { error } = await safe(client.bundles.apply({ token, only: ['0', '1'] }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'only.1' } });
  expect(await client.clusters.list()).toEqual([]);
  const unknown = await safe(client.bundles.apply({ token, only: ['0', '', '7'] }));
  expect(unknown.error).toMatchObject({ code: 'INVALID_INPUT' });
  expect((await client.bundles.apply({ token, only: ['0', '0'] })).created).toEqual(['one']);
});

test('a deck that changed since the preview is looked at again', async () => {
  const { client, preview, before } = await differing({}, { priority: 80 });
  const { token } = preview;
  await client.clusters.update({ uuid: before.uuid, changes: { description: 'meanwhile' } });
  const apply = () => client.bundles.apply({ token, only: ['0'], onConflict: 'take' });
  expect((await safe(apply())).error).toMatchObject({ code: 'REVISION_CHANGED' });
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ priority: 50 });
  const fresh = await client.bundles.preview({ token });
  expect(fresh.entries[0]?.diff.map(({ field }) => field)).toEqual(['priority']);
  expect((await apply()).changed).toEqual(['one']);
  expect(await client.clusters.get({ ref: 'one' })).toMatchObject({ description: 'meanwhile' });
});

test('an undo leaves what was edited since, names it, and never takes the last cluster', async () => {
  const { client } = await openCore();
  const ids = ['one', 'two', 'three'];
  const { token } = await openFile(client, document(ids.map((id) => entry(id))));
  const { importId } = await client.bundles.apply({ token, only: ['0', '1', '2'] });
  const two = await client.clusters.get({ ref: 'two' });
  await client.clusters.update({ uuid: two.uuid, changes: { priority: 99 } });
  await client.clusters.remove({ uuid: (await client.clusters.get({ ref: 'three' })).uuid });
  const undone = await client.bundles.undo({ importId: importId ?? 0 });
  expect(undone).toMatchObject({ removed: ['one'], refused: [{ clusterId: 'two' }] });
  expect(undone.refused[0]?.reason).toContain('edited since');
  expect((await client.clusters.list()).map(({ clusterId }) => clusterId)).toEqual(['two']);
  const second = await openFile(client, document([entry('four')]));
  const more = await client.bundles.apply({ token: second.token, only: ['0'] });
  await client.clusters.remove({ uuid: two.uuid });
  const last = await client.bundles.undo({ importId: more.importId ?? 0 });
  expect(last).toMatchObject({ removed: [], refused: [{ clusterId: 'four' }] });
});

test('an import onto an empty deck can be taken back whole', async () => {
  const { client, core } = await openCore();
  const groups = [{ name: 'Physics', colour: '#3fc1b0' }];
  const file = document([entry('one', { group: 'Physics' })], { groups, secrets: { one: 'pw-1' } });
  const { token } = await openFile(client, file);
  const { importId } = await client.bundles.apply({ token, only: ['0'] });
  expect((await client.groups.list())[0]).toMatchObject({ colour: '#3fc1b0' });
  expect(core.vault.current().sealedSecrets).toBe(1);
  await client.bundles.undo({ importId: importId ?? 0 });
  expect(await client.clusters.list()).toEqual([]);
  expect(await client.groups.list()).toEqual([]);
  expect(core.vault.current().sealedSecrets).toBe(0);
});

test('a new cluster follows the remote it followed elsewhere, where that one is known', async () => {
  const remote = { name: 'Portal', url: 'https://portal.example.org', auth: 'none' as const };
  const here = await openCore();
  const { uuid } = await here.client.remotes.create(remote);
  const endpoints = [{ host: 'one.example', port: 8006, pin: null }];
  await here.client.clusters.create({ clusterId: 'one', name: 'One', endpoints, remoteUuid: uuid });
  const { identity, recipient } = await ageKeys();
  const { bytes } = await exportBundle(here.client, { recipients: [recipient] });
  const knows = await openCore();
  const theirs = await knows.client.remotes.create({ ...remote, name: 'Ours' });
  const { token } = await openFile(knows.client, bytes, { identity });
  await knows.client.bundles.apply({ token, only: ['0'] });
  expect((await knows.client.clusters.get({ ref: 'one' })).remoteUuid).toBe(theirs.uuid);
  const knowsNot = await openCore();
  const { entries } = await openFile(knowsNot.client, bytes, { identity });
  expect(entries[0]?.reasons.join()).toContain('is not set up here');
});

test('secrets can be left in the file', async () => {
  const { client, core, preview, before } = await differing(
    {},
    { priority: 80 },
    { one: 'theirs' },
  );
  const { token } = preview;
  const wish = { token, only: ['0'], onConflict: 'take' as const, withSecrets: false };
  await client.bundles.apply(wish);
  expect(await core.vault.open(before.uuid)).toBe('mine-0815');
});

test('without secrets none is in the bundle, and with a passphrase the key is derived with progress', async () => {
  const here = await fullDeck();
  const passphrase = 'a long passphrase';
  const { bytes, fractions } = await exportBundle(here.client, { passphrase });
  expect(fractions.length).toBeGreaterThan(2);
  expect(fractions.toSorted((a, b) => a - b)).toEqual(fractions);
  expect(fractions.at(-1)).toBe(1);
  const { client } = await openCore();
  expect((await safe(openFile(client, bytes))).error).toMatchObject({ code: 'PASSPHRASE_NEEDED' });
  const preview = await openFile(client, bytes, { passphrase });
  expect(preview.hasSecrets).toBe(false);
  expect(preview.entries.map(({ reasons }) => reasons.join())).toEqual([
    expect.stringContaining('no password'),
    expect.stringContaining('no token secret'),
  ]);
});

test('an export says in the audit what went out and to whom, and asks for one kind of protection', async () => {
  const { client, core } = await fullDeck();
  const { recipient } = await ageKeys();
  await exportBundle(client, { withSecrets: true, recipients: [recipient] });
  const { entries } = await client.audit.list({});
  expect(entries[0]).toMatchObject({
    action: 'bundle.export',
    after: { clusters: ['prod', 'lab'], withSecrets: true, to: [recipient] },
  });
  expect(core.vault.current().state).toBe('unlocked');
  for (const wish of [{}, { passphrase: 'long enough', recipients: [recipient] }]) {
    const { error } = await safe(exportBundle(client, wish));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'passphrase' } });
  }
  const mistyped = `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`;
  const { error } = await safe(exportBundle(client, { recipients: [recipient, mistyped] }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'recipients.1' } });
});
