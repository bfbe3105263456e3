import type { Chart } from '#shared/contract/charts';

/** One column of the drawing: the time, then one value per series in the series' order. */
export interface Point {
  at: number;
  values: (number | null)[];
}

/** Turns a chart's columns into the rows that are drawn. */
export function toPoints(chart: Pick<Chart, 'times' | 'series'>): Point[] {
  return chart.times.map((at, index) => ({
    at,
    values: chart.series.map((series) => series.values[index] ?? null),
  }));
}

/**
 * Indexes of points whose neighbours are both gaps. A line has no length there, so each gets a
 * dot: else a measured value would be invisible.
 */
export function lonePoints(values: readonly (number | null)[]): ReadonlySet<number> {
  const lone = new Set<number>();
  values.forEach((value, index) => {
    const before = values[index - 1] ?? null;
    const after = values[index + 1] ?? null;
    if (value !== null && before === null && after === null) lone.add(index);
  });
  return lone;
}

/** The newest points may still be measured; what is older than these is not the present. */
const PRESENT_POINTS = 3;

/** The present value; null where nothing was measured lately. */
export function latest(values: readonly (number | null)[]): number | null {
  return values.slice(-PRESENT_POINTS).findLast((value) => value !== null) ?? null;
}
