import { safe } from '@orpc/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClustersEvent } from '#electron/core/clusters/types';
import type { ClusterCreateInput } from '#shared/contract/clusters';
import { openCore } from '#tests/support/core';

const lab = (clusterId: string, more: Partial<ClusterCreateInput> = {}): ClusterCreateInput => ({
  clusterId,
  name: `Lab ${clusterId}`,
  endpoints: [{ host: '10.0.0.5', port: 8006, pin: null }],
  secret: 'correct horse',
  ...more,
});
const NOBODY = '00000000-0000-4000-8000-000000000009';

test('a new cluster has the documented defaults and never shows its secret', async () => {
  const { client } = await openCore();
  const made = await client.clusters.create(lab('one'));
  expect(made).toMatchObject({
    number: 1,
    kind: 'proxmox',
    user: 'root@pam',
    authKind: 'password',
    verify: 'pin',
    priority: 50,
    isActive: true,
    isDefault: false,
    allowVmDeployment: true,
    allowTemplateSync: true,
    allowIsoSync: true,
    autoShutdownEnabled: false,
    hasSecret: true,
    revision: 1,
  });
  expect(JSON.stringify(await client.clusters.list())).not.toContain('correct horse');
});

test('what was configured is there after a restart, in every field', async () => {
  const first = await openCore();
  const group = await first.client.groups.create({ name: 'Exam', colour: '#336699' });
  const made = await first.client.clusters.create(
    lab('one', {
      name: '<b>Räume</b> 🧪 “A”',
      endpoints: [
        { host: '2001:db8::5', port: 8006, pin: null },
        { host: 'pve2.example', port: 443, pin: Array(32).fill('ab').join(':') },
      ],
      authKind: 'token',
      user: 'deck@pve',
      tokenId: 'deck@pve!desk',
      verify: 'ca',
      isActive: false,
      isDefault: true,
      allowVmDeployment: false,
      autoShutdownEnabled: true,
      priority: 100,
      defaultStorage: 'local-zfs',
      description: 'two\nlines',
      groupUuid: group.uuid,
      protected: true,
      colour: '#112233',
    }),
  );
  await first.close();
  const second = await openCore({ paths: first.ports.paths, protectors: first.ports.protectors });
  expect(await second.client.clusters.get({ ref: 'one' })).toEqual(made);
  expect(made.name).toBe('<b>Räume</b> 🧪 “A”');
  expect(made.endpoints[1]?.pin).toBe(Array(32).fill('AB').join(':'));
});

test('an entry is found by uuid, id and number, and an id of digits wins over a number', async () => {
  const { client } = await openCore();
  const first = await client.clusters.create(lab('one'));
  const digits = await client.clusters.create(lab('1'));
  expect((await client.clusters.get({ ref: first.uuid })).uuid).toBe(first.uuid);
  expect((await client.clusters.get({ ref: '1' })).uuid).toBe(digits.uuid);
  expect((await client.clusters.get({ ref: '2' })).uuid).toBe(digits.uuid);
  const { error } = await safe(client.clusters.get({ ref: 'nowhere' }));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
});

test('a number is never given to a second cluster', async () => {
  const { client } = await openCore();
  await client.clusters.create(lab('one'));
  const two = await client.clusters.create(lab('two'));
  await client.clusters.remove({ uuid: two.uuid });
  expect((await client.clusters.create(lab('three'))).number).toBe(3);
});

test.each<[string, object]>([
  ['clusterId', { clusterId: 'Not An Id' }],
  ['endpoints.0.host', { endpoints: [{ host: 'https://pve/', port: 8006, pin: null }] }],
  ['endpoints.0.port', { endpoints: [{ host: 'pve', port: 65_536, pin: null }] }],
  ['endpoints.0.pin', { endpoints: [{ host: 'pve', port: 8006, pin: 'AA:BB' }] }],
  ['priority', { priority: 101 }],
  ['user', { user: 'root' }],
  ['secret', { secret: 'two\nlines' }],
  ['name', { name: ' ' }],
  ['', { unknown: 1 }],
])('a wrong %s is refused at the router, and nothing is stored', async (field, wrong) => {
  const { client } = await openCore();
  const { error } = await safe(client.clusters.create({ ...lab('one'), ...wrong }));
  expect(error).toMatchObject({ code: 'BAD_REQUEST' });
  const issues = (error as { data?: { issues?: { path: PropertyKey[] }[] } }).data?.issues ?? [];
  expect(issues.map(({ path }) => path.join('.'))).toContain(field);
  expect(await client.clusters.list()).toEqual([]);
});

test.each<[string, Partial<ClusterCreateInput>, string]>([
  ['a token without its id', { authKind: 'token' }, 'tokenId'],
  [
    'a token without its secret',
    { authKind: 'token', tokenId: 'deck@pve!desk', secret: '' },
    'secret',
  ],
  ['a group that is not there', { groupUuid: NOBODY }, 'groupUuid'],
])('%s is refused with a sentence at its field', async (_name, wrong, field) => {
  const { client } = await openCore();
  const { error } = await safe(client.clusters.create(lab('one', wrong)));
  expect(error).toMatchObject({
    code: 'INVALID_INPUT',
    data: { fields: { [field]: expect.any(String) } },
  });
  expect(await client.clusters.list()).toEqual([]);
});

test('an id is given once, on adding, editing and duplicating', async () => {
  const { client } = await openCore();
  const one = await client.clusters.create(lab('one'));
  await client.clusters.create(lab('two'));
  const taken = { code: 'DUPLICATE_ID', data: { fields: { clusterId: expect.any(String) } } };
  for (const attempt of [
    client.clusters.create(lab('two')),
    client.clusters.update({ uuid: one.uuid, changes: { clusterId: 'two' } }),
    client.clusters.duplicate({ uuid: one.uuid, clusterId: 'two', name: 'Copy' }),
  ]) {
    expect((await safe(attempt)).error).toMatchObject(taken);
  }
  const renamed = await client.clusters.update({ uuid: one.uuid, changes: { clusterId: 'neu' } });
  expect([renamed.clusterId, renamed.uuid]).toEqual(['neu', one.uuid]);
});

test('a blank secret keeps the stored one; a new kind of account needs its own', async () => {
  const { client, core } = await openCore();
  const { uuid } = await client.clusters.create(lab('one'));
  const secret = () => core.vault.open(uuid);
  const update = (changes: object) => client.clusters.update({ uuid, changes });
  await update({ secret: '', name: 'Other' });
  expect(await secret()).toBe('correct horse');
  const refused = { code: 'INVALID_INPUT', data: { fields: { secret: expect.any(String) } } };
  const token = { authKind: 'token', tokenId: 'deck@pve!desk' };
  expect((await safe(update(token))).error).toMatchObject(refused);
  expect(await update({ ...token, secret: 'token secret' })).toMatchObject(token);
  expect(await secret()).toBe('token secret');
  expect((await safe(update({ tokenId: 'deck@pve!other' }))).error).toMatchObject(refused);
  expect((await safe(update({ authKind: 'password' }))).error).toMatchObject(refused);
  expect(await update({ authKind: 'password', secret: 'pw' })).toMatchObject({ tokenId: null });
  expect(await secret()).toBe('pw');
});

test('a token whose secret ended with its session can still be edited, and says that it lacks it', async () => {
  const first = await openCore({ protectors: [] });
  const token = { authKind: 'token', tokenId: 'deck@pve!desk' } as const;
  const { uuid } = await first.client.clusters.create(lab('one', token));
  await first.close();
  const { client } = await openCore({ protectors: [], paths: first.ports.paths });
  const edited = await client.clusters.update({ uuid, changes: { priority: 90 } });
  expect(edited).toMatchObject({ priority: 90, hasSecret: false });
});

test('an edit based on an older revision is refused; one that changes nothing leaves no trace', async () => {
  const { client } = await openCore();
  const { uuid } = await client.clusters.create(lab('one'));
  const edited = await client.clusters.update({ uuid, revision: 1, changes: { priority: 75 } });
  expect(edited.revision).toBe(2);
  const late = safe(client.clusters.update({ uuid, revision: 1, changes: { priority: 10 } }));
  expect((await late).error).toMatchObject({ code: 'REVISION_CHANGED' });
  const same = await client.clusters.update({ uuid, changes: { priority: 75 } });
  expect(same).toEqual(edited);
});

test('a copy has its own secret, and is neither the default nor tied to its source', async () => {
  const { client, core } = await openCore();
  const one = await client.clusters.create(lab('one', { isDefault: true, priority: 80 }));
  const copy = await client.clusters.duplicate({ uuid: one.uuid, clusterId: 'two', name: 'Two' });
  expect(copy).toMatchObject({ priority: 80, isDefault: false, hasSecret: true, revision: 1 });
  await client.clusters.update({ uuid: one.uuid, changes: { secret: 'changed' } });
  expect(await core.vault.open(copy.uuid)).toBe('correct horse');
  await client.clusters.remove({ uuid: one.uuid });
  expect(await core.vault.open(copy.uuid)).toBe('correct horse');
});

test('the last cluster stays; a protected one goes only with its id typed', async () => {
  const { client, core } = await openCore();
  const one = await client.clusters.create(lab('one', { protected: true }));
  const remove = (confirm?: string) =>
    safe(client.clusters.remove({ uuid: one.uuid, ...(confirm && { confirm }) }));
  expect((await remove('one')).error).toMatchObject({ code: 'LAST_CLUSTER' });
  await client.clusters.create(lab('two'));
  expect((await remove()).error).toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  expect((await remove('two')).error).toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  expect((await remove('one')).error).toBeNull();
  expect((await remove('one')).error).toMatchObject({ code: 'NOT_FOUND' });
  expect(await core.vault.open(one.uuid)).toBeNull();
  expect((await client.clusters.list()).map((entry) => entry.clusterId)).toEqual(['two']);
});

test('listeners hear what changed, and whose connections must be made anew', async () => {
  const { client, core } = await openCore();
  const heard: ClustersEvent[] = [];
  core.clusters.events.subscribe((event) => heard.push(event));
  const { uuid, endpoints } = await client.clusters.create(lab('one'));
  const two = await client.clusters.create(lab('two'));
  const update = (changes: object) => client.clusters.update({ uuid, changes });
  await update({ name: 'Quiet', priority: 1, isActive: false });
  await update({ endpoints: [...endpoints, { host: 'b', port: 8006, pin: null }] });
  await update({ verify: 'ca' });
  await update({ secret: 'new' });
  await client.clusters.remove({ uuid: two.uuid });
  expect(
    heard.map(({ upserts, removed, reconnect }) => [upserts.length, removed, reconnect]),
  ).toEqual([
    [1, [], []],
    [1, [], []],
    [1, [], []],
    [1, [], [uuid]],
    [1, [], [uuid]],
    [1, [], [uuid]],
    [0, [two.uuid], []],
  ]);
});

test('whatever is done, one cluster is the default or none', async () => {
  type Step = { do: 'create' | 'set' | 'clear' | 'remove' | 'duplicate'; on: number };
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('create', 'set', 'clear', 'remove', 'duplicate'),
    on: fc.nat(5),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const { client, close } = await openCore();
      let made = 0;
      let expected: string | null = null;
      for (const { do: what, on } of steps) {
        const list = await client.clusters.list();
        const target = list[on % Math.max(1, list.length)];
        made += 1;
        if (what === 'create') {
          const isDefault = on % 2 === 0;
          const { uuid } = await client.clusters.create(lab(`c${made}`, { isDefault }));
          if (isDefault) expected = uuid;
        } else if (target !== undefined) {
          const { uuid } = target;
          if (what === 'remove') {
            if (
              (await safe(client.clusters.remove({ uuid }))).error === null &&
              expected === uuid
            ) {
              expected = null;
            }
          } else if (what === 'duplicate') {
            await client.clusters.duplicate({ uuid, clusterId: `c${made}`, name: 'Copy' });
          } else {
            await client.clusters.update({ uuid, changes: { isDefault: what === 'set' } });
            if (what === 'set') expected = uuid;
            else if (expected === uuid) expected = null;
          }
        }
        const defaults = (await client.clusters.list()).filter((entry) => entry.isDefault);
        expect(defaults.map(({ uuid }) => uuid)).toEqual(expected === null ? [] : [expected]);
      }
      await close();
    }),
    { numRuns: 15 },
  );
}, 60_000);
