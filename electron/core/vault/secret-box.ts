import { eq } from 'drizzle-orm';
import { type Failure, fail } from '#shared/contract/errors';
import { secrets } from '../db/schema/index';
import type { Reader, Transaction } from '../db/store';
import { seal, secretContext, unseal } from './seal';

const FIELD = 'secret';

/** Where secrets are: sealed in the store under a key, or for this session only in memory. */
export type Keeping = { kind: 'sealed'; key: Buffer } | { kind: 'session' } | { kind: 'closed' };

/** Holds the secrets of all clusters; the vault says how. */
export class SecretBox {
  readonly #db: Reader;
  readonly #closed: () => Failure;
  /** cluster uuid -> version of its sealed secret */
  readonly #versions = new Map<string, number>();
  readonly #session = new Map<string, Buffer>();
  #keeping: Keeping = { kind: 'closed' };

  /** @param closed says why nothing can be opened or sealed now */
  constructor(db: Reader, closed: () => Failure) {
    this.#db = db;
    this.#closed = closed;
    const rows = db
      .select({ uuid: secrets.clusterUuid, version: secrets.version })
      .from(secrets)
      .where(eq(secrets.field, FIELD));
    for (const { uuid, version } of rows.all()) this.#versions.set(uuid, version);
  }

  get isOpen(): boolean {
    return this.#keeping.kind !== 'closed';
  }

  has(uuid: string): boolean {
    return this.#versions.has(uuid) || this.#session.has(uuid);
  }

  get sealedCount(): number {
    return this.#versions.size;
  }

  /** Takes the way the vault found, without touching what is stored. */
  use(keeping: Keeping): void {
    this.#letGo();
    this.#keeping = keeping;
  }

  /** @returns null where none is stored; @throws Failure when closed or damaged */
  open(uuid: string): string | null {
    if (!this.has(uuid)) return null;
    const plain = this.#plain(uuid);
    const text = plain.toString('utf8');
    plain.fill(0);
    return text;
  }

  /** @throws Failure when closed: the transaction ends and nothing is stored */
  put(tx: Transaction, uuid: string, secret: string): void {
    this.#write(tx, this.#keeping, uuid, Buffer.from(secret, 'utf8'));
  }

  /** Seals one cluster's secret anew for another. @returns whether there was one */
  copy(tx: Transaction, from: string, to: string): boolean {
    if (!this.has(from)) return false;
    this.#write(tx, this.#keeping, to, this.#plain(from));
    return true;
  }

  remove(tx: Transaction, uuid: string): void {
    tx.db.delete(secrets).where(eq(secrets.clusterUuid, uuid)).run();
    tx.after(() => {
      this.#versions.delete(uuid);
      this.#session.get(uuid)?.fill(0);
      this.#session.delete(uuid);
    });
  }

  /** Takes everything over into another way of keeping. @param discard gives up what cannot be opened */
  move(tx: Transaction, next: Keeping, discard: boolean): void {
    const uuids = [...this.#versions.keys(), ...this.#session.keys()];
    const held = new Map<string, Buffer>();
    for (const uuid of uuids) {
      try {
        held.set(uuid, this.#plain(uuid));
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
    for (const [uuid, plain] of held) {
      this.#write(tx, next, uuid, plain, (versions.get(uuid) ?? 0) + 1);
    }
  }

  close(): void {
    this.use({ kind: 'closed' });
  }

  #write(tx: Transaction, keeping: Keeping, uuid: string, plain: Buffer, version?: number): void {
    if (keeping.kind === 'closed') throw this.#closed();
    if (keeping.kind === 'session') {
      tx.after(() => this.#session.set(uuid, plain));
      return;
    }
    const next = version ?? (this.#versions.get(uuid) ?? 0) + 1;
    const sealed = seal(keeping.key, plain, secretContext(uuid, FIELD, next));
    plain.fill(0);
    tx.db
      .insert(secrets)
      .values({ clusterUuid: uuid, field: FIELD, version: next, sealed })
      .onConflictDoUpdate({
        target: [secrets.clusterUuid, secrets.field],
        set: { version: next, sealed },
      })
      .run();
    tx.after(() => this.#versions.set(uuid, next));
  }

  /** A copy for the caller to use and to overwrite. */
  #plain(uuid: string): Buffer {
    const remembered = this.#session.get(uuid);
    if (remembered !== undefined) return Buffer.from(remembered);
    if (this.#keeping.kind !== 'sealed') throw this.#closed();
    const row = this.#db.select().from(secrets).where(eq(secrets.clusterUuid, uuid)).get();
    const context = row && secretContext(uuid, FIELD, row.version);
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
    for (const plain of this.#session.values()) plain.fill(0);
    this.#session.clear();
  }
}
