import Sqlite, { type Database } from 'better-sqlite3';
import { MAX_ENTRIES } from './candidate';
import { damaged, tooMany, unknownFile } from './refusals';

const MAGIC = 'SQLite format 3\0';
const FLAGS = new Set([
  'verify_ssl',
  'is_default',
  'is_active',
  'allow_vm_deployment',
  'allow_template_sync',
  'allow_iso_sync',
  'auto_shutdown_enabled',
  'enable_ip_lookup',
  'enable_ip_persistence',
]);

export function isSqlite(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** What the file's table `clusters` has, row by row, and what is to be said of the file. */
export interface PortalRows {
  rows: Record<string, unknown>[];
  note: string | null;
}

/**
 * Reads the clusters out of the portal's database. SQLite works on a copy in memory, so the file
 * and its passwords reach no other place.
 * @throws Failure FILE_DAMAGED | FILE_UNKNOWN
 */
export function readPortalDatabase(bytes: Uint8Array): PortalRows {
  const copy = Buffer.from(bytes);
  // without its log beside it a database in WAL mode cannot be opened as such
  const hadLog = copy[18] === 2 || copy[19] === 2;
  copy[18] = 1;
  copy[19] = 1;
  let sqlite: Database | undefined;
  try {
    sqlite = new Sqlite(copy);
    const rows = readRows(sqlite);
    if (rows === null)
      throw unknownFile("It is a database without the portal's table of clusters.");
    if (rows.length > MAX_ENTRIES) throw tooMany();
    const note = 'Changes which the portal had not yet moved into this file are not in it.';
    return { rows, note: hadLog ? note : null };
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) throw damaged('SQLite cannot read it.');
    throw error;
  } finally {
    sqlite?.close();
    copy.fill(0);
  }
}

/** Null where there is no such table. Views, virtual tables and computed columns are not asked. */
function readRows(sqlite: Database): Record<string, unknown>[] | null {
  sqlite.pragma('trusted_schema = OFF');
  sqlite.pragma('query_only = ON');
  const table = sqlite
    .prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'clusters'")
    .pluck()
    .get();
  if (typeof table !== 'string' || /^create\s+virtual/i.test(table)) return null;
  const columns = sqlite
    .prepare("SELECT name FROM pragma_table_xinfo('clusters') WHERE hidden = 0")
    .pluck()
    .all()
    .map(String);
  if (!columns.includes('cluster_id')) return null;
  // the portal's own number; the id stands in cluster_id
  const wanted = columns.filter((name) => name !== 'id');
  const list = wanted.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ');
  const rows = sqlite.prepare(`SELECT ${list} FROM clusters LIMIT ${MAX_ENTRIES + 1}`).all();
  return rows.map((row) => Object.fromEntries(Object.entries(Object(row)).map(plainValue)));
}

/** SQLite has neither flags nor, in a foreign file, a promise of types. */
function plainValue([name, value]: [string, unknown]): [string, unknown] {
  if (FLAGS.has(name) && (value === 0 || value === 1)) return [name, value === 1];
  if (Buffer.isBuffer(value)) return [name, null];
  return [name, value];
}
