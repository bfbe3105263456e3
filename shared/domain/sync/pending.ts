import { type Merged, mergeFields } from './merge';
import { isKnownField, type LocalCluster } from './project';
import type { Base } from './types';

/** What waits for a remote about one cluster, as far as this desk can tell by itself. */
export interface Pending {
  kind: 'create' | 'update' | 'delete';
  fields: Merged[];
}

/**
 * The changes made here since both sides last agreed; null where there are none.
 * @param local null for a cluster that was removed here
 */
export function pendingOf(base: Base | null, local: LocalCluster | null): Pending | null {
  if (local === null) return base === null ? null : { kind: 'delete', fields: [] };
  if (!local.isProxmox) return null;
  if (base === null) {
    const fields = Object.entries(local.values)
      .filter(([field, value]) => isKnownField(field) && value !== null)
      .map(([field, mine]): Merged => {
        return { field, base: null, mine, theirs: null, outcome: 'mine', note: null };
      });
    return { kind: 'create', fields };
  }
  const fields = mergeFields(base.values, local.values, base.values, isKnownField).filter(
    ({ outcome }) => outcome === 'mine',
  );
  return fields.length === 0 ? null : { kind: 'update', fields };
}

/**
 * Who the default was made to be here since both sides last agreed.
 * @param defaultBase the default last agreed on, by the remote's id
 * @returns the cluster concerned and whether it is the default now; null where nothing changed
 */
export function pendingDefault(
  defaultBase: string | null,
  locals: readonly LocalCluster[],
  bases: readonly Base[],
): { clusterUuid: string; isDefault: boolean } | null {
  const mine = locals.find(({ isDefault }) => isDefault);
  if (mine !== undefined) {
    const id = bases.find(({ clusterUuid }) => clusterUuid === mine.uuid)?.id;
    return id !== undefined && id === defaultBase
      ? null
      : { clusterUuid: mine.uuid, isDefault: true };
  }
  const before = bases.find(({ id }) => id === defaultBase);
  const isHere = locals.some(({ uuid }) => uuid === before?.clusterUuid);
  return before !== undefined && isHere
    ? { clusterUuid: before.clusterUuid, isDefault: false }
    : null;
}
