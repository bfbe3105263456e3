import type { PveCluster } from '../model/cluster';
import type { AclEntry, Directory } from './directory';

/** Who asks: a user, or one of the user's tokens. */
export interface Caller {
  userid: string;
  tokenid?: string;
}

/** Privilege -> whether it reaches below the path. */
export type Grants = ReadonlyMap<string, boolean>;

const NOTHING: Grants = new Map();
/** Nothing, and no pool may add to it: somebody said NoAccess. */
const BARRED: Grants = new Map();
/** Paths `/access/permissions` always reports on. */
const ROOT_PATHS = [
  '/',
  '/access',
  '/access/groups',
  '/nodes',
  '/pool',
  '/sdn',
  '/storage',
  '/vms',
];

/** `root@pam` with a password may do what no privilege grants. */
export function isRoot(caller: Caller): boolean {
  return caller.userid === 'root@pam' && caller.tokenid === undefined;
}

/** Answers what a caller may do where, by the rules of the access list. */
export class Permissions {
  readonly #directory: Directory;
  readonly #cluster: PveCluster;
  readonly #everything: Grants;
  #memo = new Map<string, Grants>();
  #memoStamp = '';

  constructor(directory: Directory, cluster: PveCluster) {
    this.#directory = directory;
    this.#cluster = cluster;
    const all = directory.roles.get('Administrator')?.privileges ?? [];
    this.#everything = new Map(all.map((privilege) => [privilege, true]));
  }

  /** All privileges of a caller on a path. */
  at(caller: Caller, path: string): Grants {
    // One inventory asks for every guest: answers hold until something moves.
    const stamp = `${this.#directory.revision}/${this.#cluster.revision}`;
    if (stamp !== this.#memoStamp) {
      this.#memo = new Map();
      this.#memoStamp = stamp;
    }
    const key = `${caller.userid}!${caller.tokenid ?? ''}${path}`;
    let grants = this.#memo.get(key);
    if (grants === undefined) {
      grants = this.#of(caller, path);
      this.#memo.set(key, grants);
    }
    return grants;
  }

  #of(caller: Caller, path: string): Grants {
    const user = this.#directory.users.get(caller.userid);
    if (user === undefined) return NOTHING;
    const ofUser = this.#ofUser(caller.userid, path);
    if (caller.tokenid === undefined) return ofUser;
    const token = user.tokens.get(caller.tokenid);
    if (token === undefined) return NOTHING;
    if (!token.privsep) return ofUser;
    // A separated token has its own grants, and never more than its user.
    const own = this.#resolve(path, [
      (entry) => entry.type === 'token' && entry.ugid === `${caller.userid}!${caller.tokenid}`,
    ]);
    return new Map(
      [...own]
        .filter(([privilege]) => ofUser.has(privilege))
        .map(([privilege, reach]) => [privilege, reach && (ofUser.get(privilege) ?? false)]),
    );
  }

  /** True when the caller has any of the privileges on the path. */
  has(caller: Caller, path: string, ...anyOf: string[]): boolean {
    if (isRoot(caller)) return true;
    const grants = this.at(caller, path);
    return anyOf.some((privilege) => grants.has(privilege));
  }

  /** Every path worth reporting with what the caller has there. */
  overview(caller: Caller): Map<string, Grants> {
    const pooled = [...this.#cluster.guests.values()].filter((guest) => guest.pool !== undefined);
    const paths = new Set([
      ...ROOT_PATHS,
      ...this.#directory.acl.map((entry) => entry.path),
      ...[...this.#cluster.pools.keys()].map((pool) => `/pool/${pool}`),
      ...pooled.map((guest) => `/vms/${guest.vmid}`),
    ]);
    const out = new Map<string, Grants>();
    for (const path of paths) {
      const grants = this.at(caller, path);
      if (grants.size > 0) out.set(path, grants);
    }
    return out;
  }

  #ofUser(userid: string, path: string): Grants {
    if (userid === 'root@pam') {
      return this.#everything;
    }
    const groups = this.#directory.users.get(userid)?.groups ?? [];
    const grants = this.#resolve(path, [
      (entry) => entry.type === 'user' && entry.ugid === userid,
      (entry) => entry.type === 'group' && groups.includes(entry.ugid),
    ]);
    return this.#withPool(userid, path, grants);
  }

  /** What a guest's pool grants counts for the guest, but no further down. */
  #withPool(userid: string, path: string, grants: Grants): Grants {
    if (grants === BARRED) return grants;
    const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];
    const pool = vmid === undefined ? undefined : this.#cluster.guests.get(Number(vmid))?.pool;
    if (pool === undefined) return grants;
    const merged = new Map(grants);
    for (const privilege of this.#ofUser(userid, `/pool/${pool}`).keys()) {
      if (!merged.has(privilege)) merged.set(privilege, false);
    }
    return merged;
  }

  /**
   * The grants on a path. Deeper paths replace shallower ones as a whole; on
   * one path an earlier matcher (the user) beats a later one (the groups).
   */
  #resolve(path: string, matchers: ((entry: AclEntry) => boolean)[]): Grants {
    let grants = NOTHING;
    for (const level of levelsOf(path)) {
      const here = this.#directory.acl.filter(
        (entry) => entry.path === level && (entry.propagate || level === path),
      );
      for (const matches of matchers) {
        const entries = here.filter(matches);
        if (entries.length === 0) continue;
        grants = grantsOf(entries, this.#directory.roles);
        break;
      }
    }
    return grants;
  }
}

/** What the entries of one path and one subject add up to. */
function grantsOf(entries: readonly AclEntry[], roles: Directory['roles']): Grants {
  if (entries.some((entry) => entry.roleid === 'NoAccess')) return BARRED;
  const grants = new Map<string, boolean>();
  for (const entry of entries) {
    for (const privilege of roles.get(entry.roleid)?.privileges ?? []) {
      grants.set(privilege, entry.propagate || (grants.get(privilege) ?? false));
    }
  }
  return grants;
}

/** `/vms/100` -> `/`, `/vms`, `/vms/100`. */
function levelsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}
