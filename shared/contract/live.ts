import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, nothing, uuid } from './base';
import { clusterOperation } from './cluster-operations';
import { clusterSchema, groupSchema } from './clusters';
import { clusterLive, inventoryDelta, inventoryRows } from './inventory';
import { clusterSightings } from './merge';
import { operation } from './operations';
import { remoteSchema } from './remotes';
import { settingsSchema } from './settings';
import { outboxEntry } from './sync';
import { vaultStatus } from './vault';

/**
 * What the renderer's one subscriber hears. The first item is `snapshot`, followed by one
 * `inventoryAll` per cluster that has rows; after that only what changed.
 */
export const liveEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    subscription: uuid,
    clusters: z.array(clusterSchema),
    groups: z.array(groupSchema),
    live: z.array(clusterLive),
    operations: z.array(operation),
    clusterOperations: z.array(clusterOperation),
    settings: settingsSchema,
    vault: vaultStatus,
    remotes: z.array(remoteSchema),
    outbox: z.array(outboxEntry),
    sightings: z.array(clusterSightings),
  }),
  z.object({ type: z.literal('inventoryAll'), uuid, rows: inventoryRows }),
  z.object({ type: z.literal('inventory'), uuid, delta: inventoryDelta }),
  z.object({
    type: z.literal('clusters'),
    upserts: z.array(clusterSchema),
    removed: z.array(uuid),
  }),
  z.object({ type: z.literal('groups'), groups: z.array(groupSchema) }),
  z.object({ type: z.literal('live'), upserts: z.array(clusterLive) }),
  z.object({ type: z.literal('operation'), operation }),
  z.object({
    type: z.literal('clusterOperations'),
    upserts: z.array(clusterOperation),
    /** as `placeKey` names them */
    removed: z.array(z.string()),
  }),
  z.object({ type: z.literal('settings'), settings: settingsSchema }),
  z.object({ type: z.literal('vault'), vault: vaultStatus }),
  z.object({ type: z.literal('remotes'), remotes: z.array(remoteSchema) }),
  z.object({ type: z.literal('outbox'), outbox: z.array(outboxEntry) }),
  /** of all clusters that told any */
  z.object({ type: z.literal('sightings'), sightings: z.array(clusterSightings) }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

export const live = {
  watch: base.output(eventIterator(liveEvent)),
  /** tells whether the window of a subscription is seen; decides the polling interval */
  attention: base
    .input(z.strictObject({ subscription: uuid, visible: z.boolean() }))
    .output(nothing),
};
