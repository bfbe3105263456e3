import { sql } from 'drizzle-orm';
import { blob, check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Protection } from '#shared/contract/vault';

/** Sealed passwords and token secrets; see vault/seal.ts for the bytes. */
export const secrets = sqliteTable(
  'secrets',
  {
    /** a cluster's or a remote's uuid, or `hub`; a trigger takes those of a removed cluster away */
    owner: text('owner').notNull(),
    field: text('field').notNull(),
    /** part of what the seal vouches for; grows with each sealing */
    version: integer('version').notNull(),
    sealed: blob('sealed', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner, table.field] })],
);

/** How the vault key is held; at most one row. */
export const vault = sqliteTable(
  'vault',
  {
    id: integer('id').primaryKey(),
    protection: text('protection').$type<Protection>().notNull(),
    keyId: text('key_id').notNull(),
    /** what the protector needs to find or open the key: never the key in clear */
    kept: text('kept').notNull(),
    /** a constant sealed with the key, to tell the right key from a wrong one */
    proof: blob('proof', { mode: 'buffer' }),
    changedAt: integer('changed_at').notNull(),
  },
  () => [check('vault_single', sql`id = 1`)],
);

/** Keys to be taken out of a keychain: written before the act, so that a killed program forgets them later. */
export const staleKeys = sqliteTable('stale_keys', {
  keyId: text('key_id').primaryKey(),
  protection: text('protection').$type<Protection>().notNull(),
});
