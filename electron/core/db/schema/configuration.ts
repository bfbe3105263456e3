import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { AuthKind, ClusterKind, VerifyMode } from '#shared/contract/clusters';

const flag = (name: string) => integer(name, { mode: 'boolean' });

/** Colours and order under which clusters stand together on the deck. */
export const groups = sqliteTable('groups', {
  uuid: text('uuid').primaryKey(),
  name: text('name').notNull(),
  colour: text('colour').notNull(),
  position: integer('position').notNull(),
});

/** One row a cluster; what it is reached by and sealed with stands in `endpoints` and `secrets`. */
export const clusters = sqliteTable(
  'clusters',
  {
    // never handed out twice, since scripts may keep it
    number: integer('number').primaryKey({ autoIncrement: true }),
    uuid: text('uuid').notNull().unique(),
    clusterId: text('cluster_id').notNull().unique(),
    kind: text('kind').$type<ClusterKind>().notNull(),
    name: text('name').notNull(),
    authKind: text('auth_kind').$type<AuthKind>().notNull(),
    user: text('user').notNull(),
    tokenId: text('token_id'),
    verify: text('verify').$type<VerifyMode>().notNull(),
    isActive: flag('is_active').notNull(),
    isDefault: flag('is_default').notNull(),
    allowVmDeployment: flag('allow_vm_deployment').notNull(),
    allowTemplateSync: flag('allow_template_sync').notNull(),
    allowIsoSync: flag('allow_iso_sync').notNull(),
    autoShutdownEnabled: flag('auto_shutdown_enabled').notNull(),
    priority: integer('priority').notNull(),
    defaultStorage: text('default_storage'),
    templateStorage: text('template_storage'),
    isoStorage: text('iso_storage'),
    description: text('description').notNull(),
    groupUuid: text('group_uuid').references(() => groups.uuid, { onDelete: 'set null' }),
    protected: flag('protected').notNull(),
    colour: text('colour'),
    // the portal's further fields: kept for it, not read on this desk
    qcow2TemplatePath: text('qcow2_template_path'),
    qcow2ImagesPath: text('qcow2_images_path'),
    adminGroup: text('admin_group'),
    adminUsers: text('admin_users'),
    arpSubnets: text('arp_subnets'),
    vmCacheTtl: integer('vm_cache_ttl'),
    enableIpLookup: flag('enable_ip_lookup'),
    enableIpPersistence: flag('enable_ip_persistence'),
    /** JSON object of fields this version does not know */
    extra: text('extra').notNull().default('{}'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    revision: integer('revision').notNull(),
    /** the remote it follows; the reference stands in the migration, since `remotes` comes later */
    remoteUuid: text('remote_uuid'),
    readOnly: flag('read_only').notNull().default(false),
  },
  (table) => [
    index('clusters_remote').on(table.remoteUuid),
    uniqueIndex('clusters_one_default').on(table.isDefault).where(sql`is_default = 1`),
    index('clusters_group').on(table.groupUuid),
    check('clusters_priority', sql`priority between 0 and 100`),
    check('clusters_extra', sql`json_valid(extra)`),
  ],
);

export const endpoints = sqliteTable(
  'endpoints',
  {
    clusterUuid: text('cluster_uuid')
      .notNull()
      .references(() => clusters.uuid, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    host: text('host').notNull(),
    port: integer('port').notNull(),
    pin: text('pin'),
  },
  (table) => [
    primaryKey({ columns: [table.clusterUuid, table.position] }),
    uniqueIndex('endpoints_once').on(table.clusterUuid, table.host, table.port),
    check('endpoints_port', sql`port between 1 and 65535`),
  ],
);

/** One row a setting, as JSON; a missing row means the default. */
export const settings = sqliteTable('settings', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
});
