import { sql } from 'drizzle-orm';
import {
  check,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { VerifyMode } from '#shared/contract/clusters';
import type { Remote } from '#shared/contract/remotes';
import { clusters } from './configuration';

/** Servers that speak `/api/cluster-config`; `secrets` has their passwords and tokens. */
export const remotes = sqliteTable(
  'remotes',
  {
    uuid: text('uuid').primaryKey(),
    name: text('name').notNull(),
    url: text('url').notNull(),
    auth: text('auth').$type<Remote['auth']>().notNull(),
    user: text('user'),
    verify: text('verify').$type<VerifyMode>().notNull(),
    pin: text('pin'),
    syncWhenOnline: integer('sync_when_online', { mode: 'boolean' }).notNull(),
    /** whom both sides agreed on as the default cluster, by the remote's id for it */
    defaultId: text('default_id'),
    createdAt: integer('created_at').notNull(),
    syncedAt: integer('synced_at'),
    /** JSON of a failure view */
    lastFailure: text('last_failure'),
    revision: integer('revision').notNull(),
  },
  (table) => [uniqueIndex('remotes_name').on(sql`${table.name} collate nocase`)],
);

/**
 * The last version of a cluster both sides agreed on, unknown fields included. It outlives its
 * cluster: a base without one is a deletion that its remote has not heard of.
 */
export const bases = sqliteTable(
  'bases',
  {
    remoteUuid: text('remote_uuid')
      .notNull()
      .references(() => remotes.uuid, { onDelete: 'cascade' }),
    // no reference, see above
    clusterUuid: text('cluster_uuid').notNull(),
    /** the id (cluster_id) and the number (db_id) the remote knows it by */
    remoteId: text('remote_id').notNull(),
    remoteNumber: integer('remote_number').notNull(),
    /** tells a record from another one that got its number later */
    createdThere: text('created_there'),
    fields: text('fields').notNull(),
    agreedAt: integer('agreed_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.remoteUuid, table.clusterUuid] }),
    uniqueIndex('bases_id').on(table.remoteUuid, table.remoteId),
    check('bases_fields', sql`json_valid(fields)`),
  ],
);

/** Clusters whose changes wait for their remote, at most one row a cluster and remote. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    remoteUuid: text('remote_uuid')
      .notNull()
      .references(() => remotes.uuid, { onDelete: 'cascade' }),
    // no reference: a deletion is sent after its cluster is gone
    clusterUuid: text('cluster_uuid').notNull(),
    since: integer('since').notNull(),
    attempts: integer('attempts').notNull(),
    /** JSON of a failure view */
    lastFailure: text('last_failure'),
    /** JSON of the request that was on its way and whose end nobody has read yet; no secret in it */
    intent: text('intent'),
  },
  (table) => [
    uniqueIndex('outbox_once').on(table.remoteUuid, table.clusterUuid),
    check('outbox_intent', sql`intent is null or json_valid(intent)`),
  ],
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
