import { randomUUID } from 'node:crypto';
import type { ApiToken, User } from '../access/directory';
import { type Caller, isRoot } from '../access/permissions';
import { died, PveError, parameterError, permissionError } from '../errors';
import { isTrue, type ParamRules } from '../http/params';
import { type Call, type Route, Unordered } from '../http/route';

const optional = { optional: true } as const;
const USER_FIELDS: ParamRules = {
  comment: optional,
  email: optional,
  enable: { type: 'boolean', optional: true },
  expire: { type: 'integer', optional: true, minimum: 0 },
  firstname: optional,
  lastname: optional,
  groups: optional,
  keys: optional,
};
const TOKEN_FIELDS: ParamRules = {
  comment: optional,
  expire: { type: 'integer', optional: true, minimum: 0 },
  privsep: { type: 'boolean', optional: true },
};

/** Users and their tokens. */
export const userRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/access/users',
    params: {
      enabled: { type: 'boolean', optional: true },
      full: { type: 'boolean', optional: true },
    },
    handle: listUsers,
  },
  {
    method: 'POST',
    path: '/access/users',
    params: { userid: { check: badUserId }, password: optional, ...USER_FIELDS },
    permit: mayModifyUsers,
    handle: createUser,
  },
  { method: 'GET', path: '/access/users/{userid}', permit: mayReadUser, handle: showUser },
  {
    method: 'PUT',
    path: '/access/users/{userid}',
    params: { append: { type: 'boolean', optional: true }, ...USER_FIELDS },
    permit: mayModifyUsers,
    handle: (call) => {
      setFields(call, userOf(call));
      return null;
    },
  },
  {
    method: 'DELETE',
    path: '/access/users/{userid}',
    permit: mayModifyUsers,
    handle: (call) => {
      const user = userOf(call);
      for (const id of user.tokens.keys())
        call.site.directory.dropGrantsOf('token', `${user.userid}!${id}`);
      call.site.directory.dropGrantsOf('user', user.userid);
      call.site.directory.users.delete(user.userid);
      return null;
    },
  },
  {
    method: 'PUT',
    path: '/access/password',
    params: {
      userid: {},
      password: {
        check: (value) =>
          value.length < 8 ? 'value must be at least 8 characters long' : undefined,
      },
    },
    handle: setPassword,
  },
  {
    method: 'GET',
    path: '/access/users/{userid}/token',
    permit: mayReadUser,
    handle: (call) =>
      new Unordered(
        [...userOf(call).tokens.values()].map((token) => ({ tokenid: token.id, ...facts(token) })),
      ),
  },
  {
    method: 'GET',
    path: '/access/users/{userid}/token/{tokenid}',
    permit: mayReadUser,
    handle: (call) => facts(tokenOf(call)),
  },
  {
    method: 'POST',
    path: '/access/users/{userid}/token/{tokenid}',
    params: TOKEN_FIELDS,
    permit: mayOwnUser,
    handle: createToken,
  },
  {
    method: 'PUT',
    path: '/access/users/{userid}/token/{tokenid}',
    params: TOKEN_FIELDS,
    permit: mayOwnUser,
    handle: (call) => {
      const token = tokenOf(call);
      setTokenFields(call, token);
      return facts(token);
    },
  },
  {
    method: 'DELETE',
    path: '/access/users/{userid}/token/{tokenid}',
    permit: mayOwnUser,
    handle: (call) => {
      const token = tokenOf(call);
      userOf(call).tokens.delete(token.id);
      call.site.directory.dropGrantsOf('token', `${call.path.userid}!${token.id}`);
      return null;
    },
  },
];

function badUserId(value: string): string | undefined {
  return /^[^\s:/@]+@[A-Za-z][A-Za-z0-9.\-_]+$/.test(value)
    ? undefined
    : `invalid format - value '${value}' does not look like a valid user name\n`;
}

function userOf({ site, path }: Call): User {
  const user = site.directory.users.get(path.userid ?? '');
  if (user === undefined) throw died(`no such user ('${path.userid}')`);
  return user;
}

function tokenOf(call: Call): ApiToken {
  const token = userOf(call).tokens.get(call.path.tokenid ?? '');
  if (token === undefined) {
    throw died(`no such token '${call.path.tokenid}' for user '${call.path.userid}'`);
  }
  return token;
}

function mayModify({ site, caller }: Call): boolean {
  return site.permissions.has(caller, '/access/groups', 'User.Modify');
}

function mayModifyUsers(call: Call): void {
  if (!mayModify(call)) throw permissionError('/access/groups', 'User.Modify');
}

function mayReadUser(call: Call): void {
  const own = call.caller.userid === call.path.userid;
  if (own || call.site.permissions.has(call.caller, '/access/groups', 'User.Modify', 'Sys.Audit'))
    return;
  throw permissionError('/access/groups', 'User.Modify|Sys.Audit');
}

function mayOwnUser(call: Call): void {
  // A token may manage tokens of its own user only with rights of its own.
  const own = call.caller.userid === call.path.userid && call.caller.tokenid === undefined;
  if (!own && !mayModify(call)) throw permissionError('/access/users', 'User.Modify');
}

function listUsers(call: Call): Unordered {
  const all = call.site.permissions.has(call.caller, '/access/groups', 'User.Modify', 'Sys.Audit');
  const users = [...call.site.directory.users.values()].filter(
    (user) => all || user.userid === call.caller.userid,
  );
  return new Unordered(
    users.map((user) => ({
      userid: user.userid,
      'realm-type': user.userid.split('@')[1] ?? 'pam',
      ...userFacts(user),
    })),
  );
}

function userFacts(user: User): Record<string, unknown> {
  return {
    enable: user.enable ? 1 : 0,
    expire: user.expire,
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(user.comment === undefined ? {} : { comment: user.comment }),
  };
}

function showUser(call: Call): unknown {
  const user = userOf(call);
  return {
    ...userFacts(user),
    groups: user.groups,
    tokens: Object.fromEntries([...user.tokens].map(([id, token]) => [id, facts(token)])),
  };
}

function createUser(call: Call): null {
  const { directory, cluster } = call.site;
  const userid = call.params.userid ?? '';
  if (!cluster.quorate) throw lockFailed('create user failed');
  if (directory.users.has(userid))
    throw died(`create user failed: user '${userid}' already exists`);
  const realm = userid.split('@')[1];
  if (realm !== 'pam' && realm !== 'pve') {
    throw died(`create user failed: domain '${realm}' does not exist`);
  }
  setFields(call, directory.addUser(userid, call.params.password ?? ''));
  return null;
}

function setFields({ site, params }: Call, user: User): void {
  site.directory.touch();
  if (params.email !== undefined) user.email = params.email;
  if (params.comment !== undefined) user.comment = params.comment;
  if (params.enable !== undefined) user.enable = isTrue(params.enable);
  if (params.expire !== undefined) user.expire = Number(params.expire);
  if (params.groups !== undefined) {
    user.groups = params.groups.split(/[,;]/).filter((group) => group !== '');
  }
}

function setPassword({ site, caller, params }: Call): null {
  const user = site.directory.users.get(params.userid ?? '');
  if (user === undefined) throw parameterError({ userid: 'no such user' });
  const own = caller.userid === user.userid && caller.tokenid === undefined;
  if (!own && !isRoot(caller)) throw new PveError(403, 'Permission check failed\n');
  user.password = params.password ?? '';
  return null;
}

function facts(token: ApiToken): Record<string, unknown> {
  return {
    privsep: token.privsep ? 1 : 0,
    expire: token.expire,
    ...(token.comment === undefined ? {} : { comment: token.comment }),
  };
}

function setTokenFields({ site, params }: Call, token: ApiToken): void {
  site.directory.touch();
  if (params.comment !== undefined) token.comment = params.comment;
  if (params.expire !== undefined) token.expire = Number(params.expire);
  if (params.privsep !== undefined) token.privsep = isTrue(params.privsep);
}

function createToken(call: Call): unknown {
  const user = userOf(call);
  const id = call.path.tokenid ?? '';
  if (!/^[A-Za-z][A-Za-z0-9.\-_]+$/.test(id)) {
    throw parameterError({
      tokenid: 'invalid format - value does not look like a valid token ID\n',
    });
  }
  if (user.tokens.has(id)) throw parameterError({ tokenid: 'Token already exists.' });
  if (!call.site.cluster.quorate) throw lockFailed('creating token failed');
  const token: ApiToken = { id, secret: randomUUID(), privsep: true, expire: 0 };
  setTokenFields(call, token);
  user.tokens.set(id, token);
  // The server echoes what it was given as text, and the default of privsep.
  const { comment, expire, privsep = '1' } = call.params;
  return {
    'full-tokenid': `${user.userid}!${id}`,
    value: token.secret,
    info: {
      privsep,
      ...(expire === undefined ? {} : { expire }),
      ...(comment === undefined ? {} : { comment }),
    },
  };
}

function lockFailed(what: string): PveError {
  return died(`${what}: cfs-lock 'file-user_cfg' error: no quorum!`);
}

/** True when the caller sees the whole directory. */
export function seesDirectory(site: Call['site'], caller: Caller): boolean {
  return site.permissions.has(
    caller,
    '/access/groups',
    'User.Modify',
    'Sys.Audit',
    'Group.Allocate',
  );
}
