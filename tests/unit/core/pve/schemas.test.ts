import { expect, test } from 'vitest';
import {
  factorsOf,
  readPermissions,
  readRoles,
  readTicket,
} from '#electron/core/pve/schemas/access';
import {
  readClusterStatus,
  readNodes,
  readStorageResources,
  readTaskLog,
  readTaskStatus,
  readTasks,
  readVersion,
} from '#electron/core/pve/schemas/cluster';

const HALF = (challenge: string) => `PVE:!tfa!${challenge}:6B01F244::c2ln`;

test('versions of all supported releases are understood', () => {
  const releases = ['7.4-20', '8.4.21', '9.2.11', '10.0.1'].map((version) =>
    readVersion({ version }),
  );
  expect(releases.map(({ release }) => release)).toEqual([
    [7, 4],
    [8, 4],
    [9, 2],
    [10, 0],
  ]);
});

test('an answer of another shape is a failure and no guess', () => {
  for (const data of [null, [], 'x', { version: 9 }]) {
    expect(() => readVersion(data)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  }
  expect(() => readNodes({ pve1: {} })).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
});

test('a standalone node has no quorum to speak of; a cluster may have lost it', () => {
  const member = { type: 'node', name: 'pve1', online: 1, local: 1, ip: '192.0.2.1' };
  expect(readClusterStatus([member])).toMatchObject({ name: null, quorate: null });
  const lost = readClusterStatus([
    { type: 'node', name: 'pve2', online: 0, local: 0 },
    { type: 'cluster', name: 'lab', quorate: 0, nodes: 2, version: 4 },
    member,
  ]);
  expect(lost).toMatchObject({ name: 'lab', quorate: false, dropped: 0 });
  expect(lost.members.map(({ name, online, ip }) => [name, online, ip])).toEqual([
    ['pve2', false, null],
    ['pve1', true, '192.0.2.1'],
  ]);
});

test('a row that lies about its types is left out and counted, the others are kept', () => {
  const { rows, dropped } = readStorageResources([
    {
      type: 'storage',
      storage: 'local',
      node: 'pve1',
      content: 'iso,backup',
      shared: '0',
      plugintype: 'dir',
    },
    { type: 'storage', storage: { evil: true }, node: 'pve1' },
    { type: 'storage', storage: 'nas', node: 'pve1', shared: 'maybe' },
    'text',
    null,
  ]);
  expect(rows.map(({ storage, content }) => [storage, content])).toEqual([
    ['local', ['iso', 'backup']],
  ]);
  expect(dropped).toBe(4);
});

test('offline nodes have no status values, and a fingerprint only where the cluster knows one', () => {
  const pin = Array(32).fill('ab').join(':');
  const { rows } = readNodes([
    { node: 'pve2', status: 'offline', ssl_fingerprint: pin },
    { node: 'pve3', status: 'offline', ssl_fingerprint: null },
    { node: 'pve4', status: 'strange' },
  ]);
  expect(rows.map(({ status, ssl_fingerprint }) => [status, ssl_fingerprint])).toEqual([
    ['offline', pin.toUpperCase()],
    ['offline', null],
    ['unknown', null],
  ]);
});

test('tasks run or have ended, with times in milliseconds, also as texts of old releases', () => {
  const upid = 'UPID:pve1:0000004D:00031FE2:6B01F21A:qmstop:100:bob@pve:';
  const { rows } = readTasks([
    { upid, node: 'pve1', type: 'qmstop', id: '100', user: 'bob@pve', starttime: '1795289626' },
    {
      upid,
      node: 'pve1',
      type: 'qmstop',
      id: 100,
      user: 'b@pve',
      starttime: 1,
      endtime: 2,
      status: 'OK',
    },
  ]);
  expect(
    rows.map(({ starttime, endtime, status, id }) => [starttime, endtime, status, id]),
  ).toEqual([
    [1_795_289_626_000, null, null, '100'],
    [1000, 2000, 'OK', '100'],
  ]);
  expect(readTaskStatus({ status: 'stopped', exitstatus: 'WARNINGS: 1' })).toEqual({
    running: false,
    exitStatus: 'WARNINGS: 1',
  });
  expect(readTaskLog([{ n: '1', t: 'TASK OK' }, { t: 'no number' }])).toEqual({
    rows: [{ n: 1, t: 'TASK OK' }],
    dropped: 1,
  });
});

test('a half ticket is known by its form, and names the factors that can be used', () => {
  const half = HALF('{"recovery"%3A[],"totp"%3Atrue,"webauthn"%3A{"a"%3A1}}');
  expect(readTicket({ ticket: half })).toMatchObject({ challenge: true, csrf: '' });
  expect(readTicket({ ticket: 'PVE:x', NeedTFA: 1 }).challenge).toBe(true);
  expect(readTicket({ ticket: 'PVE:a@pve:6B01F205::x', CSRFPreventionToken: 'c' })).toEqual({
    ticket: 'PVE:a@pve:6B01F205::x',
    csrf: 'c',
    challenge: false,
  });
  expect(factorsOf(half)).toEqual(['totp', 'webauthn']);
  expect(factorsOf(HALF('{"recovery"%3A[1,2]}'))).toEqual(['recovery']);
  for (const broken of [HALF('{'), HALF('%E0%A4%A'), 'PVE:!u2f!', '']) {
    expect(factorsOf(broken)).toEqual([]);
  }
});

test('permissions and roles are read as the server words them', () => {
  expect(readPermissions({ '/': { 'Sys.Audit': 1, 'VM.Audit': 0 } })).toEqual({
    '/': { 'Sys.Audit': true, 'VM.Audit': false },
  });
  expect(readPermissions({})).toEqual({});
  const roles = readRoles([
    { roleid: 'A', privs: 'VM.Audit,Sys.Audit' },
    { roleid: 'B', privs: '' },
  ]);
  expect([...roles]).toEqual([
    ['A', ['VM.Audit', 'Sys.Audit']],
    ['B', []],
  ]);
});
