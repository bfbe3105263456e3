import type { MergedField, SyncEntry } from '#shared/contract/sync';
import type { Merged } from '#shared/domain/sync/merge';
import type { Planned } from '#shared/domain/sync/types';

const MAX_SHOWN_CHARS = 2_000;

/** Fields as people see them: what is no plain value is shown as JSON. */
export function shownFields(fields: readonly Merged[]): MergedField[] {
  return fields.map(({ field, base, mine, theirs, outcome, note }) => ({
    field,
    base: shown(base),
    mine: shown(mine),
    theirs: shown(theirs),
    outcome,
    note,
  }));
}

export function shownEntry(entry: Planned): SyncEntry {
  const { clusterId, name, local, record, base, verdict, fields, reasons } = entry;
  return {
    clusterId,
    name,
    uuid: local?.uuid ?? null,
    remoteNumber: record?.number ?? base?.number ?? null,
    verdict,
    fields: shownFields(fields),
    reasons: [...reasons],
    needsSecret: entry.needsSecret ?? false,
  };
}

function shown(value: unknown): MergedField['mine'] {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.slice(0, MAX_SHOWN_CHARS);
}
