import type { AppInfo } from '#shared/contract/app';
import type { Protection } from '#shared/contract/vault';

/**
 * What a host must give the core. The core imports neither electron nor a UI: everything that
 * differs between the desktop program, the browser host and the command line stands here.
 */
export interface Ports {
  paths: Paths;
  clock: Clock;
  logger: Logger;
  /** the ways this host can hold the vault key beside passphrase and session, best first */
  protectors: KeyProtector[];
  /** a passphrase this host was given for the vault, as from a file; null where there is none */
  passphrase?(): Promise<string | null>;
  notifier: Notifier;
  host: Host;
  power: Power;
}

export interface Paths {
  /** holds the store; created with mode 0700 */
  dataDir: string;
  /** holds the log files */
  logDir: string;
}

export interface Clock {
  /** ms since 1970, UTC */
  now(): number;
  /** resolves after `ms`; rejects with the signal's reason when aborted; never keeps the process alive */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Structured log; secrets are redacted by the implementation, whatever is passed. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Holds the 256-bit vault key outside of the store. */
export interface KeyProtector {
  readonly protection: Exclude<Protection, 'passphrase' | 'session'>;
  /** what a person knows it by, as `Secret Service` */
  readonly label: string;
  /** null when it can be used now, else why not, in a sentence with the remedy */
  unavailable(): Promise<string | null>;
  /**
   * Keeps the key and returns what the store needs to find it again (never the key in clear).
   * @param keyId names the key; a new id for each key
   */
  keep(keyId: string, key: Uint8Array): Promise<string>;
  /**
   * @param renew is given a fresh form of `kept` to store in its place, when the keychain has
   * rotated its own key; protectors which keep nothing in the store never call it
   * @throws Failure VAULT_LOCKED while the keychain is locked, VAULT_UNAVAILABLE when it is gone
   */
  recall(keyId: string, kept: string, renew?: (kept: string) => Promise<void>): Promise<Uint8Array>;
  forget(keyId: string): Promise<void>;
  /** whether recall() would succeed without asking the person anything; absent where nobody can tell */
  opensQuietly?(keyId: string): Promise<boolean>;
}

export interface Notifier {
  notify(note: { title: string; body: string; clusterUuid?: string }): void;
}

export interface Host {
  readonly info: Omit<AppInfo, 'dataDir'>;
  openExternal(url: string): Promise<void>;
  openDemo(): Promise<void>;
  focus(): Promise<void>;
}

export interface Power {
  /** whether the machine is about to sleep; polling stops until it wakes */
  readonly asleep: boolean;
  onChange(listener: (asleep: boolean) => void): () => void;
}
