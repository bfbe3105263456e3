import type { AccessStatus } from '#shared/contract/access';
import { Failure, fail } from '#shared/contract/errors';
import type { Store, Transaction } from '../db/store';
import { Channel } from '../events';
import type { Clock, Logger, Power } from '../ports';
import type { ScryptCost } from '../vault/passphrase';
import { AppLock } from './app-lock';
import { IdleWatch } from './idle';
import { type AccessRow, readAccess, writeAccess } from './rows';

export interface AccessDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  power: Pick<Power, 'onChange'>;
  vault: {
    /** drops what is decrypted; what only memory has stays sealed under the key */
    hold(under: Buffer | null): void;
    release(under: Buffer | null): Promise<void>;
  };
  /** ends every session with a cluster */
  closeSessions(): Promise<void>;
  /** whether work is under way that a lock would disturb; locking by itself waits for it */
  isBusy(): boolean;
  /** a passphrase this host was given, as from a file; null where there is none */
  passphrase?: (() => Promise<string | null>) | undefined;
  /** only tests give a lower one */
  passphraseCost?: ScryptCost;
}

/** Viewer mode and app lock: who may see and change what on this desk. */
export class AccessService {
  readonly events: Channel<AccessStatus>;
  readonly #deps: AccessDeps;
  readonly #lock: AppLock;
  readonly #idle: IdleWatch;
  #row: AccessRow;
  /** the lock's key while it is open */
  #key: Buffer | null = null;
  #locked: boolean;
  #queue: Promise<unknown> = Promise.resolve();

  /** With a lock set it begins locked, and the vault is held from the first moment. */
  constructor(deps: AccessDeps) {
    this.#deps = deps;
    this.events = new Channel((error) => deps.logger.error({ error }, 'An access listener failed'));
    this.#lock = new AppLock(deps.clock, deps.passphraseCost);
    this.#row = readAccess(deps.store.read);
    this.#locked = this.#row.appLock !== null;
    this.#idle = new IdleWatch({
      clock: deps.clock,
      logger: deps.logger,
      power: deps.power,
      isBusy: () => deps.isBusy(),
      onIdle: () => this.#inTurn(() => this.#shut('idle')),
    });
    if (this.#locked) deps.vault.hold(null);
  }

  status(): AccessStatus {
    const { viewer, idleMinutes, appLock } = this.#row;
    return { viewer, idleMinutes, locked: this.#locked, hasLock: appLock !== null };
  }

  /** Whether things on this desk may be changed, by a person or by themselves. */
  mayChange(): boolean {
    return !this.#locked && !this.#row.viewer;
  }

  /** Opens the lock where the host was given its passphrase. */
  async start(): Promise<void> {
    const { appLock } = this.#row;
    const given = appLock === null ? null : ((await this.#deps.passphrase?.()) ?? null);
    if (appLock === null || given === null) return;
    await this.#inTurn(async () => {
      try {
        this.#key = await this.#lock.open(appLock, given);
      } catch (error) {
        // the file may hold the vault's own passphrase: then it stays locked
        if (!(error instanceof Failure)) throw error;
        return;
      }
      this.#opened();
    });
  }

  /** Begins to lock by itself; only a host with a window does that. */
  watchIdle(): void {
    this.#idle.start();
    this.#plan();
  }

  /** Somebody is at a window. */
  activity(): void {
    if (!this.#locked) this.#idle.touch();
  }

  /** Leaving viewer mode needs the passphrase where a lock is set. @throws Failure PASSPHRASE_WRONG */
  async setViewer(viewer: boolean, passphrase?: string): Promise<AccessStatus> {
    return this.#inTurn(async () => {
      if (viewer === this.#row.viewer) return this.status();
      if (!viewer) await this.#prove(passphrase, 'passphrase');
      const before = { viewer: !viewer };
      this.#change({ viewer }, (tx) =>
        tx.audit({ action: 'access.viewer', subject: 'access', before, after: { viewer } }),
      );
      return this.status();
    });
  }

  /**
   * Sets, changes or (null) takes the lock away.
   * @throws Failure PASSPHRASE_WRONG where there is one and `current` is not its passphrase
   */
  async setLock(lock: {
    passphrase: string | null;
    current?: string | undefined;
    idleMinutes: number;
  }): Promise<AccessStatus> {
    return this.#inTurn(async () => {
      await this.#prove(lock.current, 'current');
      const had = this.#row.appLock !== null;
      const made = lock.passphrase === null ? null : await this.#lock.make(lock.passphrase);
      const idleMinutes = made === null ? 0 : lock.idleMinutes;
      this.#change({ appLock: made?.kept ?? null, idleMinutes }, (tx) =>
        tx.audit({
          action: 'access.setLock',
          subject: 'access',
          before: { lock: had, idleMinutes: this.#row.idleMinutes },
          after: { lock: made !== null, idleMinutes },
        }),
      );
      this.#forgetKey();
      this.#key = made?.key ?? null;
      this.#plan();
      return this.status();
    });
  }

  /** @throws Failure UNSUPPORTED where no lock is set */
  async lock(): Promise<AccessStatus> {
    if (this.#row.appLock === null) {
      const remedy = 'Set a passphrase for it in the settings first.';
      throw fail('UNSUPPORTED', { remedy }, 'There is no lock.');
    }
    return this.#inTurn(async () => {
      await this.#shut('person');
      return this.status();
    });
  }

  /** @throws Failure PASSPHRASE_WRONG | APP_LOCKED */
  async unlock(passphrase: string): Promise<AccessStatus> {
    return this.#inTurn(async () => {
      const { appLock } = this.#row;
      if (!this.#locked || appLock === null) return this.status();
      try {
        this.#key = await this.#lock.open(appLock, passphrase);
      } catch (error) {
        if (error instanceof Failure && error.code === 'PASSPHRASE_WRONG') this.#note('refused');
        throw error;
      }
      this.#note('ok');
      this.#opened();
      return this.status();
    });
  }

  /** The status now and then each change, until the signal aborts. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<AccessStatus> {
    let wake: () => void = () => undefined;
    const ring = () => wake();
    const unsubscribe = this.events.subscribe(ring);
    signal?.addEventListener('abort', ring, { once: true });
    try {
      for (let told = ''; signal?.aborted !== true; ) {
        const status = this.status();
        const text = JSON.stringify(status);
        const rung = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (text === told) await rung;
        else yield status;
        told = text;
      }
    } finally {
      unsubscribe();
      signal?.removeEventListener('abort', ring);
    }
  }

  close(): void {
    this.#idle.stop();
    this.#forgetKey();
  }

  async #shut(by: 'idle' | 'person'): Promise<void> {
    if (this.#locked || this.#row.appLock === null) return;
    this.#locked = true;
    this.#deps.vault.hold(this.#key);
    this.#forgetKey();
    this.#plan();
    this.#deps.store.mutate((tx) =>
      tx.audit({ action: 'access.lock', subject: 'access', after: { by } }),
    );
    this.events.emit(this.status());
    await this.#deps.closeSessions();
  }

  #opened(): void {
    const { vault, logger } = this.#deps;
    this.#locked = false;
    this.#plan();
    this.events.emit(this.status());
    // a keychain that waits for a person must not hold this up
    vault.release(this.#key).catch((error: unknown) => {
      logger.error({ error }, 'The vault did not open with the app');
    });
  }

  #note(result: string): void {
    this.#deps.store.mutate((tx) =>
      tx.audit({ action: 'access.unlock', subject: 'access', result }),
    );
  }

  /** @throws Failure where a lock is set and this is not its passphrase */
  async #prove(passphrase: string | undefined, field: string): Promise<void> {
    const { appLock } = this.#row;
    if (appLock === null) return;
    if (passphrase === undefined || passphrase === '') {
      const remedy = 'Enter the passphrase of the lock.';
      throw fail('INVALID_INPUT', { remedy, field, fields: { [field]: remedy } });
    }
    (await this.#lock.open(appLock, passphrase)).fill(0);
  }

  #change(changes: Partial<AccessRow>, audit: (tx: Transaction) => void): void {
    this.#deps.store.mutate((tx) => {
      const row = { ...this.#row, ...changes };
      writeAccess(tx.db, row);
      audit(tx);
      tx.after(() => {
        this.#row = row;
        this.events.emit(this.status());
      });
    });
  }

  #plan(): void {
    this.#idle.setMinutes(this.#locked ? 0 : this.#row.idleMinutes);
  }

  #forgetKey(): void {
    this.#key?.fill(0);
    this.#key = null;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.catch(() => undefined).then(work);
    this.#queue = turn;
    return turn;
  }
}
