import { isSame } from './merge';
import type { RemoteRecord, Values } from './record';
import type { Base } from './types';

/** A request on its way to a remote; a password that goes with it is never part of it. */
export interface Intent {
  kind: 'create' | 'update' | 'delete';
  /** the remote's id of the cluster; for a new one the id it is to have */
  id: string;
  values: Values;
}

/** What reading the remote says about a request whose end is not known. */
export interface Settled {
  /** `differs`: it is there, with other values than were sent */
  end: 'arrived' | 'missing' | 'differs';
  /** what both sides agree on after it; null: nothing (any more) */
  base: Omit<Base, 'clusterUuid'> | null;
  /** fields that read back differently */
  differing: string[];
}

/**
 * Finds out by reading how a request ended. Each value that was sent and is there is agreed on, even
 * if it was changed again here since then.
 * @param record the remote's record of the cluster now; null: there is none
 * @param wasAccepted whether the remote said so; values it never returns are then taken as arrived
 */
export function settle(
  intent: Intent,
  base: Omit<Base, 'clusterUuid'> | null,
  record: RemoteRecord | null,
  wasAccepted: boolean,
): Settled {
  if (intent.kind === 'delete') {
    return record === null
      ? { end: 'arrived', base: null, differing: [] }
      : { end: 'missing', base, differing: [] };
  }
  if (record === null) return { end: 'missing', base, differing: [] };
  const sent = Object.keys(intent.values);
  const seen = sent.filter(
    (field) => field === 'is_default' || Object.hasOwn(record.values, field),
  );
  const differing = seen.filter((field) => !isThere(record, field, intent.values[field]));
  const isWhole = differing.length === 0 && (seen.length > 0 || wasAccepted);
  const values: Record<string, unknown> = { ...base?.values };
  for (const field of sent) {
    if (field === 'is_default') continue;
    if (seen.includes(field) ? !differing.includes(field) : isWhole) {
      values[field] = intent.values[field];
    }
  }
  const { id, number, createdThere } = record;
  const end = differing.length > 0 ? 'differs' : isWhole ? 'arrived' : 'missing';
  return { end, base: { id, number, createdThere, values }, differing };
}

const isThere = (record: RemoteRecord, field: string, value: unknown): boolean =>
  field === 'is_default' ? record.isDefault === value : isSame(field, record.values[field], value);
