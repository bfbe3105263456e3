import type { Database } from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { AuditEntry, AuditLog } from '../audit/log';
import type { Logger } from '../ports';
import { storeFailure } from './failures';

type Db = ReturnType<typeof drizzle<Record<string, never>>>;
/** Reading: all that stands outside of {@link Store.mutate}. */
export type Reader = Pick<Db, 'select' | 'selectDistinct' | '$count'>;
/** Writing: only ever handed out inside of {@link Store.mutate}. */
export type Writer = Reader & Pick<Db, 'insert' | 'update' | 'delete'>;

/** What a mutation works with. */
export interface Transaction {
  readonly db: Writer;
  /** a line of the audit, in the same transaction */
  audit(entry: AuditEntry): void;
  /** runs after the commit, in order: change memory first, then emit */
  after(effect: () => void): void;
}

const SLOW_MS = 40;

/** The open store. One mutation runs at a time, from its first read to its last event. */
export class Store {
  readonly read: Reader;
  /** for statements on a hot path, prepared once; writes still belong inside of `mutate` */
  readonly sqlite: Database;
  readonly #db: Db;
  readonly #audit: AuditLog;
  readonly #logger: Logger;
  #busy = false;

  constructor(sqlite: Database, audit: AuditLog, logger: Logger) {
    this.sqlite = sqlite;
    this.#db = drizzle(sqlite);
    this.read = this.#db;
    this.#audit = audit;
    this.#logger = logger;
  }

  /**
   * Persists in one transaction, then runs the effects (memory, then events). SQLite is called
   * synchronously, so no other mutation can come between; a failure leaves store and memory as
   * they were.
   * @throws what `work` throws; Failure STORE_FULL | STORE_BUSY | STORE_BROKEN
   */
  mutate<Result>(work: (tx: Transaction) => Result): Result {
    if (this.#busy) throw new Error('A mutation must not start another one');
    this.#busy = true;
    const effects: (() => void)[] = [];
    const start = performance.now();
    let result: Result;
    try {
      result = this.#db.transaction(
        (db) =>
          work({
            db,
            audit: (entry) => this.#audit.append(db, entry),
            after: (effect) => effects.push(effect),
          }),
        { behavior: 'immediate' },
      );
    } catch (error) {
      throw storeFailure(error, 'the data folder');
    } finally {
      this.#busy = false;
      const ms = performance.now() - start;
      if (ms > SLOW_MS) this.#logger.warn({ ms: Math.round(ms) }, 'A change took long to store');
    }
    for (const effect of effects) effect();
    return result;
  }

  /** Moves the write-ahead log into the database file, so that deleted rows are gone from both. */
  checkpoint(): void {
    this.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.sqlite.close();
  }
}
