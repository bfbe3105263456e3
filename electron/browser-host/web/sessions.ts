import { createHash, randomBytes } from 'node:crypto';

/** How long an unused one-time link works. */
const LINK_LIFETIME_MS = 60 * 60 * 1000;
/** More browsers than one person has; the oldest session ends. */
const MAX_SESSIONS = 16;
const MAX_LINKS = 32;

const fresh = () => randomBytes(32).toString('base64url');
/** Only digests are kept, which also makes the comparison independent of how much matches. */
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** One-time links and the sessions they turn into; all of it ends with the process. */
export class Sessions {
  readonly #now: () => number;
  readonly #links = new Map<string, number>();
  readonly #sessions = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns the token of a link that works once, for an hour */
  newLink(): string {
    const token = fresh();
    this.#links.set(digest(token), this.#now() + LINK_LIFETIME_MS);
    dropOldest(this.#links, MAX_LINKS);
    return token;
  }

  /** @returns the new session's cookie value, or null when the token is unknown, used or too old */
  redeem(token: string): string | null {
    const key = digest(token);
    const expiresAt = this.#links.get(key);
    this.#links.delete(key);
    return expiresAt === undefined || expiresAt < this.#now() ? null : this.newSession();
  }

  newSession(): string {
    const value = fresh();
    this.#sessions.add(digest(value));
    dropOldest(this.#sessions, MAX_SESSIONS);
    return value;
  }

  isValid(value: string | undefined): boolean {
    return value !== undefined && this.#sessions.has(digest(value));
  }
}

function dropOldest(entries: Map<string, number> | Set<string>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(key);
  }
}
