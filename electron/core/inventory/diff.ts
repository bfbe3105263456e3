import type { InventoryDelta } from '#shared/contract/inventory';

type Cell = string | number | boolean | null | readonly string[];
type Row = { id: string } & { [column: string]: Cell };

/** What two inventories differ in. */
export interface Difference<R> {
  upserts: R[];
  removed: string[];
}

function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, index) => item === b[index]);
}

function sameRow(a: Row, b: Row): boolean {
  for (const column in b) if (!sameCell(a[column], b[column])) return false;
  return true;
}

/**
 * Brings `known` up to `next` in place and tells what changed. A row that stays the same stays the
 * same object too.
 */
export function update<R extends Row>(known: Map<string, R>, next: readonly R[]): Difference<R> {
  const upserts: R[] = [];
  const present = new Set<string>();
  for (const row of next) {
    present.add(row.id);
    const before = known.get(row.id);
    if (before !== undefined && sameRow(before, row)) continue;
    known.set(row.id, row);
    upserts.push(row);
  }
  const removed: string[] = [];
  if (present.size < known.size) {
    for (const id of known.keys()) if (!present.has(id)) removed.push(id);
    for (const id of removed) known.delete(id);
  }
  return { upserts, removed };
}

/** Whether a delta says anything at all. */
export function isEmpty(delta: InventoryDelta): boolean {
  return Object.values(delta).every(
    ({ upserts, removed }) => upserts.length === 0 && removed.length === 0,
  );
}
