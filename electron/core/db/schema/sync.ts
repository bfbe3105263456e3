import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { clusters } from './configuration';

/** Servers that speak `/api/cluster-config`. */
export const remotes = sqliteTable('remotes', {
  uuid: text('uuid').primaryKey(),
  name: text('name').notNull(),
  url: text('url').notNull(),
  user: text('user').notNull(),
  pin: text('pin'),
  createdAt: integer('created_at').notNull(),
  syncedAt: integer('synced_at'),
  extra: text('extra').notNull().default('{}'),
});

/** The last version of a cluster both sides agreed on, unknown fields included. */
export const bases = sqliteTable(
  'bases',
  {
    remoteUuid: text('remote_uuid')
      .notNull()
      .references(() => remotes.uuid, { onDelete: 'cascade' }),
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    /** the number (db_id) the remote knows it by */
    remoteNumber: integer('remote_number').notNull(),
    fields: text('fields').notNull(),
    agreedAt: integer('agreed_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.remoteUuid, table.clusterUuid] }),
    check('bases_fields', sql`json_valid(fields)`),
  ],
);

/** Changes on their way to a remote. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    remoteUuid: text('remote_uuid')
      .notNull()
      .references(() => remotes.uuid, { onDelete: 'cascade' }),
    // no reference: a deletion is sent after its cluster is gone
    clusterUuid: text('cluster_uuid').notNull(),
    action: text('action').notNull(),
    fields: text('fields').notNull(),
    state: text('state').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('outbox_remote').on(table.remoteUuid, table.id)],
);

/** Templates and ISO images last seen on a cluster. */
export const catalog = sqliteTable(
  'catalog',
  {
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    node: text('node').notNull(),
    volume: text('volume').notNull(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    sizeBytes: integer('size_bytes'),
    seenAt: integer('seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.clusterUuid, table.node, table.volume] })],
);

/** What this machine shows of itself when it serves as a hub; at most one row. */
export const hub = sqliteTable(
  'hub',
  {
    id: integer('id').primaryKey(),
    /** PEM; its key is sealed in `secrets` */
    certificate: text('certificate').notNull(),
    /** SHA-256 of the admin token, hex */
    tokenDigest: text('token_digest').notNull(),
    madeAt: integer('made_at').notNull(),
  },
  () => [check('hub_single', sql`id = 1`)],
);
