import type { Dress } from '../dress';
import { builtInRoles, type Role } from './roles';
import type { TotpFactor } from './totp';

export interface ApiToken {
  id: string;
  secret: string;
  privsep: boolean;
  /** Unix seconds; 0 never ends. */
  expire: number;
  comment?: string;
}

export interface User {
  userid: string;
  password: string;
  enable: boolean;
  expire: number;
  groups: string[];
  email?: string;
  comment?: string;
  tokens: Map<string, ApiToken>;
  totp?: TotpFactor;
  /** One-time recovery keys that are left, by their number. */
  recovery: Map<number, string>;
}

export interface Group {
  id: string;
  comment?: string;
}

export interface AclEntry {
  path: string;
  type: 'user' | 'group' | 'token';
  ugid: string;
  roleid: string;
  propagate: boolean;
}

/** Who may be who: users, groups, roles and grants of one cluster. */
export class Directory {
  readonly users = new Map<string, User>();
  readonly groups = new Map<string, Group>();
  readonly roles: Map<string, Role>;
  acl: AclEntry[] = [];
  #revision = 0;

  constructor(dress: Dress) {
    this.roles = new Map(builtInRoles(dress).map((role) => [role.id, role]));
  }

  /** Changes whenever what somebody may do might have changed. */
  get revision(): number {
    return this.#revision;
  }

  /** Says that a user, token or membership changed. */
  touch(): void {
    this.#revision += 1;
  }

  /** Adds or replaces a role. */
  setRole(role: Role): void {
    this.roles.set(role.id, role);
    this.#revision += 1;
  }

  /** Adds a user with a password; further fields are set on the result. */
  addUser(userid: string, password: string, groups: string[] = []): User {
    const user: User = {
      userid,
      password,
      enable: true,
      expire: 0,
      groups,
      tokens: new Map(),
      recovery: new Map(),
    };
    this.users.set(userid, user);
    return user;
  }

  /** Grants or withdraws a role; a grant already there is replaced. */
  setGrant(entry: AclEntry, remove: boolean): void {
    const same = (other: AclEntry) =>
      other.path === entry.path &&
      other.type === entry.type &&
      other.ugid === entry.ugid &&
      other.roleid === entry.roleid;
    this.acl = this.acl.filter((other) => !same(other));
    if (!remove) this.acl.push(entry);
    this.#revision += 1;
  }

  /** Forgets a user or token wherever it was granted something. */
  dropGrantsOf(type: AclEntry['type'], ugid: string): void {
    this.acl = this.acl.filter((entry) => entry.type !== type || entry.ugid !== ugid);
    this.#revision += 1;
  }
}
