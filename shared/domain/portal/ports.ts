import type { PortalRecord, PortalValues } from './fields';

/** Why something was not done; `message` is a sentence with no secret in it. */
export type Refusal =
  | { reason: 'notFound' | 'duplicate' | 'last' }
  | { reason: 'refused' | 'readOnly' | 'unavailable' | 'failed'; message: string };
export type Outcome<T> = { ok: true; value: T } | ({ ok: false } & Refusal);

/** Where the configuration is kept: the desk's store, or a cluster's shared state. */
export interface ConfigStore {
  /** in any order */
  list(): Promise<PortalRecord[]>;
  /** @param password '' for a cluster without one */
  create(clusterId: string, values: PortalValues, password: string): Promise<Outcome<PortalRecord>>;
  /** @param password '' keeps the present one */
  update(
    number: number,
    values: Partial<PortalValues>,
    password: string,
  ): Promise<Outcome<PortalRecord>>;
  /** @returns what was removed */
  remove(number: number): Promise<Outcome<{ name: string }>>;
}

/** Asks the clusters themselves, with the password that is kept. */
export interface ClusterProbe {
  test(number: number): Promise<Outcome<{ version: string; nodeNames: string[] }>>;
  storages(number: number): Promise<Outcome<PortalStorage[]>>;
  groups(number: number): Promise<Outcome<PortalGroup[]>>;
}

export interface PortalStorage {
  storage: string;
  type: string;
  /** kinds of content joined by commas */
  content: string;
  active: boolean;
  enabled: boolean;
}

export interface PortalGroup {
  groupid: string;
  comment: string;
}

/** Gives and ends sessions of the form login. */
export interface Door {
  logIn(user: string, password: string): Promise<LogIn>;
  /** @returns the Set-Cookie that ends the visitor's session */
  logOut(): string;
}

type LogIn =
  | { kind: 'in'; cookie: string }
  | { kind: 'refused' }
  | { kind: 'throttled'; retryAfterS: number };

/** Who asks, as the server found by cookie or bearer token. */
export type Visitor =
  | { kind: 'nobody' }
  /** a token was shown and is not accepted */
  | { kind: 'refused' }
  | { kind: 'throttled'; retryAfterS: number }
  /** known, without the right to configure */
  | { kind: 'member' }
  | { kind: 'admin' };

export interface PortalPorts {
  store: ConfigStore;
  probe: ClusterProbe;
  door: Door;
}
