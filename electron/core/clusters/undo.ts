import { z } from 'zod';
import { type Cluster, clusterCreate, clusterUpdate, groupSchema } from '#shared/contract/clusters';
import { settingsSchema } from '#shared/contract/settings';
import { type Edit, type Fields, stillSo, type Undo } from '../audit/undo';
import type { SettingsService } from '../settings/service';
import type { GroupService } from './groups';
import type { KeptFields } from './rows';
import type { ClusterService } from './service';

export interface UndoServices {
  clusters: ClusterService;
  groups: GroupService;
  settings: SettingsService;
  /** the fields only the store keeps */
  readKept(uuid: string): KeptFields;
}

const SINCE = 'It was changed again since. Take the later edits back first.';
const GONE = 'It is not there any more.';

const keptSchema = z
  .object({
    qcow2TemplatePath: z.string().nullable(),
    qcow2ImagesPath: z.string().nullable(),
    adminGroup: z.string().nullable(),
    adminUsers: z.string().nullable(),
    arpSubnets: z.string().nullable(),
    vmCacheTtl: z.number().nullable(),
    enableIpLookup: z.boolean().nullable(),
    enableIpPersistence: z.boolean().nullable(),
    extra: z.record(z.string(), z.unknown()),
  })
  .partial();
const changesSchema = z.object(clusterUpdate.shape.changes.omit({ secret: true }).shape);
const { secret: _secret, ...stored } = clusterCreate.shape;
const removedCluster = z.object({ ...stored, uuid: z.uuid() });
const removedGroup = z.object({ ...groupSchema.shape, clusters: z.array(z.uuid()).default([]) });

/** How edits of clusters, groups and settings are taken back, by the action the audit names. */
export function configurationUndos(services: UndoServices): Record<string, Undo> {
  const creation = createdCluster(services);
  return {
    'cluster.update': updatedCluster(services),
    'cluster.create': creation,
    'cluster.duplicate': creation,
    'cluster.remove': goneCluster(services),
    'group.create': createdGroup(services),
    'group.update': updatedGroup(services),
    'group.remove': goneGroup(services),
    'settings.update': updatedSettings(services),
  };
}

function updatedCluster({ clusters, readKept }: UndoServices): Undo {
  return {
    whyNot({ target, before, after }) {
      const now = find(clusters.list(), target);
      if (now === undefined) return GONE;
      if ('secret' in after)
        return 'The password or token changed with it, and the old one is gone.';
      if (now.readOnly && before['readOnly'] !== false) return readOnly(now);
      return stillSo({ ...now, ...readKept(target) }, after) ? null : SINCE;
    },
    async run({ target, before }) {
      const { revision } = clusters.get(target);
      const changes = changesSchema.parse(before);
      await clusters.update({ uuid: target, revision, changes }, keptOf(before));
    },
  };
}

function createdCluster({ clusters }: UndoServices): Undo {
  return {
    whyNot({ target }) {
      const all = clusters.list();
      const now = find(all, target);
      if (now === undefined) return GONE;
      if (now.readOnly) return readOnly(now);
      if (now.protected) return 'It is protected. Delete it from the deck.';
      if (all.length === 1) return 'The last cluster cannot be removed.';
      return now.revision === 1 ? null : SINCE;
    },
    run: ({ target }) => clusters.remove(target),
  };
}

function goneCluster({ clusters }: UndoServices): Undo {
  return {
    whyNot({ target, before }) {
      const { clusterId } = removedCluster.parse(before);
      const isTaken = clusters.list().some((now) => now.clusterId === clusterId);
      if (find(clusters.list(), target) !== undefined) return 'It is there again.';
      return isTaken ? `Another cluster is called ${clusterId} now.` : null;
    },
    run({ before }) {
      clusters.restore(removedCluster.parse(before), keptOf(before));
    },
  };
}

function createdGroup({ groups, clusters }: UndoServices): Undo {
  return {
    whyNot({ target, after }) {
      const now = find(groups.list(), target);
      if (now === undefined) return GONE;
      const isUsed = clusters.list().some(({ groupUuid }) => groupUuid === target);
      if (isUsed) return 'Clusters are in this group.';
      const { name, colour } = after;
      return stillSo(now, { name, colour }) ? null : SINCE;
    },
    run: ({ target }) => groups.remove(target, (tx) => clusters.leaveGroup(tx, target)),
  };
}

function updatedGroup({ groups }: UndoServices): Undo {
  return {
    whyNot({ target, before, after }) {
      const now = find(groups.list(), target);
      if (now === undefined) return GONE;
      const { name } = before;
      const isTaken = groups.list().some((other) => other.uuid !== target && other.name === name);
      if (isTaken) return `Another group is called ${String(name)} now.`;
      return stillSo(now, after) ? null : SINCE;
    },
    run({ target, before }) {
      groups.update(target, groupSchema.partial().parse(before));
    },
  };
}

function goneGroup({ groups, clusters }: UndoServices): Undo {
  return {
    whyNot({ target, before }) {
      const { name } = removedGroup.parse(before);
      if (find(groups.list(), target) !== undefined) return 'It is there again.';
      const isTaken = groups.list().some((now) => now.name.toLowerCase() === name.toLowerCase());
      return isTaken ? `Another group is called ${name} now.` : null;
    },
    async run({ target, before }) {
      const { clusters: members, ...group } = removedGroup.parse(before);
      groups.restore(group);
      for (const uuid of members) {
        const now = find(clusters.list(), uuid);
        // who has found another group since stays there
        if (now === undefined || now.groupUuid !== null || now.readOnly) continue;
        await clusters.update({ uuid, changes: { groupUuid: target } });
      }
    },
  };
}

function updatedSettings({ settings }: UndoServices): Undo {
  return {
    whyNot: ({ after }: Edit) => (stillSo(settings.get(), after) ? null : SINCE),
    run({ before }) {
      settings.update(settingsSchema.partial().parse(before));
    },
  };
}

/** Those of the fields that only the store keeps; what is not named is left as it is. */
function keptOf(fields: Fields): KeptFields {
  const named = Object.entries(keptSchema.parse(fields)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}

const readOnly = ({ clusterId }: Cluster) => `${clusterId} is read only here.`;

function find<T extends { uuid: string }>(list: readonly T[], uuid: string): T | undefined {
  return list.find((entry) => entry.uuid === uuid);
}
