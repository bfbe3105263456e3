import { groupSchema } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import { holdsSecret } from '#shared/domain/secret-names';
import { type Candidate, noObject } from './candidate';
import { FIELD_NAMES, KEPT_NAMES, keptFields, namesOf } from './fields';

/** The fields of an entry that have a meaning of their own; all others are kept as they are. */
const OTHER_NAMES = ['cluster_id', 'group', 'remote', 'extra'];

/** Reads one cluster of a bundle; what it names is validated later, with what stands here already. */
export function readBundleEntry(raw: unknown, secrets: ReadonlyMap<string, string>): Candidate {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return noObject();
  const entry = new Map<string, unknown>(Object.entries(raw));
  const id = entry.get('cluster_id');
  const clusterId = typeof id === 'string' && id !== '' ? id : null;
  const name = entry.get('name');
  const candidate: Candidate = {
    ...noObject(),
    clusterId,
    name: typeof name === 'string' ? name : '',
    address: addressOf(entry.get('endpoints')),
    remoteUrl: textOrNull(entry.get('remote')),
    // a blank one is none
    secret: secrets.get(clusterId ?? '') || undefined,
    refusals: clusterId === null ? ['It has no id.'] : [],
  };
  for (const [field, key] of namesOf(FIELD_NAMES)) {
    if (entry.has(key)) candidate.fields[field] = entry.get(key);
  }
  readGroup(entry, candidate);
  readKept(entry, candidate);
  return candidate;
}

function readGroup(entry: ReadonlyMap<string, unknown>, candidate: Candidate): void {
  if (!entry.has('group')) return;
  const parsed = groupSchema.shape.name.nullable().safeParse(entry.get('group'));
  if (parsed.success) candidate.group = parsed.data;
  else candidate.refusals.push('Its group has no proper name.');
}

function readKept(entry: ReadonlyMap<string, unknown>, candidate: Candidate): void {
  const named = namesOf(KEPT_NAMES).filter(([, key]) => entry.has(key));
  const parsed = keptFields.safeParse(
    Object.fromEntries(named.map(([field, key]) => [field, entry.get(key)])),
  );
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    for (const [field, key] of named) {
      if (wrong.has(field)) candidate.refusals.push(`${key} has a value of the wrong kind.`);
    }
    return;
  }
  const kept = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  candidate.kept = { ...Object.fromEntries(kept), ...extraOf(entry, candidate) };
}

/** A newer Clusterdeck may write fields which this one does not know: they stay with the cluster. */
function extraOf(entry: ReadonlyMap<string, unknown>, candidate: Candidate) {
  const known = new Set<string>([
    ...OTHER_NAMES,
    ...Object.values(FIELD_NAMES),
    ...Object.values(KEPT_NAMES),
  ]);
  const written = entry.get('extra');
  const nested = typeof written === 'object' && written !== null && !Array.isArray(written);
  const all = [...(nested ? Object.entries(written) : []), ...entry].filter(
    ([key, value]) => !known.has(key) && value !== undefined,
  );
  const strays = all.filter(([key, value]) => holdsSecret(key, value));
  for (const [key] of strays) {
    candidate.corrections.push(`${key.slice(0, 40)} looks like a secret and is not taken over.`);
  }
  const extra = all.filter((pair) => !strays.includes(pair));
  return extra.length === 0 ? {} : { extra: Object.fromEntries(extra) };
}

function addressOf(endpoints: unknown): string {
  const [first] = Array.isArray(endpoints) ? endpoints : [];
  if (typeof first !== 'object' || first === null) return '';
  const { host, port }: { host?: unknown; port?: unknown } = first;
  return typeof host === 'string' && typeof port === 'number' ? hostPort(host, port) : '';
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
