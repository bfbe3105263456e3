import { died, parameterError } from '../errors';
import { type Call, need, type Route, Unordered } from '../http/route';
import { capabilities } from './capabilities';

const optional = { optional: true } as const;

/** Logging in, and what the caller may do. */
export const accessRoutes: readonly Route[] = [
  { method: 'GET', path: '/version', handle: ({ site }) => site.cluster.dress.version },
  {
    method: 'GET',
    path: '/access',
    handle: () =>
      new Unordered(
        ['users', 'groups', 'roles', 'acl', 'domains', 'tfa', 'ticket', 'permissions'].map(
          (subdir) => ({ subdir }),
        ),
      ),
  },
  {
    method: 'GET',
    path: '/access/domains',
    open: true,
    handle: () =>
      new Unordered([
        { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
        { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
      ]),
  },
  { method: 'GET', path: '/access/ticket', open: true, handle: () => null },
  {
    method: 'POST',
    path: '/access/ticket',
    open: true,
    params: {
      username: {},
      password: {},
      realm: optional,
      otp: optional,
      path: optional,
      privs: optional,
      'new-format': { type: 'boolean', optional: true },
      'tfa-challenge': optional,
    },
    handle: login,
  },
  {
    method: 'GET',
    path: '/access/permissions',
    params: { path: optional, userid: optional },
    handle: permissions,
  },
  {
    method: 'GET',
    path: '/access/roles',
    handle: ({ site }) =>
      new Unordered(
        [...site.directory.roles.values()].map((role) => ({
          roleid: role.id,
          privs: role.privileges.join(','),
          special: role.special ? 1 : 0,
        })),
      ),
  },
  {
    method: 'POST',
    path: '/access/roles',
    params: { roleid: {}, privs: optional },
    permit: need('/access', 'Sys.Modify'),
    handle: createRole,
  },
  {
    method: 'GET',
    path: '/access/roles/{roleid}',
    handle: ({ site, path }) => {
      const role = site.directory.roles.get(path.roleid ?? '');
      if (role === undefined)
        throw parameterError({ roleid: `role '${path.roleid}' does not exist` });
      return Object.fromEntries(role.privileges.map((privilege) => [privilege, 1]));
    },
  },
  {
    method: 'DELETE',
    path: '/access/roles/{roleid}',
    permit: need('/access', 'Sys.Modify'),
    handle: removeRole,
  },
  {
    method: 'GET',
    path: '/access/tfa',
    handle: ({ site, caller }) =>
      new Unordered(
        [...site.directory.users.values()]
          .filter((user) => user.userid === caller.userid || mayAudit(site, caller))
          .filter((user) => user.totp !== undefined || user.recovery.size > 0)
          .map((user) => ({
            userid: user.userid,
            entries: [
              ...(user.totp === undefined
                ? []
                : [
                    {
                      id: user.totp.id,
                      type: 'totp',
                      description: user.totp.description,
                      created: user.totp.createdSeconds,
                      enable: true,
                    },
                  ]),
              ...(user.recovery.size === 0
                ? []
                : [
                    { id: 'recovery', type: 'recovery', description: '', created: 0, enable: true },
                  ]),
            ],
          })),
      ),
  },
];

function mayAudit(site: Call['site'], caller: Call['caller']): boolean {
  return site.permissions.has(caller, '/access/groups', 'User.Modify', 'Sys.Audit');
}

function login({ site, params, nowMs }: Call): unknown {
  const { username = '', password = '', realm } = params;
  const challenge = params['tfa-challenge'];
  const result = site.login.login(
    {
      username,
      password,
      ...(realm === undefined ? {} : { realm }),
      ...(challenge === undefined ? {} : { challenge }),
    },
    nowMs / 1000,
  );
  const answer = {
    username: result.userid,
    ticket: result.ticket,
    CSRFPreventionToken: result.csrf,
    ...(site.cluster.standalone ? {} : { clustername: site.cluster.name }),
  };
  return result.kind === 'half'
    ? { ...answer, NeedTFA: 1 }
    : { ...answer, cap: capabilities(site.permissions, site.cluster.dress, result.userid) };
}

function permissions({ site, caller, params }: Call): unknown {
  const numbers = (grants: ReadonlyMap<string, boolean>) =>
    Object.fromEntries([...grants].map(([privilege, reach]) => [privilege, reach ? 1 : 0]));
  if (params.path !== undefined) {
    return { [params.path]: numbers(site.permissions.at(caller, params.path)) };
  }
  return Object.fromEntries(
    [...site.permissions.overview(caller)].map(([path, grants]) => [path, numbers(grants)]),
  );
}

function createRole({ site, params }: Call): null {
  const id = params.roleid ?? '';
  if (site.directory.roles.has(id)) {
    throw parameterError({ roleid: `role '${id}' already exists` });
  }
  const known = new Set(site.directory.roles.get('Administrator')?.privileges);
  const privileges = (params.privs ?? '').split(/[,; ]+/).filter((name) => name !== '');
  for (const privilege of privileges) {
    if (!known.has(privilege)) {
      throw parameterError({
        privs: `invalid format - invalid privilege '${privilege}'\n`,
      });
    }
  }
  site.directory.setRole({ id, privileges: [...privileges].sort(), special: false });
  return null;
}

function removeRole({ site, path }: Call): null {
  const id = path.roleid ?? '';
  const role = site.directory.roles.get(id);
  if (role === undefined) throw died(`delete role failed: role '${id}' does not exist`);
  if (role.special) throw died(`auto-generated role '${id}' cannot be deleted`);
  site.directory.roles.delete(id);
  site.directory.touch();
  return null;
}
