import type { StorageRow } from '#shared/contract/inventory';
import { countedStorages } from '#shared/domain/totals';

/** A storage as it counts: a shared one once, whatever number of nodes list it. */
export interface StorageView {
  row: StorageRow;
  /** the nodes that list it */
  nodes: string[];
}

/** The storages that count, with the nodes that see each. */
export function storageViews(rows: readonly StorageRow[]): StorageView[] {
  return countedStorages(rows).map((row) => ({
    row,
    nodes: row.shared
      ? rows.flatMap((other) => (other.shared && other.storage === row.storage ? other.node : []))
      : [row.node],
  }));
}
