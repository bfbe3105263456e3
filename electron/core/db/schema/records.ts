import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { clusters } from './configuration';

/** Who changed what: append-only, each row's hash covers the one before it. */
export const audit = sqliteTable(
  'audit',
  {
    seq: integer('seq').primaryKey(),
    at: integer('at').notNull(),
    /** OS user and host, as `ada@desk` */
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    /** JSON with secrets masked */
    before: text('before'),
    after: text('after'),
    result: text('result').notNull(),
    prevHash: text('prev_hash').notNull(),
    hash: text('hash').notNull(),
    /** uuid of what it was done to, where that has one */
    target: text('target'),
  },
  (table) => [
    index('audit_at').on(table.at),
    index('audit_subject').on(table.subject),
    index('audit_action').on(table.action, table.seq),
    index('audit_target').on(table.target, table.seq),
  ],
);

/** Long work; its items stand in `operation_items`. */
export const operations = sqliteTable(
  'operations',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    action: text('action').notNull(),
    state: text('state').notNull(),
    createdAt: integer('created_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [
    index('operations_created').on(table.createdAt),
    index('operations_state').on(table.state),
  ],
);

export const operationItems = sqliteTable(
  'operation_items',
  {
    operationId: text('operation_id')
      .notNull()
      .references(() => operations.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    key: text('key').notNull(),
    // no reference: the record outlives the cluster
    clusterUuid: text('cluster_uuid').notNull(),
    guestId: text('guest_id').notNull(),
    label: text('label').notNull(),
    state: text('state').notNull(),
    upid: text('upid'),
    message: text('message').notNull(),
    /** JSON of a failure view */
    failure: text('failure'),
    startedAt: integer('started_at'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.operationId, table.position] })],
);

/** What agents carry out, as last heard; gone with its cluster, which alone could tell more. */
export const clusterOperations = sqliteTable(
  'cluster_operations',
  {
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    id: text('id').notNull(),
    heardAt: integer('heard_at').notNull(),
    /** JSON of the line of a list */
    summary: text('summary').notNull(),
    /** compressed JSON of all there is; null where only the list was heard */
    answer: blob('answer', { mode: 'buffer' }),
  },
  (table) => [primaryKey({ columns: [table.clusterUuid, table.id] })],
);

export const alerts = sqliteTable(
  'alerts',
  {
    id: text('id').primaryKey(),
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    rule: text('rule').notNull(),
    subject: text('subject').notNull(),
    severity: text('severity').notNull(),
    detail: text('detail').notNull(),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    acknowledgedAt: integer('acknowledged_at'),
  },
  (table) => [index('alerts_open').on(table.clusterUuid, table.endedAt)],
);

/** The last import, to take it back; at most one row, whose id is never given twice. */
export const imports = sqliteTable('imports', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  source: text('source').notNull(),
  fileName: text('file_name').notNull(),
  /** JSON of what was made and of what was there before; no secret in it */
  body: text('body').notNull(),
});
