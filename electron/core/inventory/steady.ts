import type { GuestRow } from '#shared/contract/inventory';

type Measured = 'cpu' | 'mem' | 'disk' | 'netInRate' | 'netOutRate';

/** below this a guest merely breathes */
const IDLE_BYTES_PER_S = 5000;
const rate = (shown: number) => Math.max(IDLE_BYTES_PER_S, shown * 0.2);

/** How far a value may move before it is news, given the one that is shown. */
const TOLERANCE: Record<Measured, (shown: number, row: GuestRow) => number> = {
  // one shown per cent; below ten per cent, where a decimal is shown, a quarter of one
  cpu: (shown) => (shown < 0.1 ? 0.0025 : 0.01),
  mem: (_, row) => (row.maxMem ?? 0) / 400,
  disk: (_, row) => (row.maxDisk ?? 0) / 1000,
  netInRate: rate,
  netOutRate: rate,
};
const MEASURED: readonly Measured[] = ['cpu', 'mem', 'disk', 'netInRate', 'netOutRate'];

/**
 * Keeps the shown values of a guest that moved by less than anybody would notice. Rounding alone
 * does not do it: a value beside a rounding step flips with each poll, and with thousands of guests
 * that is most of what a screen would be sent. Totals are of nodes, whose values are not held.
 */
export function steadied(row: GuestRow, shown: GuestRow): GuestRow {
  if (row.status !== shown.status) return row;
  for (const column of MEASURED) {
    const value = row[column];
    const before = shown[column];
    if (value === null || before === null) continue;
    if (Math.abs(value - before) <= TOLERANCE[column](before, row)) row[column] = before;
  }
  return row;
}
