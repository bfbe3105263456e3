interface Row {
  id: string;
}

/** Rows by id. `ids` keeps its identity while no row comes or goes, `byId` while none changes. */
export interface RowTable<R extends Row> {
  ids: readonly string[];
  byId: ReadonlyMap<string, R>;
}

export interface RowPatch<R extends Row> {
  upserts: readonly R[];
  removed: readonly string[];
}

export function tableOf<R extends Row>(rows: readonly R[]): RowTable<R> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return { ids: [...byId.keys()], byId };
}

/** A new table with the patch applied; the same one where there is nothing to apply. */
export function patchTable<R extends Row>(table: RowTable<R>, patch: RowPatch<R>): RowTable<R> {
  if (patch.upserts.length === 0 && patch.removed.length === 0) return table;
  const byId = new Map(table.byId);
  for (const id of patch.removed) byId.delete(id);
  for (const row of patch.upserts) byId.set(row.id, row);
  const sameRows =
    byId.size === table.byId.size &&
    patch.removed.every((id) => !table.byId.has(id)) &&
    patch.upserts.every((row) => table.byId.has(row.id));
  return { ids: sameRows ? table.ids : [...byId.keys()], byId };
}
