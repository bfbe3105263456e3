import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { fail } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';

/** One numbered step of the schema; `name` is its file name as `0001_store.sql`. */
export interface Migration {
  version: number;
  name: string;
  sql: string;
}

export interface MigrateOptions {
  migrations: Migration[];
  /** existing databases are copied here first; the last three copies stay */
  backupDir: string;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
}

const BACKUPS_KEPT = 3;

/** The migrations of this version, from the SQL files beside this one. */
export function bundledMigrations(): Migration[] {
  const files = import.meta.glob<string>('./migrations/*.sql', {
    query: '?raw',
    import: 'default',
    eager: true,
  });
  return numbered(Object.entries(files));
}

/**
 * Puts migration files in order.
 * @throws Error when a number is missing, doubled or malformed: that is a fault of the build
 */
export function numbered(files: [path: string, sql: string][]): Migration[] {
  const migrations = files.map(([path, sql]) => {
    const name = path.split('/').at(-1) ?? path;
    const digits = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
    if (digits === undefined) throw new Error(`${name} is not named NNNN_name.sql`);
    return { version: Number(digits), name, sql };
  });
  migrations.sort((a, b) => a.version - b.version);
  for (const [index, { version, name }] of migrations.entries()) {
    if (version !== index + 1) throw new Error(`${name} should be number ${index + 1}`);
  }
  return migrations;
}

/** @throws Failure STORE_NEWER for a database from the future, before anything in it is touched */
export function refuseNewer(sqlite: Database, newest: number): void {
  const version = versionOf(sqlite);
  if (version <= newest) return;
  throw fail('STORE_NEWER', {
    remedy: 'Start the newer Clusterdeck, or use another data folder.',
    detail: `The store has version ${version}; this program knows up to ${newest}.`,
  });
}

/**
 * Brings a database to the newest version, each step in a transaction of its own.
 * @throws Failure STORE_BROKEN when a step fails: the steps before it stay done, and the copy made
 * first is named in the remedy
 */
export function migrate(sqlite: Database, options: MigrateOptions): void {
  const { migrations, logger } = options;
  const from = versionOf(sqlite);
  if (from === migrations.length) return;
  const backup = from === 0 ? null : makeBackup(sqlite, from, options);
  // rebuilding a table is only possible with the checks put off to the end of each step
  sqlite.pragma('foreign_keys = OFF');
  try {
    for (const migration of migrations.slice(from)) {
      step(sqlite, migration, backup);
      logger.info({ migration: migration.name }, 'Migrated the store');
    }
  } finally {
    sqlite.pragma('foreign_keys = ON');
  }
}

function step(sqlite: Database, { version, name, sql }: Migration, backup: string | null): void {
  try {
    sqlite.transaction(() => {
      sqlite.exec(sql);
      const dangling = sqlite.pragma('foreign_key_check');
      if (Array.isArray(dangling) && dangling.length > 0) {
        throw new Error('rows point to entries that do not exist');
      }
      sqlite.pragma(`user_version = ${version}`);
    })();
  } catch (error) {
    throw fail('STORE_BROKEN', {
      remedy:
        backup === null
          ? 'Nothing was changed. Report this, and use another data folder meanwhile.'
          : `Nothing of this step was changed. Go back to the Clusterdeck you had; a copy of the store is ${backup}.`,
      detail: `${name}: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

/** The schema version a database file says it has; 0 is an empty one. */
function versionOf(sqlite: Database): number {
  const version = sqlite.pragma('user_version', { simple: true });
  return typeof version === 'number' ? version : 0;
}

function makeBackup(sqlite: Database, from: number, options: MigrateOptions): string {
  const { backupDir, clock } = options;
  mkdirSync(backupDir, { recursive: true, mode: 0o700 });
  const stamp = new Date(clock.now()).toISOString().replace(/\D/g, '').slice(0, 17);
  const path = join(backupDir, `${stamp}-v${from}.db`);
  rmSync(path, { force: true });
  sqlite.prepare('VACUUM INTO ?').run(path);
  chmodSync(path, 0o600);
  const old = readdirSync(backupDir)
    .filter((name) => /^\d{17}-v\d+\.db$/.test(name))
    .sort()
    .slice(0, -BACKUPS_KEPT);
  for (const name of old) rmSync(join(backupDir, name), { force: true });
  return path;
}
