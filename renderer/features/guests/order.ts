import * as grid from '../../grid/order';
import { rowKey, splitRowKey } from '../../grid/row-key';
import { COLUMNS, type ColumnId, type GuestEntry, isColumnId } from './columns';

export type Sort = grid.Sort<ColumnId>;

const DEFAULT_SORT: Sort = { column: 'name', descending: false };

/** Names a guest among all clusters. */
export const guestKey = rowKey;

/** The parts of a {@link guestKey}. */
export function splitKey(key: string): { uuid: string; guestId: string } {
  const { uuid, id: guestId } = splitRowKey(key);
  return { uuid, guestId };
}

/** The guests that match, in order; equal ones keep a fixed order: cluster, then id. */
export function ordered(
  entries: Iterable<GuestEntry>,
  matches: (entry: GuestEntry) => boolean,
  sort: Sort,
): GuestEntry[] {
  const { sortBy } = COLUMNS[sort.column];
  return grid.sorted(
    entries,
    matches,
    sortBy,
    sort.descending,
    (a, b) => a.row.vmid - b.row.vmid || (a.uuid < b.uuid ? -1 : 1),
  );
}

/** Reads `cpu-` or `name` as it stands in the address. */
export function parseSort(text: string | null): Sort {
  return grid.parseSort(text, isColumnId, DEFAULT_SORT);
}

/** What a click on a column's head does: numbers start with the largest, words with the first. */
export function nextSort(sort: Sort, column: ColumnId): Sort {
  return grid.nextSort(sort, column, COLUMNS[column].numeric);
}
