/** Which rows of a list are selected, where the cursor stands and where a range began. */
export interface Selection {
  readonly selected: ReadonlySet<string>;
  /** the row the keyboard stands on */
  readonly cursor: string | null;
  /** the row a shift-range starts from */
  readonly anchor: string | null;
}

export const NO_SELECTION: Selection = { selected: new Set(), cursor: null, anchor: null };

/** The cursor goes to `index` (bounded by the list); with `extend` the range from the anchor follows. */
export function moveTo(
  selection: Selection,
  keys: readonly string[],
  index: number,
  extend: boolean,
): Selection {
  const key = keys[Math.min(Math.max(index, 0), keys.length - 1)];
  if (key === undefined) return selection;
  if (extend)
    return rangeTo({ ...selection, anchor: selection.anchor ?? selection.cursor }, keys, key);
  return { ...selection, cursor: key, anchor: key };
}

/** Adds or takes away one row and starts a new range there. */
export function toggle(selection: Selection, key: string): Selection {
  const selected = new Set(selection.selected);
  if (!selected.delete(key)) selected.add(key);
  return { selected, cursor: key, anchor: key };
}

/** Selects just the rows from the anchor to `key`; with no anchor, `key` alone. */
export function rangeTo(selection: Selection, keys: readonly string[], key: string): Selection {
  const to = keys.indexOf(key);
  if (to < 0) return selection;
  const anchor = selection.anchor ?? key;
  const start = keys.indexOf(anchor);
  const from = start < 0 ? to : start;
  const range = keys.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { selected: new Set(range), cursor: key, anchor: keys[from] ?? key };
}

/** Selects every row shown; when they all are selected already, none. */
export function toggleAll(selection: Selection, keys: readonly string[]): Selection {
  const all = keys.length > 0 && keys.every((key) => selection.selected.has(key));
  return { ...selection, selected: all ? new Set() : new Set(keys) };
}

/**
 * Forgets rows that are not shown any more: an action must never reach a row that a filter hides.
 */
export function keepShown(selection: Selection, keys: readonly string[]): Selection {
  if (selection.selected.size === 0 && selection.cursor === null) return selection;
  const shown = new Set(keys);
  const selected = [...selection.selected].filter((key) => shown.has(key));
  const cursor = selection.cursor !== null && shown.has(selection.cursor) ? selection.cursor : null;
  const anchor = selection.anchor !== null && shown.has(selection.anchor) ? selection.anchor : null;
  const same =
    selected.length === selection.selected.size &&
    cursor === selection.cursor &&
    anchor === selection.anchor;
  return same ? selection : { selected: new Set(selected), cursor, anchor };
}
