import type { AclEntry } from '../access/directory';
import { died, parameterError, permissionError } from '../errors';
import { isTrue } from '../http/params';
import { type Call, need, type Route, Unordered } from '../http/route';
import { seesDirectory } from './users';

const optional = { optional: true } as const;

/** Groups and the access list. */
export const groupRoutes: readonly Route[] = [
  { method: 'GET', path: '/access/groups', handle: listGroups },
  {
    method: 'POST',
    path: '/access/groups',
    params: { groupid: {}, comment: optional },
    permit: need('/access/groups', 'Group.Allocate'),
    handle: createGroup,
  },
  {
    method: 'GET',
    path: '/access/groups/{groupid}',
    permit: need('/access/groups', 'Sys.Audit', 'Group.Allocate'),
    handle: showGroup,
  },
  { method: 'GET', path: '/access/acl', handle: listAcl },
  {
    method: 'PUT',
    path: '/access/acl',
    params: {
      path: {},
      roles: {},
      users: optional,
      groups: optional,
      tokens: optional,
      propagate: { type: 'boolean', optional: true },
      delete: { type: 'boolean', optional: true },
    },
    permit: mayGrant,
    handle: updateAcl,
  },
];

function listGroups({ site, caller }: Call): Unordered {
  if (!seesDirectory(site, caller)) return new Unordered([]);
  return new Unordered(
    [...site.directory.groups.values()].map((group) => ({
      groupid: group.id,
      ...(group.comment === undefined ? {} : { comment: group.comment }),
      users: membersOf(site, group.id).join(','),
    })),
  );
}

function membersOf(site: Call['site'], group: string): string[] {
  return [...site.directory.users.values()]
    .filter((user) => user.groups.includes(group))
    .map((user) => user.userid);
}

function createGroup({ site, params }: Call): null {
  const id = params.groupid ?? '';
  if (site.directory.groups.has(id)) {
    throw died(`create group failed: group '${id}' already exists`);
  }
  site.directory.groups.set(id, {
    id,
    ...(params.comment === undefined ? {} : { comment: params.comment }),
  });
  return null;
}

function showGroup({ site, path }: Call): unknown {
  const group = site.directory.groups.get(path.groupid ?? '');
  if (group === undefined) throw died(`group '${path.groupid}' does not exist`);
  return {
    members: membersOf(site, group.id),
    ...(group.comment === undefined ? {} : { comment: group.comment }),
  };
}

function listAcl({ site, caller }: Call): Unordered {
  const visible = site.directory.acl.filter((entry) =>
    site.permissions.has(caller, entry.path, 'Permissions.Modify', 'Sys.Audit'),
  );
  return new Unordered(visible.map((entry) => ({ ...entry, propagate: entry.propagate ? 1 : 0 })));
}

function mayGrant(call: Call): void {
  const path = call.params.path ?? '/';
  const { permissions } = call.site;
  if (permissions.has(call.caller, path, 'Permissions.Modify')) return;
  // Whoever may allocate a thing may also share it.
  if (path.startsWith('/vms') && permissions.has(call.caller, path, 'VM.Allocate')) return;
  if (path.startsWith('/storage') && permissions.has(call.caller, path, 'Datastore.Allocate'))
    return;
  if (path.startsWith('/pool') && permissions.has(call.caller, path, 'Pool.Allocate')) return;
  throw permissionError(path, 'Permissions.Modify');
}

function updateAcl({ site, params }: Call): null {
  const { directory, cluster } = site;
  if (!cluster.quorate) throw died("cfs-lock 'file-user_cfg' error: no quorum!");
  const path = params.path ?? '';
  if (!/^\/([a-zA-Z0-9][\w.-]*(\/[\w.-]+)*)?$/.test(path)) {
    throw parameterError({ path: `invalid ACL path '${path}'` });
  }
  const list = (text: string | undefined) =>
    (text ?? '').split(/[,;\s]+/).filter((entry) => entry !== '');
  const roles = list(params.roles);
  for (const role of roles) {
    if (!directory.roles.has(role))
      throw parameterError({ roles: `role '${role}' does not exist` });
  }
  const subjects: [AclEntry['type'], string][] = [
    ...list(params.users).map((id): [AclEntry['type'], string] => ['user', id]),
    ...list(params.groups).map((id): [AclEntry['type'], string] => ['group', id]),
    ...list(params.tokens).map((id): [AclEntry['type'], string] => ['token', id]),
  ];
  if (subjects.length === 0) {
    throw parameterError(
      Object.fromEntries(
        ['users', 'groups', 'tokens'].map((name) => [
          name,
          "either 'users', 'groups' or 'tokens' is required.",
        ]),
      ),
    );
  }
  for (const [type, id] of subjects) assertKnown(site, type, id);
  const propagate = params.propagate === undefined || isTrue(params.propagate);
  for (const [type, ugid] of subjects) {
    for (const roleid of roles) {
      directory.setGrant({ path, type, ugid, roleid, propagate }, isTrue(params.delete));
    }
  }
  return null;
}

function assertKnown({ directory }: Call['site'], type: AclEntry['type'], id: string): void {
  if (type === 'user' && !directory.users.has(id)) {
    throw parameterError({ users: `no such user ('${id}')` });
  }
  if (type === 'group' && !directory.groups.has(id)) {
    throw parameterError({ groups: `no such group ('${id}')` });
  }
  if (type === 'token') {
    const [userid = '', tokenid = ''] = id.split('!');
    if (directory.users.get(userid)?.tokens.has(tokenid) !== true) {
      throw parameterError({ tokens: `no such token '${tokenid}' for user '${userid}'` });
    }
  }
}
