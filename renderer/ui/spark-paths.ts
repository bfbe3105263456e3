interface SparkFrame {
  width: number;
  height: number;
  /** places along the width; the newest value stands in the last one */
  span: number;
}

const LEAST_RANGE = 0.14;

/** The lowest and highest fraction shown, at least 14 points apart and inside 0..1 where possible. */
function scaleOf(known: number[]): { low: number; high: number } {
  const low = Math.min(...known);
  const high = Math.max(...known);
  const missing = LEAST_RANGE - (high - low);
  if (missing <= 0) return { low, high };
  const shifted = Math.max(0, Math.min(low - missing / 2, 1 - LEAST_RANGE));
  return { low: Math.min(shifted, low), high: Math.max(shifted + LEAST_RANGE, high) };
}

/**
 * SVG paths of a sparkline: the line and the area below it, broken where values are missing, and
 * dots for values that stand alone.
 * @param values fractions 0..1, oldest first
 */
export function sparkPaths(
  values: readonly (number | null)[],
  { width, height, span }: SparkFrame,
): { line: string; area: string; dots: string } {
  const shown = values.slice(-span);
  const known = shown.filter((value) => value !== null);
  if (known.length === 0) return { line: '', area: '', dots: '' };
  const { low, high } = scaleOf(known);
  const places = Math.max(span - 1, 1);
  const x = (index: number) =>
    Number((((places - (shown.length - 1) + index) / places) * width).toFixed(2));
  // a tenth of air above and below keeps the stroke inside the picture
  const y = (value: number) =>
    Number(((0.9 - (0.8 * (value - low)) / (high - low)) * height).toFixed(2));

  let line = '';
  let area = '';
  let dots = '';
  let run: string[] = [];
  let runStart = 0;
  const endRun = (last: number) => {
    if (run.length === 0) return;
    if (run.length === 1) {
      // of no length: its round ends make it a dot
      dots += `M${run[0]}h0`;
    } else {
      line += `M${run.join('L')}`;
      area += `M${x(runStart)},${height}L${run.join('L')}L${x(last)},${height}Z`;
    }
    run = [];
  };
  shown.forEach((value, index) => {
    if (value === null) {
      endRun(index - 1);
      return;
    }
    if (run.length === 0) runStart = index;
    run.push(`${x(index)},${y(value)}`);
  });
  endRun(shown.length - 1);
  return { line, area, dots };
}
