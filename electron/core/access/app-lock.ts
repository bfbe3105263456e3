import { Failure, fail } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { AttemptLimiter, type ScryptCost, unwrapKey, wrapKey } from '../vault/passphrase';
import { newKey } from '../vault/seal';

const KEY_ID = 'app lock';

/**
 * The passphrase of the app. It wraps a random key; the key is in memory only while the app is
 * unlocked, and seals then what must outlive a lock.
 */
export class AppLock {
  readonly #limiter: AttemptLimiter;
  readonly #cost: ScryptCost | undefined;

  /** @param cost only tests give a lower one */
  constructor(clock: Pick<Clock, 'now'>, cost?: ScryptCost) {
    this.#limiter = new AttemptLimiter(clock, 'APP_LOCKED');
    this.#cost = cost;
  }

  /** @returns what to store, and the key it wraps */
  async make(passphrase: string): Promise<{ kept: string; key: Buffer }> {
    const key = newKey();
    return { kept: await wrapKey(KEY_ID, key, passphrase, this.#cost), key };
  }

  /**
   * @returns the key
   * @throws Failure PASSPHRASE_WRONG, APP_LOCKED while too many wrong ones have to be waited for
   */
  async open(kept: string, passphrase: string): Promise<Buffer> {
    this.#limiter.check();
    try {
      const key = await unwrapKey(KEY_ID, kept, passphrase);
      this.#limiter.right();
      return key;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code !== 'PASSPHRASE_WRONG') throw damaged();
      this.#limiter.wrong();
      throw error;
    }
  }
}

const damaged = () =>
  fail('STORE_BROKEN', { remedy: 'The stored lock is damaged. Restore a copy of the store.' });
