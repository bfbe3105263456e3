import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Who may change what on this desk; at most one row. */
export const access = sqliteTable(
  'access',
  {
    id: integer('id').primaryKey(),
    viewer: integer('viewer', { mode: 'boolean' }).notNull(),
    /** 0: the app never locks by itself */
    idleMinutes: integer('idle_minutes').notNull(),
    /** the lock's key under its passphrase, see vault/passphrase.ts; null: no lock */
    appLock: text('app_lock'),
  },
  () => [check('access_single', sql`id = 1`)],
);
