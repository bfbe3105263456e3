import { blob, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { clusters } from './configuration';

/** Names a measured series; `entity` is '' for the cluster itself, else as `node/pve1`. */
export const metricSeries = sqliteTable(
  'metric_series',
  {
    id: integer('id').primaryKey(),
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    entity: text('entity').notNull(),
    metric: text('metric').notNull(),
  },
  (table) => [uniqueIndex('metric_series_name').on(table.clusterUuid, table.entity, table.metric)],
);

/**
 * Samples of all series of one cluster at equal steps. Time leads the key, so that all clusters'
 * chunks of one moment stand side by side: each flush appends, each clean-up cuts at the front,
 * and few pages are written. It keeps its rowid, since rows of an index tree spill over at 1 KB.
 * No reference to the cluster: what a removed one left behind is cut with its age.
 */
export const metricChunks = sqliteTable(
  'metric_chunks',
  {
    /** 1: minutes, 2: quarters of an hour */
    level: integer('level').notNull(),
    /** seconds since 1970 of the first sample */
    startS: integer('start_s').notNull(),
    clusterUuid: text('cluster_uuid').notNull(),
    /** see metrics/chunk.ts for the bytes */
    body: blob('body', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.startS, table.clusterUuid] })],
);

/** The last known inventory of a cluster, shown with its age after an offline start. */
export const inventorySnapshots = sqliteTable('inventory_snapshots', {
  clusterUuid: text('cluster_uuid')
    .primaryKey()
    .references(() => clusters.uuid, { onDelete: 'cascade' }),
  asOf: integer('as_of').notNull(),
  /** compressed JSON */
  body: blob('body', { mode: 'buffer' }).notNull(),
});
