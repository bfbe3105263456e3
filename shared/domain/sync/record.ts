import { readValues } from '../portal/fields';
import { holdsSecret } from '../secret-names';

/** What a side knows of a cluster, under the remote's keys; a key that is missing is not known. */
export type Values = Readonly<Record<string, unknown>>;

/** One record of a remote, with its values in their one valid form. */
export interface RemoteRecord {
  /** as the remote writes it */
  id: string;
  number: number;
  /** its time of creation tells it from another record that gets its number later */
  createdThere: string | null;
  isDefault: boolean;
  values: Values;
}

/** A record that cannot be used, and why. */
export interface UnreadableRecord {
  id: string | null;
  number: number | null;
  name: string;
  isDefault: boolean;
  reasons: string[];
}

/** About the record and not about the cluster, or merged by itself; `id` and the default stand apart. */
const NOT_MERGED = new Set(['id', 'db_id', 'created_at', 'updated_at', 'is_default', '__proto__']);
const MAX_UNKNOWN_CHARS = 16_384;

/** The id under which a record of this id stands on the desk. */
export function deskId(id: string): string {
  return id
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 50);
}

/**
 * Reads each record by itself, so that a wrong one never stops the rest. Ids and numbers that
 * stand twice make all their records unusable: which one is meant, nobody can tell.
 */
export function readRecords(list: readonly unknown[]): {
  records: RemoteRecord[];
  unreadable: UnreadableRecord[];
} {
  const read = list.map(readRecord);
  const ids = countOf(read.map((each) => (each.id === null ? null : deskId(each.id))));
  const numbers = countOf(read.map(({ number }) => number));
  const records: RemoteRecord[] = [];
  const unreadable: UnreadableRecord[] = [];
  for (const each of read) {
    const reasons = 'reasons' in each ? [...each.reasons] : [];
    if (each.id !== null && (ids.get(deskId(each.id)) ?? 0) > 1) {
      reasons.push(`The remote lists the id ${each.id} more than once. Remove the others there.`);
    }
    if (each.number !== null && (numbers.get(each.number) ?? 0) > 1) {
      reasons.push(`The remote gives the number ${each.number} to more than one cluster.`);
    }
    if (reasons.length === 0 && !('reasons' in each)) records.push(each);
    else {
      const { id, number, isDefault } = each;
      unreadable.push({ id, number, name: nameOf(each), isDefault, reasons });
    }
  }
  return { records, unreadable };
}

function countOf<Key>(keys: readonly (Key | null)[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function nameOf(each: RemoteRecord | UnreadableRecord): string {
  if ('reasons' in each) return each.name;
  return typeof each.values['name'] === 'string' ? each.values['name'] : each.id;
}

function readRecord(raw: unknown): RemoteRecord | UnreadableRecord {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const nothing = { id: null, number: null, name: '', isDefault: false };
    return { ...nothing, reasons: ['This entry is no object.'] };
  }
  const body: Record<string, unknown> = { ...raw };
  const { values, problems } = readValues(body);
  const { is_default: isDefault = false, ...known } = values;
  const id = typeof body['id'] === 'string' && deskId(body['id']) !== '' ? body['id'] : null;
  const number = Number.isSafeInteger(body['db_id']) ? Number(body['db_id']) : null;
  const reasons = Object.entries(problems).map(([field, why]) => `${field} ${why}`);
  if (id === null) reasons.unshift('It has no id.');
  else if (!/^[a-z0-9][a-z0-9-]*$/.test(deskId(id))) {
    reasons.unshift(`The id ${id.slice(0, 60)} has characters that an id cannot have here.`);
  }
  if (number === null) reasons.unshift('It has no number (db_id).');
  for (const field of ['name', 'host', 'user'] as const) {
    if (!Object.hasOwn(body, field)) reasons.push(`It has no ${field}.`);
  }
  if (id === null || number === null || reasons.length > 0) {
    const name = typeof body['name'] === 'string' ? body['name'].slice(0, 100) : '';
    return { id, number, name, isDefault, reasons };
  }
  const createdThere = typeof body['created_at'] === 'string' ? body['created_at'] : null;
  return { id, number, createdThere, isDefault, values: { ...unknownOf(body, known), ...known } };
}

/** Fields nobody here knows are kept as they are, but for those that look like a secret. */
function unknownOf(body: Record<string, unknown>, known: object): Values {
  const kept = Object.entries(body).filter(
    ([name, value]) =>
      !Object.hasOwn(known, name) &&
      !NOT_MERGED.has(name) &&
      name.length <= 100 &&
      !holdsSecret(name, value) &&
      JSON.stringify(value).length <= MAX_UNKNOWN_CHARS,
  );
  return Object.fromEntries(kept);
}
