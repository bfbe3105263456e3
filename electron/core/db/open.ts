import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import { storeFailure } from './failures';
import { bundledMigrations, type Migration, migrate, refuseNewer } from './migrate';
import { logSlowStatements } from './slow';

export interface OpenOptions {
  dataDir: string;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  /** only tests give others than the bundled ones */
  migrations?: Migration[];
}

/** a backup or an inspecting tool may hold the file for a moment; other hosts are kept out by the lock */
const BUSY_MS = 2_000;
/** "CLSD": tells our file from any other SQLite database. */
const APPLICATION_ID = 0x434c5344;

/**
 * Opens (and makes, and migrates) the store `clusterdeck.db` in the data folder, readable by its
 * owner alone.
 * @throws Failure STORE_NEWER | STORE_BROKEN | STORE_FULL | STORE_BUSY
 */
export function openDatabase(options: OpenOptions): Database {
  const { dataDir, clock, logger } = options;
  const file = join(dataDir, 'clusterdeck.db');
  let sqlite: Database | undefined;
  try {
    prepareFolder(dataDir);
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    // a clean end leaves no write-ahead log behind
    const endedBadly = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    sqlite = new Sqlite(file, { timeout: BUSY_MS });
    const migrations = options.migrations ?? bundledMigrations();
    checkOwner(sqlite, file);
    refuseNewer(sqlite, migrations.length);
    configure(sqlite);
    if (endedBadly) checkIntegrity(sqlite, file);
    migrate(sqlite, {
      migrations,
      backupDir: join(dataDir, 'backups'),
      clock,
      logger,
    });
    logSlowStatements(sqlite, logger);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw error instanceof Failure ? error : storeFailure(error, dataDir);
  }
}

function prepareFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32' && (statSync(dataDir).mode & 0o077) !== 0) {
    chmodSync(dataDir, 0o700);
  }
}

function checkOwner(sqlite: Database, file: string): void {
  const id = sqlite.pragma('application_id', { simple: true });
  const tables = sqlite.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  if (id === APPLICATION_ID || (id === 0 && tables === 0)) return;
  throw fail('STORE_BROKEN', {
    remedy: `${file} is the database of another program. Use another data folder.`,
  });
}

function configure(sqlite: Database): void {
  sqlite.pragma('journal_mode = WAL');
  // an acknowledged change survives a power cut; writes are few, and metrics write once a tick
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  // what is deleted is overwritten: old sealed secrets do not linger in free pages
  sqlite.pragma('secure_delete = ON');
  sqlite.pragma('trusted_schema = OFF');
  sqlite.pragma('journal_size_limit = 16777216');
  if (sqlite.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    sqlite.pragma(`application_id = ${APPLICATION_ID}`);
  }
}

function checkIntegrity(sqlite: Database, file: string): void {
  const verdict = sqlite.pragma('quick_check(1)', { simple: true });
  if (verdict === 'ok') return;
  throw fail('STORE_BROKEN', {
    remedy: `Put the newest file of the folder "backups" in the place of ${file}, or use another data folder.`,
    detail: String(verdict),
  });
}
