import { randomUUID } from 'node:crypto';
import { Failure, fail } from '#shared/contract/errors';
import type { Protection, VaultStatus } from '#shared/contract/vault';
import type { SecretReader } from '../clusters/types';
import type { Transaction } from '../db/store';
import { Channel } from '../events';
import { type FreshKey, KeyHolder, type KeyHolderDeps, needsPassphrase } from './key-holder';
import type { KeyRow } from './key-rows';
import { type LockState, optionsOf, protectionLabel, whyUnavailable } from './lock-state';
import { newKey } from './seal';
import { type Keeping, SecretBox } from './secret-box';

/** The protectors come best first. */
export interface VaultDeps extends KeyHolderDeps {
  /** a passphrase the host was given, as from a file; null where there is none */
  passphrase?: (() => Promise<string | null>) | undefined;
}

/** A vault that is just opening is waited for; one that waits for a person is not. */
const STATUS_WAIT_MS = 2_000;
const RETRY_MS = { first: 2_000, longest: 15_000 };

/**
 * Holds the vault key and, through it, every stored secret. Opening a keychain may take as long as
 * a person takes to unlock it, so it goes on beside the rest of the start.
 */
export class Vault implements SecretReader {
  readonly events: Channel<VaultStatus>;
  readonly #deps: VaultDeps;
  readonly #box: SecretBox;
  readonly #holder: KeyHolder;
  readonly #end = new AbortController();
  #lock: LockState;
  #options: VaultStatus['options'] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #watching = false;
  /** the state to go back to while the app is locked; null: it is not */
  #heldFrom: LockState | null = null;

  constructor(deps: VaultDeps) {
    this.#deps = deps;
    this.events = new Channel((error) => deps.logger.error({ error }, 'A vault listener failed'));
    this.#box = new SecretBox(deps.store.read, () => this.#failure());
    this.#holder = new KeyHolder(deps);
    const protection = this.#holder.current()?.protection ?? 'session';
    this.#lock = { protection, state: 'locked', message: 'The vault is being opened.' };
  }

  /** Opens the vault, or chooses the protection of a new data folder. Resolves when that is settled. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#heldFrom !== null || this.#box.isOpen) return;
      await this.#tryOpen(true);
      // a locked keychain would prompt for it
      if (this.#box.isOpen) await this.#holder.forgetStaleKeys();
      this.#watch();
    });
  }

  /** What is known now, without asking a keychain. */
  current(): VaultStatus {
    return {
      protection: this.#lock.protection,
      label: protectionLabel(this.#lock.protection, this.#deps.protectors),
      state: this.#lock.state,
      message: this.#lock.message,
      sealedSecrets: this.#box.sealedCount,
      options: this.#options,
    };
  }

  /** As {@link current}, with the availability of each protection asked anew. */
  async status(): Promise<VaultStatus> {
    await Promise.race([
      this.#queue.catch(() => undefined),
      this.#deps.clock.sleep(STATUS_WAIT_MS),
    ]);
    this.#options = await optionsOf(this.#deps.protectors);
    return this.current();
  }

  /** Asks once which protections there are, and tells the listeners. */
  async announce(): Promise<void> {
    const status = await this.status();
    if (!this.#end.signal.aborted) this.events.emit(status);
  }

  async open(owner: string): Promise<string | null> {
    if (!this.#box.isOpen && this.#box.has(owner)) await this.#queue.catch(() => undefined);
    return this.#box.open(owner);
  }

  /**
   * Waits until secrets can be sealed; a locked keychain is asked once more, which may prompt.
   * @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE
   */
  async ready(): Promise<void> {
    if (this.#heldFrom !== null) throw this.#failure();
    await this.#queue.catch(() => undefined);
    if (this.#box.isOpen) return;
    if (this.#lock.protection !== 'passphrase' && this.#heldFrom === null) await this.#retry();
    if (!this.#box.isOpen) throw this.#failure();
  }

  has(owner: string): boolean {
    return this.#box.has(owner);
  }

  /** Seals a secret for a cluster, a remote or the hub; call {@link ready} before the transaction. */
  put(tx: Transaction, owner: string, secret: string): void {
    this.#box.put(tx, owner, secret);
  }

  copy(tx: Transaction, from: string, to: string): boolean {
    return this.#box.copy(tx, from, to);
  }

  remove(tx: Transaction, owner: string): void {
    this.#box.remove(tx, owner);
  }

  /**
   * Opens a passphrase vault, or tries a locked keychain again.
   * @throws Failure PASSPHRASE_WRONG | VAULT_LOCKED | VAULT_UNAVAILABLE | INVALID_INPUT
   */
  async unlock(passphrase?: string): Promise<VaultStatus> {
    if (this.#lock.protection !== 'passphrase') await this.ready();
    else if (passphrase === undefined || passphrase === '') throw needsPassphrase();
    else {
      await this.#inTurn(async () => {
        const row = this.#holder.current();
        if (row !== null && !this.#box.isOpen) await this.#recall(row, passphrase);
      });
    }
    return this.status();
  }

  /**
   * Seals every secret anew with a new key under another protection, all or nothing. Killed at any
   * moment the store opens under the one or the other.
   * @param discardSecrets gives up secrets which cannot be opened any more
   */
  async change(to: Protection, passphrase?: string, discardSecrets = false): Promise<VaultStatus> {
    await this.#inTurn(async () => {
      const empty = this.#box.sealedCount === 0;
      if (!this.#box.isOpen && !empty && !discardSecrets) throw this.#failure();
      await this.#adopt(to, passphrase ?? null, discardSecrets);
      await this.#holder.forgetStaleKeys();
    });
    return this.status();
  }

  /**
   * Drops the key and every decrypted secret, at once, until {@link release}.
   * @param under seals what only memory has; null where nothing was opened yet
   */
  hold(under: Buffer | null): void {
    this.#box.hold(under);
    if (this.#heldFrom !== null) return;
    this.#heldFrom = this.#lock;
    const message = 'Unlock Clusterdeck; the vault opens with it.';
    this.#lock = { protection: this.#lock.protection, state: 'locked', message };
    this.events.emit(this.current());
  }

  /** Opens it as it was before {@link hold}; what had not been opened yet is opened in its turn. */
  async release(under: Buffer | null): Promise<void> {
    const before = this.#heldFrom;
    if (before === null) return;
    this.#heldFrom = null;
    const isOpen = this.#box.release(under);
    this.#lock = before;
    if (isOpen) return this.events.emit(this.current());
    this.#lock = { ...before, state: 'locked', message: 'The vault is being opened.' };
    await this.start();
  }

  close(): void {
    this.#end.abort();
    this.#box.close();
  }

  async #chooseFirst(): Promise<void> {
    const { protectors, logger } = this.#deps;
    let locked: LockState | null = null;
    for (const protector of protectors) {
      const { protection } = protector;
      if ((await whyUnavailable(protector)) !== null) continue;
      try {
        await this.#adopt(protection, null, false);
        return;
      } catch (error) {
        logger.warn({ error, protection }, 'This protection cannot hold the key of a new vault');
        if (isLocked(error)) locked ??= { protection, state: 'locked', message: remedyOf(error) };
      }
    }
    const given = await this.#givenPassphrase();
    if (given !== null) await this.#adopt('passphrase', given, false);
    else if (locked !== null) this.#settle(locked, { kind: 'closed' });
    else {
      // not stored: the next start looks for a keychain again
      const message = 'There is no keychain here: secrets are kept until Clusterdeck ends.';
      this.#settle({ protection: 'session', state: 'unlocked', message }, { kind: 'session' });
    }
  }

  /**
   * Makes a new key, keeps it, and moves all secrets under it in one transaction.
   * @throws Failure VAULT_LOCKED also when the app was locked while the key was being kept
   */
  async #adopt(to: Protection, passphrase: string | null, discard: boolean): Promise<void> {
    const { store } = this.#deps;
    const key = to === 'session' ? null : newKey();
    const fresh: FreshKey = { to, keyId: randomUUID(), key };
    const kept = await this.#holder.keep(fresh, passphrase);
    // locked meanwhile, every secret would look as if it could not be opened
    if (this.#heldFrom !== null) throw this.#failure();
    store.mutate((tx) => {
      this.#box.move(tx, key === null ? { kind: 'session' } : { kind: 'sealed', key }, discard);
      this.#holder.record(tx, fresh, kept);
      tx.after(() => this.#settle({ protection: to, state: 'unlocked', message: null }, null));
    });
    store.checkpoint();
  }

  /** Never throws: what hinders it becomes the vault's state. */
  async #tryOpen(atStart: boolean): Promise<void> {
    if (this.#heldFrom !== null) return;
    const row = this.#holder.current();
    try {
      if (row === null) await this.#chooseFirst();
      else {
        const asks = atStart && row.protection === 'passphrase';
        await this.#recall(row, asks ? await this.#givenPassphrase() : null);
      }
    } catch (error) {
      if (!(error instanceof Failure)) this.#deps.logger.error({ error }, 'The vault did not open');
      const state = isLocked(error) ? 'locked' : 'unavailable';
      const protection = row?.protection ?? this.#lock.protection;
      this.#settle({ protection, state, message: remedyOf(error) }, { kind: 'closed' });
    }
  }

  async #recall(row: KeyRow, passphrase: string | null): Promise<void> {
    const { protection } = row;
    const keeping: Keeping =
      protection === 'session'
        ? { kind: 'session' }
        : { kind: 'sealed', key: await this.#holder.recall(row, passphrase) };
    this.#settle({ protection, state: 'unlocked', message: null }, keeping);
  }

  async #givenPassphrase(): Promise<string | null> {
    return (await this.#deps.passphrase?.()) ?? null;
  }

  /** @param keeping null where the box has it already */
  #settle(lock: LockState, keeping: Keeping | null): void {
    if (this.#heldFrom !== null) {
      this.#heldFrom = lock;
      if (keeping !== null) this.#box.use(keeping);
      return;
    }
    const same = lock.state === this.#lock.state && lock.message === this.#lock.message;
    const changed = !same || lock.protection !== this.#lock.protection;
    this.#lock = lock;
    if (keeping !== null) this.#box.use(this.#end.signal.aborted ? { kind: 'closed' } : keeping);
    if (changed) this.events.emit(this.current());
  }

  #retry(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#box.isOpen) await this.#tryOpen(false);
    });
  }

  /** Waits for the keychain to be unlocked elsewhere, without ever prompting. */
  #watch(): void {
    if (this.#watching || this.#box.isOpen) return;
    this.#watching = true;
    const wait = async () => {
      let pauseMs = RETRY_MS.first;
      while (!this.#box.isOpen) {
        await this.#deps.clock.sleep(pauseMs, this.#end.signal);
        pauseMs = Math.min(RETRY_MS.longest, pauseMs * 1.5);
        if (this.#heldFrom === null && (await this.#holder.opensQuietly())) await this.#retry();
      }
    };
    wait()
      .catch((error: unknown) => {
        if (!this.#end.signal.aborted) this.#deps.logger.error({ error }, 'Vault watch ended');
      })
      .finally(() => {
        this.#watching = false;
      });
  }

  #failure(): Failure {
    const { state, message } = this.#lock;
    const code = state === 'unavailable' ? 'VAULT_UNAVAILABLE' : 'VAULT_LOCKED';
    return fail(code, { remedy: message ?? 'Unlock the vault, then try again.' });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.catch(() => undefined).then(work);
    this.#queue = turn;
    return turn;
  }
}

const isLocked = (error: unknown) =>
  error instanceof Failure && (error.code === 'VAULT_LOCKED' || error.code === 'PASSPHRASE_WRONG');

const remedyOf = (error: unknown) =>
  error instanceof Failure ? error.data.remedy : 'The vault could not be opened. See the log.';
