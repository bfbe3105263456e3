import { expect, test } from 'vitest';
import { type AclEntry, Directory } from '#electron/demo/pve/access/directory';
import { Permissions } from '#electron/demo/pve/access/permissions';
import { dressOf } from '#electron/demo/pve/dress';
import { buildCluster } from '#electron/demo/pve/model/build';
import { TOUR } from '#electron/demo/specs';

function scene() {
  const spec = TOUR[0];
  if (spec === undefined) throw new RangeError('The tour has no clusters.');
  const cluster = buildCluster(spec, 1, 0);
  const directory = new Directory(dressOf('9.2'));
  const permissions = new Permissions(directory, cluster);
  directory.addUser('ada@pve', 'x', ['ops']);
  directory.addUser('bob@pve', 'x');
  const grant = (
    path: string,
    type: AclEntry['type'],
    ugid: string,
    roleid: string,
    propagate = true,
  ) => directory.setGrant({ path, type, ugid, roleid, propagate }, false);
  return { cluster, directory, permissions, grant };
}

test('a grant reaches down the tree, and one that does not propagate stays where it is', () => {
  const { permissions, grant } = scene();
  grant('/', 'group', 'ops', 'PVEAuditor');
  expect(permissions.has({ userid: 'ada@pve' }, '/nodes/pve-01', 'Sys.Audit')).toBe(true);
  expect(permissions.has({ userid: 'bob@pve' }, '/nodes/pve-01', 'Sys.Audit')).toBe(false);
  grant('/vms', 'user', 'bob@pve', 'PVEVMUser', false);
  expect(permissions.has({ userid: 'bob@pve' }, '/vms', 'VM.Audit')).toBe(true);
  expect(permissions.has({ userid: 'bob@pve' }, '/vms/101', 'VM.Audit')).toBe(false);
});

test("a deeper grant replaces a shallower one, and a user's beats the group's", () => {
  const { permissions, grant } = scene();
  grant('/', 'group', 'ops', 'PVEAdmin');
  grant('/vms/101', 'user', 'ada@pve', 'PVETemplateUser');
  const ada = { userid: 'ada@pve' };
  expect(permissions.has(ada, '/vms/102', 'VM.PowerMgmt')).toBe(true);
  expect(permissions.has(ada, '/vms/101', 'VM.PowerMgmt')).toBe(false);
  expect(permissions.has(ada, '/vms/101', 'VM.Clone')).toBe(true);
  grant('/vms/102', 'user', 'ada@pve', 'NoAccess');
  expect(permissions.at(ada, '/vms/102').size).toBe(0);
});

test('what a pool grants counts for its guests', () => {
  const { cluster, permissions, grant } = scene();
  grant('/pool/teaching', 'user', 'bob@pve', 'PVEVMUser');
  const inside = [...cluster.guests.values()].find((guest) => guest.pool === 'teaching');
  const outside = [...cluster.guests.values()].find((guest) => guest.pool === undefined);
  const bob = { userid: 'bob@pve' };
  expect(permissions.at(bob, `/vms/${inside?.vmid}`).get('VM.PowerMgmt')).toBe(false);
  expect(permissions.has(bob, `/vms/${outside?.vmid}`, 'VM.Audit')).toBe(false);
});

test('a separated token has its own grants and never more than its user', () => {
  const { directory, permissions, grant } = scene();
  grant('/', 'user', 'bob@pve', 'PVEAuditor');
  const tokens = directory.users.get('bob@pve')?.tokens;
  tokens?.set('plain', { id: 'plain', secret: '', privsep: false, expire: 0 });
  tokens?.set('apart', { id: 'apart', secret: '', privsep: true, expire: 0 });
  const plain = { userid: 'bob@pve', tokenid: 'plain' };
  const apart = { userid: 'bob@pve', tokenid: 'apart' };
  expect(permissions.has(plain, '/vms/101', 'VM.Audit')).toBe(true);
  expect(permissions.overview(apart).size).toBe(0);
  grant('/vms', 'token', 'bob@pve!apart', 'PVEVMAdmin');
  expect([...permissions.at(apart, '/vms/101').keys()].sort()).toEqual([
    'VM.Audit',
    'VM.GuestAgent.Audit',
  ]);
});

test('root may everything, a token of root only what privileges say', () => {
  const { directory, permissions } = scene();
  const root = directory.addUser('root@pam', 'x');
  root.tokens.set('full', { id: 'full', secret: '', privsep: false, expire: 0 });
  expect(permissions.has({ userid: 'root@pam' }, '/', 'Anything.AtAll')).toBe(true);
  const token = { userid: 'root@pam', tokenid: 'full' };
  expect(permissions.has(token, '/', 'Sys.Modify')).toBe(true);
  expect(permissions.has(token, '/', 'Anything.AtAll')).toBe(false);
});

test('a withdrawn grant is gone at once', () => {
  const { directory, permissions, grant } = scene();
  grant('/', 'user', 'bob@pve', 'PVEAuditor');
  const bob = { userid: 'bob@pve' };
  expect(permissions.has(bob, '/', 'Sys.Audit')).toBe(true);
  directory.dropGrantsOf('user', 'bob@pve');
  expect(permissions.has(bob, '/', 'Sys.Audit')).toBe(false);
});
