import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../ports';

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** More than a team has; the oldest session ends. */
const MAX_SESSIONS = 64;

/** Sessions of the form login; all of them end with the process. */
export class LoginSessions {
  readonly #clock: Pick<Clock, 'now'>;
  /** digest of the cookie's value -> when it ends */
  readonly #ends = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @returns the value of the cookie */
  begin(): string {
    const value = randomBytes(32).toString('base64url');
    this.#ends.set(digest(value), this.#clock.now() + LIFETIME_MS);
    for (const key of this.#ends.keys()) {
      if (this.#ends.size <= MAX_SESSIONS) break;
      this.#ends.delete(key);
    }
    return value;
  }

  isValid(value: string): boolean {
    return (this.#ends.get(digest(value)) ?? 0) > this.#clock.now();
  }

  end(value: string): void {
    this.#ends.delete(digest(value));
  }
}

/** Only digests are kept, which also makes the comparison independent of how much matches. */
const digest = (value: string) => createHash('sha256').update(value).digest('hex');
