import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { HostRecord } from './record';
import { removeHostRecord, writeHostRecord } from './record';

/** The right to open the store of one data folder; at most one process has it at any time. */
export interface StoreLock {
  readonly dataDir: string;
  /** tells programs that come later who holds the store and where it listens */
  announce(record: HostRecord): void;
  release(): void;
}

/**
 * Takes the data folder's lock, or returns null while another process holds it.
 *
 * The lock is SQLite's exclusive lock on a file of its own: the operating system ends it with the
 * process, so a killed host leaves nothing to clean up, on every platform.
 */
export function takeStoreLock(dataDir: string): StoreLock | null {
  const path = join(dataDir, 'lock.db');
  const database = new Database(path, { timeout: 0 });
  try {
    // nothing is ever written, so no journal needs to lie beside it
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  // by path: opening and closing the file here would end this process's lock on it (POSIX)
  chmodSync(path, 0o600);
  removeHostRecord(dataDir);
  let held = true;
  return {
    dataDir,
    announce: (record) => writeHostRecord(dataDir, record),
    release() {
      if (!held) return;
      held = false;
      removeHostRecord(dataDir);
      database.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'))
  );
}
