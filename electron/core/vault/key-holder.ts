import { Failure, fail } from '#shared/contract/errors';
import type { Protection } from '#shared/contract/vault';
import type { Store, Transaction } from '../db/store';
import type { Clock, KeyProtector, Logger } from '../ports';
import {
  addStaleKey,
  dropStaleKey,
  fits,
  type KeyRow,
  listStaleKeys,
  readKeyRow,
  renewKept,
  writeKeyRow,
} from './key-rows';
import { protectionLabel, whyUnavailable } from './lock-state';
import { AttemptLimiter, type ScryptCost, unwrapKey, wrapKey } from './passphrase';

export interface KeyHolderDeps {
  store: Store;
  protectors: KeyProtector[];
  clock: Clock;
  logger: Logger;
  /** only tests give a lower one */
  passphraseCost?: ScryptCost;
}

/** A key on its way into a protection; null where the protection is this session only. */
export interface FreshKey {
  to: Protection;
  keyId: string;
  key: Buffer | null;
}

/** Knows how the vault key is held outside of the vault, and what of old keys is to be forgotten. */
export class KeyHolder {
  readonly #deps: KeyHolderDeps;
  readonly #limiter: AttemptLimiter;

  constructor(deps: KeyHolderDeps) {
    this.#deps = deps;
    this.#limiter = new AttemptLimiter(deps.clock);
  }

  /** Null for a data folder whose vault has not been made yet. */
  current(): KeyRow | null {
    return readKeyRow(this.#deps.store.read);
  }

  /**
   * Gives a new key to its protection. The store still names the old one: {@link record} is next.
   * @returns what finds the key again, for the store
   */
  async keep({ to, keyId, key }: FreshKey, passphrase: string | null): Promise<string> {
    if (key === null) return '';
    if (to === 'passphrase') {
      if (passphrase === null || passphrase === '') throw needsPassphrase();
      return wrapKey(keyId, key, passphrase, this.#deps.passphraseCost);
    }
    const protector = this.#protector(to);
    const reason = protector ? await whyUnavailable(protector) : 'This program cannot use it.';
    if (protector === undefined || reason !== null) {
      throw fail('VAULT_UNAVAILABLE', { remedy: reason ?? 'Choose another protection.' });
    }
    // noted first: a program killed from here on leaves a key behind which the next start forgets
    this.#deps.store.mutate((tx) => addStaleKey(tx.db, keyId, to));
    return protector.keep(keyId, key);
  }

  /** In the transaction which seals everything anew: names the new key and notes the old one. */
  record(tx: Transaction, { to, keyId, key }: FreshKey, kept: string): void {
    const before = this.current();
    writeKeyRow(tx.db, { protection: to, keyId, kept, changedAt: this.#deps.clock.now() }, key);
    dropStaleKey(tx.db, keyId);
    if (before !== null && this.#protector(before.protection)) {
      addStaleKey(tx.db, before.keyId, before.protection);
    }
    tx.audit({
      action: before === null ? 'vault.create' : 'vault.change',
      subject: 'vault',
      before: before && { protection: before.protection },
      after: { protection: to },
    });
  }

  /**
   * Fetches the key; a locked keychain may prompt.
   * @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE | PASSPHRASE_WRONG
   */
  async recall(row: KeyRow, passphrase: string | null): Promise<Buffer> {
    const key =
      row.protection === 'passphrase'
        ? await this.#unwrap(row, passphrase)
        : await this.#fetch(row);
    if (fits(row, key)) return key;
    key.fill(0);
    throw fail('VAULT_UNAVAILABLE', {
      remedy: 'The kept key is not the one of this vault. Restore the store or the keychain.',
    });
  }

  /** Whether the keychain would give the key without asking anybody. */
  async opensQuietly(): Promise<boolean> {
    const row = this.current();
    const protector = row && this.#protector(row.protection);
    return (row && (await protector?.opensQuietly?.(row.keyId))) ?? false;
  }

  /** Takes keys out of keychains which no store needs any more. */
  async forgetStaleKeys(): Promise<void> {
    const { store, logger } = this.#deps;
    for (const { keyId, protection } of listStaleKeys(store.read)) {
      const protector = this.#protector(protection);
      try {
        if (protector === undefined) continue;
        await protector.forget(keyId);
        store.mutate((tx) => dropStaleKey(tx.db, keyId));
      } catch (error) {
        // it stays noted and is tried again at the next start
        logger.warn({ error }, 'An old vault key could not be taken out of the keychain');
      }
    }
  }

  async #fetch(row: KeyRow): Promise<Buffer> {
    const { protection, keyId, kept } = row;
    const protector = this.#protector(protection);
    if (protector === undefined) {
      throw fail('VAULT_UNAVAILABLE', {
        remedy: `The vault is protected by ${protectionLabel(protection, [])}, which this program cannot use. Open it with the program that made it, and change the protection there.`,
      });
    }
    const renew = async (renewed: string) =>
      this.#deps.store.mutate((tx) => renewKept(tx.db, keyId, renewed));
    const fetched = await protector.recall(keyId, kept, renew);
    const key = Buffer.from(fetched);
    fetched.fill(0);
    return key;
  }

  async #unwrap(row: KeyRow, passphrase: string | null): Promise<Buffer> {
    if (passphrase === null) {
      throw fail('VAULT_LOCKED', { remedy: 'Enter the passphrase of the vault.' });
    }
    this.#limiter.check();
    try {
      const key = await unwrapKey(row.keyId, row.kept, passphrase);
      this.#limiter.right();
      return key;
    } catch (error) {
      if (error instanceof Failure && error.code === 'PASSPHRASE_WRONG') this.#limiter.wrong();
      throw error;
    }
  }

  #protector(protection: Protection): KeyProtector | undefined {
    return this.#deps.protectors.find((protector) => protector.protection === protection);
  }
}

export const needsPassphrase = (): Failure =>
  fail('INVALID_INPUT', {
    remedy: 'Enter a passphrase.',
    fields: { passphrase: 'Enter a passphrase.' },
  });
