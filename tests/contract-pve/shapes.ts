/** The type of a JSON value, as far as a client can rely on it. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What may be there or not, depending on the state and not on the endpoint. */
const OPTIONAL = new Set([
  'tags',
  'pool',
  'exitstatus',
  'keyboard',
  'search',
  'secureboot',
  'priority',
  'active',
]);

/** Types that mean the same to a careful client. */
function sameType(wanted: string, got: string): boolean {
  return wanted === got || (wanted === 'null' && got !== 'undefined');
}

/**
 * Compares an answer's keys and types with a recorded one and says where they
 * differ; an empty list is agreement. Lists are compared by the kinds of their
 * rows (`type`, `status`), values not at all.
 */
export function shapeDifferences(recorded: unknown, answered: unknown, at = '$'): string[] {
  const wanted = typeOf(recorded);
  const got = typeOf(answered);
  if (!sameType(wanted, got)) return [`${at}: ${wanted} recorded, ${got} answered`];
  if (Array.isArray(recorded) && Array.isArray(answered)) {
    return listDifferences(recorded, answered, at);
  }
  if (isObject(recorded) && isObject(answered)) return objectDifferences(recorded, answered, at);
  return [];
}

function objectDifferences(
  recorded: Record<string, unknown>,
  answered: Record<string, unknown>,
  at: string,
): string[] {
  const keys = new Set([...Object.keys(recorded), ...Object.keys(answered)]);
  return [...keys].flatMap((key) => {
    const here = `${at}.${key}`;
    if (!(key in answered)) return OPTIONAL.has(key) ? [] : [`${here}: recorded, not answered`];
    if (!(key in recorded)) return OPTIONAL.has(key) ? [] : [`${here}: answered, not recorded`];
    return shapeDifferences(recorded[key], answered[key], here);
  });
}

/** What rows of one kind looked like. */
interface Kind {
  /** Keys and the types their values had. */
  types: Map<string, Set<string>>;
  /** Keys every such row had. */
  always: Set<string>;
}

function listDifferences(recorded: unknown[], answered: unknown[], at: string): string[] {
  const kinds = new Map<string, Kind>();
  for (const row of recorded) if (isObject(row)) learn(kinds, row);
  const out: string[] = [];
  for (const row of answered) {
    if (!isObject(row)) {
      if (recorded.length > 0 && typeOf(row) !== typeOf(recorded[0])) {
        out.push(`${at}[]: ${typeOf(recorded[0])} recorded, ${typeOf(row)} answered`);
      }
      continue;
    }
    const kind = kinds.get(kindOf(row));
    if (kind !== undefined) out.push(...rowDifferences(kind, row, `${at}[${kindOf(row)}]`));
  }
  return [...new Set(out)];
}

function rowDifferences(kind: Kind, row: Record<string, unknown>, at: string): string[] {
  const out: string[] = [];
  for (const key of kind.always) {
    if (!(key in row) && !OPTIONAL.has(key)) out.push(`${at}.${key}: recorded, not answered`);
  }
  for (const [key, value] of Object.entries(row)) {
    const types = kind.types.get(key);
    if (types === undefined) {
      if (!OPTIONAL.has(key)) out.push(`${at}.${key}: answered, not recorded`);
    } else if (![...types].some((type) => sameType(type, typeOf(value)))) {
      out.push(`${at}.${key}: ${[...types].join('|')} recorded, ${typeOf(value)} answered`);
    }
  }
  return out;
}

function learn(kinds: Map<string, Kind>, row: Record<string, unknown>): void {
  const name = kindOf(row);
  const kind = kinds.get(name) ?? { types: new Map(), always: new Set(Object.keys(row)) };
  kinds.set(name, kind);
  for (const key of kind.always) if (!(key in row)) kind.always.delete(key);
  for (const [key, value] of Object.entries(row)) {
    kind.types.set(key, (kind.types.get(key) ?? new Set()).add(typeOf(value)));
  }
}

/** Rows of one kind have the same keys. */
function kindOf(row: Record<string, unknown>): string {
  const silent = row.status === 'offline' || row.status === 'unknown';
  const kind = row.status === 'running' ? 'running' : silent ? 'silent' : '';
  return [row.type, kind, row.content].filter((part) => typeof part === 'string').join('/');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
