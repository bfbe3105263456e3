import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { TokenRequest, TokenView } from '#shared/contract/agent/tokens';
import { type Failure, fail } from '#shared/contract/errors';
import type { Tokens, TokenVerdict } from '../api/types';
import { Followed } from '../facts/followed';
import { writeWhole } from '../host/files';
import type { Clock, Logger } from '../ports';
import type { State, Write } from '../state/types';
import { digestOf, idOf, makeToken, PREFIX, type TokenRecord, tokenRecord, viewOf } from './record';

/** A token that another node has just made is asked for; nobody waits longer for that. */
const ASK_MS = 1_000;
const KEPT_AFTER_END_MS = 30 * 86_400_000;

interface Deps {
  state: State;
  clock: Clock;
  logger: Logger;
  /** keeps what was last known, so that tokens are good before the state answers; null: nowhere */
  cachePath: string | null;
}

export interface OwnedTokens extends Tokens {
  /** Takes what this node knew at its last end, and follows the state from now on. */
  start(): Promise<void>;
  close(): void;
}

/** The tokens of the cluster's API, kept as digests in the shared state. */
export function createTokens(deps: Deps): OwnedTokens {
  return new StateTokens(deps);
}

class StateTokens implements OwnedTokens {
  readonly #deps: Deps;
  readonly #ends = new AbortController();
  readonly #followed: Followed<TokenRecord>;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#followed = new Followed(deps, PREFIX, tokenRecord, () => this.#keep());
  }

  async start(): Promise<void> {
    for (const record of await this.#readCache()) this.#followed.values.set(record.id, record);
    void this.#followed.follow(this.#ends.signal);
  }

  close(): void {
    this.#ends.abort();
  }

  async check(token: string): Promise<TokenVerdict> {
    const id = idOf(token);
    if (id === null) return { kind: 'unknown' };
    const record = this.#followed.values.get(id) ?? (await this.#ask(id));
    if (record === null || !isSame(record.digest, digestOf(token))) return { kind: 'unknown' };
    if (record.revokedAt !== null) return { kind: 'revoked' };
    if (this.#isOver(record)) return { kind: 'expired' };
    const { name, role } = record;
    return { kind: 'valid', holder: { id, name, role } };
  }

  async list(): Promise<TokenView[]> {
    const records = [...this.#followed.values.values()];
    return records.toSorted((a, b) => b.createdAt - a.createdAt).map(viewOf);
  }

  async create(request: TokenRequest): Promise<{ token: string; view: TokenView }> {
    const { state, clock } = this.#deps;
    const { id, token } = makeToken();
    const now = clock.now();
    const record: TokenRecord = {
      id,
      name: request.name,
      role: request.role,
      digest: digestOf(token),
      createdAt: now,
      expiresAt: request.expires_in_s === 0 ? null : now + request.expires_in_s * 1000,
      revokedAt: null,
    };
    const put: Write[] = [{ key: PREFIX + id, put: record }];
    const done = await state.commit(
      [{ key: PREFIX + id, is: 'absent' }],
      [...put, ...this.#old(now)],
    );
    if (done === null) throw unlucky();
    this.#followed.values.set(id, record);
    return { token, view: viewOf(record) };
  }

  async revoke(id: string): Promise<TokenView> {
    const { state, clock } = this.#deps;
    for (;;) {
      const entry = await state.get(PREFIX + id);
      const parsed = tokenRecord.safeParse(entry?.value);
      if (entry === null || !parsed.success) {
        const remedy = 'Look for its id with "node-agent token list".';
        throw fail('NOT_FOUND', { remedy, detail: id }, 'There is no token of this id.');
      }
      if (parsed.data.revokedAt !== null) return viewOf(parsed.data);
      const record = { ...parsed.data, revokedAt: clock.now() };
      const done = await state.commit(
        [{ key: entry.key, is: 'unchangedSince', modRevision: entry.modRevision }],
        [{ key: entry.key, put: record }],
      );
      if (done === null) continue;
      this.#followed.values.set(id, record);
      this.#keep();
      return viewOf(record);
    }
  }

  /** What ended long ago goes with the next change. */
  #old(now: number): Write[] {
    return [...this.#followed.values.values()]
      .filter(({ expiresAt, revokedAt }) => {
        const end = Math.min(
          expiresAt ?? Number.POSITIVE_INFINITY,
          revokedAt ?? Number.POSITIVE_INFINITY,
        );
        return now - end > KEPT_AFTER_END_MS;
      })
      .slice(0, 50)
      .map(({ id }) => ({ key: PREFIX + id, delete: true }));
  }

  #isOver = ({ expiresAt }: TokenRecord) =>
    expiresAt !== null && expiresAt <= this.#deps.clock.now();

  async #ask(id: string): Promise<TokenRecord | null> {
    try {
      const signal = AbortSignal.timeout(ASK_MS);
      const entry = await this.#deps.state.get(PREFIX + id, { signal, stale: true });
      return tokenRecord.safeParse(entry?.value).data ?? null;
    } catch {
      return null;
    }
  }

  async #readCache(): Promise<TokenRecord[]> {
    const { cachePath } = this.#deps;
    if (cachePath === null) return [];
    try {
      return z.array(tokenRecord).parse(JSON.parse(await readFile(cachePath, 'utf8')));
    } catch {
      // none yet, or damaged: the state tells
      return [];
    }
  }

  /** One write at a time, of what is then the newest. */
  #keep(): void {
    const { cachePath, logger } = this.#deps;
    if (cachePath === null) return;
    this.#writing = this.#writing
      .then(() => writeWhole(cachePath, JSON.stringify([...this.#followed.values.values()])))
      .catch((err: unknown) => logger.warn({ err }, 'The known tokens could not be kept'));
  }
}

/** Both are SHA-256 in hex. */
const isSame = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const unlucky = (): Failure =>
  fail('REVISION_CHANGED', { remedy: 'Try again.' }, 'Another token has this id already.');
