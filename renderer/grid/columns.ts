/** How a column of a grid is named and how it takes its part of the width. */
export interface GridColumn {
  label: string;
  /** share of the width that is left, and the least width in px */
  grow: number;
  minPx: number;
  numeric: boolean;
  /** set fainter: it places a row rather than tells its state */
  quiet?: true;
}

const TICK_PX = 36;
const GAP_PX = 16;

/** The grid template that head and rows share, so that their cells stand in line. */
export function gridTemplate(columns: readonly GridColumn[], ticks = true): string {
  const tracks = columns.map(({ grow, minPx }) =>
    grow === 0 ? `${minPx}px` : `minmax(${minPx}px, ${grow}fr)`,
  );
  return (ticks ? [`${TICK_PX}px`, ...tracks] : tracks).join(' ');
}

/** The least width at which no column is squeezed, in px. */
export function leastWidth(columns: readonly GridColumn[], ticks = true): number {
  const edges = ticks ? TICK_PX + 2 * GAP_PX : GAP_PX;
  return columns.reduce((sum, { minPx }) => sum + minPx + GAP_PX, edges);
}

/** The columns that have place in a width, those that are least needed left out first. */
export function fittingColumns<Id extends string>(
  columns: readonly Id[],
  of: Readonly<Record<Id, GridColumn>>,
  leastNeeded: readonly Id[],
  widthPx: number,
  ticks = true,
): Id[] {
  let fitting = [...columns];
  for (const id of leastNeeded) {
    if (
      leastWidth(
        fitting.map((column) => of[column]),
        ticks,
      ) <= widthPx
    )
      break;
    fitting = fitting.filter((column) => column !== id);
  }
  return fitting;
}
