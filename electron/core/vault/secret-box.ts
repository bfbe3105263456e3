import { eq } from 'drizzle-orm';
import { type Failure, fail } from '#shared/contract/errors';
import { secrets } from '../db/schema/index';
import type { Reader, Transaction } from '../db/store';
import { seal, secretContext, unseal } from './seal';

const FIELD = 'secret';
const KEY_CONTEXT = 'app lock|vault key';
const ownerContext = (owner: string) => `app lock|${owner}`;

/** What was open, sealed under another key while nobody may use it. */
interface Held {
  /** null: it was closed */
  vaultKey: Buffer | null;
  wasSession: boolean;
  session: Map<string, Buffer>;
}

/** Where secrets are: sealed in the store under a key, or for this session only in memory. */
export type Keeping = { kind: 'sealed'; key: Buffer } | { kind: 'session' } | { kind: 'closed' };

/** Holds the secrets of clusters, remotes and the hub by their owner; the vault says how. */
export class SecretBox {
  readonly #db: Reader;
  readonly #closed: () => Failure;
  /** owner -> version of its sealed secret */
  readonly #versions = new Map<string, number>();
  readonly #session = new Map<string, Buffer>();
  #keeping: Keeping = { kind: 'closed' };
  #held: Held | null = null;

  /** @param closed says why nothing can be opened or sealed now */
  constructor(db: Reader, closed: () => Failure) {
    this.#db = db;
    this.#closed = closed;
    const rows = db
      .select({ owner: secrets.owner, version: secrets.version })
      .from(secrets)
      .where(eq(secrets.field, FIELD));
    for (const { owner, version } of rows.all()) this.#versions.set(owner, version);
  }

  get isOpen(): boolean {
    return this.#keeping.kind !== 'closed';
  }

  has(owner: string): boolean {
    const inMemory = this.#session.has(owner) || this.#held?.session.has(owner) === true;
    return this.#versions.has(owner) || inMemory;
  }

  get sealedCount(): number {
    return this.#versions.size;
  }

  /** Takes the way the vault found, without touching what is stored. */
  use(keeping: Keeping): void {
    this.#letGo();
    this.#keeping = keeping;
    // opened by somebody who began before it was held
    if (this.#held !== null) this.#letGo();
  }

  /**
   * Lets go of the vault key and of every secret until {@link release}. What only memory has stays
   * sealed under `under`; without it nothing does.
   */
  hold(under: Buffer | null): void {
    const keeping = this.#keeping;
    const held: Held = { vaultKey: null, wasSession: false, session: new Map() };
    if (under !== null && this.#held === null) {
      held.wasSession = keeping.kind === 'session';
      if (keeping.kind === 'sealed') held.vaultKey = seal(under, keeping.key, KEY_CONTEXT);
      for (const [owner, plain] of this.#session) {
        held.session.set(owner, seal(under, plain, ownerContext(owner)));
      }
    }
    this.#held ??= held;
    this.#letGo();
  }

  /** @returns whether it is open again, as it was before {@link hold} */
  release(under: Buffer | null): boolean {
    const held = this.#held;
    this.#held = null;
    if (held === null || under === null) return this.isOpen;
    const key = held.vaultKey && unseal(under, held.vaultKey, KEY_CONTEXT);
    if (key !== null) this.use({ kind: 'sealed', key });
    else if (held.wasSession) this.use({ kind: 'session' });
    for (const [owner, sealed] of held.session) {
      const plain = unseal(under, sealed, ownerContext(owner));
      if (plain !== null) this.#session.set(owner, plain);
    }
    return this.isOpen;
  }

  /** @returns null where none is stored; @throws Failure when closed or damaged */
  open(owner: string): string | null {
    if (!this.has(owner)) return null;
    const plain = this.#plain(owner);
    const text = plain.toString('utf8');
    plain.fill(0);
    return text;
  }

  /** @throws Failure when closed: the transaction ends and nothing is stored */
  put(tx: Transaction, owner: string, secret: string): void {
    this.#write(tx, this.#keeping, owner, Buffer.from(secret, 'utf8'));
  }

  /** Seals one owner's secret anew for another. @returns whether there was one */
  copy(tx: Transaction, from: string, to: string): boolean {
    if (!this.has(from)) return false;
    this.#write(tx, this.#keeping, to, this.#plain(from));
    return true;
  }

  remove(tx: Transaction, owner: string): void {
    tx.db.delete(secrets).where(eq(secrets.owner, owner)).run();
    tx.after(() => {
      this.#versions.delete(owner);
      this.#session.get(owner)?.fill(0);
      this.#session.delete(owner);
    });
  }

  /** Takes everything over into another way of keeping. @param discard gives up what cannot be opened */
  move(tx: Transaction, next: Keeping, discard: boolean): void {
    const owners = [...this.#versions.keys(), ...this.#session.keys()];
    const held = new Map<string, Buffer>();
    for (const owner of owners) {
      try {
        held.set(owner, this.#plain(owner));
      } catch (error) {
        if (!discard) throw error;
      }
    }
    tx.db.delete(secrets).run();
    const versions = new Map(this.#versions);
    tx.after(() => {
      this.#versions.clear();
      this.use(next);
    });
    for (const [owner, plain] of held) {
      this.#write(tx, next, owner, plain, (versions.get(owner) ?? 0) + 1);
    }
  }

  close(): void {
    this.use({ kind: 'closed' });
  }

  #write(tx: Transaction, keeping: Keeping, owner: string, plain: Buffer, version?: number): void {
    if (keeping.kind === 'closed') throw this.#closed();
    if (keeping.kind === 'session') {
      tx.after(() => this.#session.set(owner, plain));
      return;
    }
    const next = version ?? (this.#versions.get(owner) ?? 0) + 1;
    const sealed = seal(keeping.key, plain, secretContext(owner, FIELD, next));
    plain.fill(0);
    tx.db
      .insert(secrets)
      .values({ owner, field: FIELD, version: next, sealed })
      .onConflictDoUpdate({
        target: [secrets.owner, secrets.field],
        set: { version: next, sealed },
      })
      .run();
    tx.after(() => this.#versions.set(owner, next));
  }

  /** A copy for the caller to use and to overwrite. */
  #plain(owner: string): Buffer {
    const remembered = this.#session.get(owner);
    if (remembered !== undefined) return Buffer.from(remembered);
    if (this.#keeping.kind !== 'sealed') throw this.#closed();
    const row = this.#db.select().from(secrets).where(eq(secrets.owner, owner)).get();
    const context = row && secretContext(owner, FIELD, row.version);
    const plain = row && context ? unseal(this.#keeping.key, row.sealed, context) : null;
    if (plain === null) {
      throw fail('SECRET_MISSING', {
        remedy: 'The stored password or token can no longer be opened. Enter it again.',
      });
    }
    return plain;
  }

  #letGo(): void {
    if (this.#keeping.kind === 'sealed') this.#keeping.key.fill(0);
    this.#keeping = { kind: 'closed' };
    for (const plain of this.#session.values()) plain.fill(0);
    this.#session.clear();
  }
}
