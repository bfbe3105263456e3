import type { BundleEntry } from '#shared/contract/bundles';
import type { Endpoint } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import type { KeptFields } from '../clusters/rows';
import type { FileFields } from './candidate';
import { FIELD_NAMES, KEPT_NAMES, namesOf } from './fields';

/** A cluster with what belongs to it, as both sides of a comparison. */
interface Side {
  input: FileFields;
  group: string | null;
  kept: KeptFields;
}

const LONGEST = 300;

/** Field by field what differs, for people; an empty list is "the same". */
export function diffOf(
  mine: Side,
  theirs: Side,
  secret: { mine: string; theirs: string } | null,
): BundleEntry['diff'] {
  const rows: [string, unknown, unknown][] = [
    ...namesOf(FIELD_NAMES).map(([field, name]): [string, unknown, unknown] => [
      name,
      mine.input[field],
      theirs.input[field],
    ]),
    ['group', mine.group, theirs.group],
    ...namesOf(KEPT_NAMES).map(([field, name]): [string, unknown, unknown] => [
      name,
      mine.kept[field] ?? null,
      theirs.kept[field] ?? null,
    ]),
    ...extras(mine.kept.extra ?? {}, theirs.kept.extra ?? {}),
  ];
  const differing = rows.filter(([, a, b]) => !isSame(a, b));
  const diff = differing.map(([field, a, b]) => ({ field, mine: shown(a), theirs: shown(b) }));
  return secret === null ? diff : [...diff, { field: 'secret', ...secret }];
}

function extras(mine: Record<string, unknown>, theirs: Record<string, unknown>) {
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names].map((name): [string, unknown, unknown] => [
    `extra.${name}`,
    mine[name] ?? null,
    theirs[name] ?? null,
  ]);
}

/** Most values are plain, and most are the same. */
const isSame = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (isObject(a) && isObject(b) && stable(a) === stable(b));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The same for the same value, whatever the order of its keys. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function shown(value: unknown): string {
  if (value === null || value === '') return 'not set';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value) && value.every(isEndpoint)) return value.map(shownEndpoint).join(', ');
  const text = typeof value === 'string' ? value : stable(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const isEndpoint = (value: unknown): value is Endpoint =>
  isObject(value) && 'host' in value && 'port' in value;

const shownEndpoint = ({ host, port, pin }: Endpoint): string =>
  `${hostPort(host, port)} (${pin === null ? 'no pin' : `pin ${pin}`})`;
