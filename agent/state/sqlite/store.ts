import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import { lost, storeFull, tooOld } from '../failures';
import { encodeValue } from '../limits';
import type { Change, Condition, Entry, Write } from '../types';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value TEXT NOT NULL,
    createRevision INTEGER NOT NULL, modRevision INTEGER NOT NULL, lease TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (
    revision INTEGER NOT NULL, key TEXT NOT NULL, entry TEXT, PRIMARY KEY (revision, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO meta VALUES (1, 1);
`;
/** revisions a late watcher may still ask for */
const KEPT_REVISIONS = 5_000;
const PRUNE_EVERY = 500;

const entryRow = z.object({
  key: z.string(),
  value: z.string(),
  createRevision: z.number(),
  modRevision: z.number(),
  lease: z.string().nullable(),
});
type EntryRow = z.infer<typeof entryRow>;
const changeRow = z.object({ revision: z.number(), key: z.string(), entry: z.string().nullable() });
const revisionRow = z.object({ revision: z.number().nullable() });

/**
 * One shared state in one SQLite database. Adapters of several nodes may share the object, as the demo's
 * do; a file belongs to one process. Leases live in memory and count on a clock that never jumps.
 */
export class SqliteStore {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #leases = new Map<string, number>();
  readonly #closed = new AbortController();
  readonly #events = new EventEmitter().setMaxListeners(0);

  /**
   * @param path of the file, or `:memory:`
   * @throws Failure STORE_BUSY | STORE_BROKEN | STORE_FULL
   */
  constructor(path: string, clock: Clock) {
    this.#clock = clock;
    this.#db = open(path);
    const orphans = this.#rows('SELECT * FROM entries WHERE lease IS NOT NULL');
    // leases end with the process that kept them
    if (orphans.length > 0) this.#write(orphans.map(({ key }) => ({ key, delete: true as const })));
  }

  /** aborted when the store closes */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  get(key: string): Entry | null {
    const row = this.#row(key);
    return row === null ? null : entryOf(row);
  }

  list(prefix: string): Entry[] {
    return this.#rows(
      'SELECT * FROM entries WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key',
      prefix,
    ).map(entryOf);
  }

  revision(): number {
    return revisionRow.parse(this.#db.prepare('SELECT revision FROM meta').get()).revision ?? 1;
  }

  /** @returns the revision, or null where a condition did not hold */
  commit(conditions: readonly Condition[], writes: readonly Write[]): number | null {
    if (!conditions.every((condition) => this.#holds(condition))) return null;
    const unknown = writes.find((write) => 'put' in write && !this.#lives(write.lease));
    if (unknown !== undefined) throw lost('The lease is over.');
    return this.#write(writes);
  }

  /** @returns the changes after a revision in order. @throws Failure REVISION_CHANGED */
  changesAfter(revision: number, prefix: string): Change[] {
    const oldest = revisionRow.parse(
      this.#db.prepare('SELECT min(revision) AS revision FROM changes').get(),
    ).revision;
    if (revision + 1 < (oldest ?? 0)) throw tooOld(revision);
    return this.#db
      .prepare(
        `SELECT * FROM changes WHERE revision > ?1 AND substr(key, 1, length(?2)) = ?2
         ORDER BY revision, key`,
      )
      .all(revision, prefix)
      .map((row) => changeRow.parse(row))
      .map(({ key, entry, revision: at }) => ({
        key,
        entry: entry === null ? null : entryOf(entryRow.parse(JSON.parse(entry))),
        revision: at,
      }));
  }

  /** Called after each change; @returns how to stop it */
  onChange(listener: () => void): () => void {
    this.#events.on('change', listener);
    return () => this.#events.off('change', listener);
  }

  grant(ttlMs: number): string {
    const id = randomBytes(8).toString('hex');
    this.#leases.set(id, this.#clock.monotonic() + ttlMs);
    void this.#expire(id);
    return id;
  }

  /** @returns whether it still lived */
  renew(id: string, ttlMs: number): boolean {
    if (!this.#lives(id)) return false;
    this.#leases.set(id, this.#clock.monotonic() + ttlMs);
    return true;
  }

  revoke(id: string): void {
    this.#leases.delete(id);
    if (this.closed.aborted) return;
    const under = this.#rows('SELECT * FROM entries WHERE lease = ?1', id);
    if (under.length > 0) this.#write(under.map(({ key }) => ({ key, delete: true as const })));
  }

  close(): void {
    if (this.closed.aborted) return;
    this.#closed.abort();
    this.#events.removeAllListeners();
    this.#db.close();
  }

  async #expire(id: string): Promise<void> {
    for (;;) {
      const end = this.#leases.get(id);
      if (end === undefined) return;
      const left = end - this.#clock.monotonic();
      if (left <= 0) return this.revoke(id);
      await this.#clock.sleep(left, this.closed).catch(() => this.#leases.delete(id));
    }
  }

  #lives(lease: string | undefined): boolean {
    if (lease === undefined) return true;
    return (this.#leases.get(lease) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonic();
  }

  #holds(condition: Condition): boolean {
    const row = this.#row(condition.key);
    if (condition.is === 'absent') return row === null;
    if (condition.is === 'createdAt')
      return (row?.createRevision ?? 0) === condition.createRevision;
    return (row?.modRevision ?? 0) === condition.modRevision;
  }

  /** All in one transaction, under one new revision where anything changes. */
  #write(writes: readonly Write[]): number {
    const revision = this.revision() + 1;
    let changed = false;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const write of writes) changed = this.#apply(write, revision) || changed;
      if (changed) this.#db.prepare('UPDATE meta SET revision = ?1').run(revision);
      if (revision % PRUNE_EVERY === 0) {
        this.#db.prepare('DELETE FROM changes WHERE revision <= ?1').run(revision - KEPT_REVISIONS);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw storeFailure(error);
    }
    if (!changed) return revision - 1;
    this.#events.emit('change');
    return revision;
  }

  #apply(write: Write, revision: number): boolean {
    if ('put' in write) {
      const row: EntryRow = {
        key: write.key,
        value: encodeValue(write.key, write.put),
        createRevision: this.#row(write.key)?.createRevision ?? revision,
        modRevision: revision,
        lease: write.lease ?? null,
      };
      this.#db
        .prepare('INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5)')
        .run(row.key, row.value, row.createRevision, row.modRevision, row.lease);
      this.#log(revision, row.key, JSON.stringify(row));
      return true;
    }
    const exact = 'key' in write ? this.#row(write.key) : null;
    const going = 'key' in write ? (exact === null ? [] : [exact]) : this.list(write.prefix);
    for (const { key } of going) {
      this.#db.prepare('DELETE FROM entries WHERE key = ?1').run(key);
      this.#log(revision, key, null);
    }
    return going.length > 0;
  }

  #log(revision: number, key: string, entry: string | null): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO changes VALUES (?1, ?2, ?3)')
      .run(revision, key, entry);
  }

  #row(key: string): EntryRow | null {
    return this.#rows('SELECT * FROM entries WHERE key = ?1', key)[0] ?? null;
  }

  #rows(sql: string, ...args: string[]): EntryRow[] {
    return this.#db
      .prepare(sql)
      .all(...args)
      .map((row) => entryRow.parse(row));
  }
}

function open(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;');
    if (path !== ':memory:') db.exec('PRAGMA journal_mode = WAL;');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    throw storeFailure(error);
  }
}

function entryOf(row: EntryRow): Entry {
  return { ...row, value: JSON.parse(row.value) };
}

const sqliteError = z.object({ errcode: z.number(), message: z.string() });
/** https://sqlite.org/rescode.html; the low byte is the primary code */
const FULL = 13;
const BUSY = [5, 6];
const BROKEN = [10, 11, 14, 26];

function storeFailure(error: unknown): unknown {
  const known = sqliteError.safeParse(error);
  if (!known.success) return error;
  const code = known.data.errcode & 0xff;
  const detail = known.data.message;
  if (code === FULL) return storeFull(detail);
  if (BUSY.includes(code)) {
    const remedy = 'Another node agent runs on this state folder; stop it first.';
    return fail('STORE_BUSY', { remedy, detail }, 'Another node agent uses this state.');
  }
  if (!BROKEN.includes(code)) return error;
  const remedy = 'Check the disk and the rights of the state folder, or restore it from a backup.';
  return fail('STORE_BROKEN', { remedy, detail }, 'The shared state cannot be opened.');
}
