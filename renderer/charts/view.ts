import type { Chart, Timeframe } from '#shared/contract/charts';
import { type ChartUnit, formatValue } from './format';
import { latest, lonePoints, type Point, toPoints } from './points';
import { timeTicks, type ValueScale, valueScale } from './scale';

const COLOURS = [1, 2, 3, 4, 5, 6] as const;
const DASHES = ['solid', 'dashed', 'dotted'] as const;

export interface SeriesView {
  key: string;
  label: string;
  /** number of the colour token; the dash tells a seventh series from the first */
  colour: (typeof COLOURS)[number];
  dash: (typeof DASHES)[number];
  unit: ChartUnit;
  axis: 'left' | 'right';
  current: number | null;
  lone: ReadonlySet<number>;
}

export interface AxisView extends ValueScale {
  unit: ChartUnit;
}

/** A chart, ready to be drawn. */
export interface ChartView {
  id: Chart['id'];
  points: Point[];
  series: SeriesView[];
  left: AxisView;
  /** a second axis for the series that are no amounts of the first one's unit */
  right: AxisView | null;
  timeTicks: number[];
  empty: boolean;
}

function mainUnit(chart: Chart): ChartUnit {
  return chart.id === 'storage' && chart.unit === 'bytes' ? 'storageBytes' : chart.unit;
}

/** IO wait is a fraction, whatever unit the load beside it has. */
function unitOf(chart: Chart, key: string): ChartUnit {
  return chart.unit === 'load' && key.startsWith('iowait') ? 'fraction' : mainUnit(chart);
}

function styleOf(index: number): Pick<SeriesView, 'colour' | 'dash'> {
  return {
    colour: COLOURS[index % COLOURS.length] ?? 1,
    dash: DASHES[Math.floor(index / COLOURS.length) % DASHES.length] ?? 'solid',
  };
}

/**
 * Prepares a chart for drawing.
 * @param floors lowest top of an axis by unit, as `{ fraction: 1 }` for one that always shows 100 %
 */
export function chartView(
  chart: Chart,
  timeframe: Timeframe,
  floors: Partial<Record<ChartUnit, number>> = {},
): ChartView {
  const series = chart.series.map((one, index): SeriesView => {
    const unit = unitOf(chart, one.key);
    return {
      key: one.key,
      label: one.label,
      ...styleOf(index),
      unit,
      axis: unit === mainUnit(chart) ? 'left' : 'right',
      current: latest(one.values),
      lone: lonePoints(one.values),
    };
  });
  const axis = (side: SeriesView['axis'], unit: ChartUnit): AxisView => {
    const drawn = chart.series.filter((_, index) => series[index]?.axis === side);
    const values = drawn.flatMap((one) => one.values);
    return { unit, ...valueScale(unit, values, floors[unit] ?? 0) };
  };
  const from = chart.times[0] ?? 0;
  const to = chart.times.at(-1) ?? 0;
  return {
    id: chart.id,
    points: toPoints(chart),
    series,
    left: axis('left', mainUnit(chart)),
    right: series.some((one) => one.axis === 'right') ? axis('right', 'fraction') : null,
    timeTicks: timeTicks(from, to, timeframe),
    empty: chart.series.every((one) => one.values.every((value) => value === null)),
  };
}

/** What a screen reader hears of a chart: each series with its present value. */
export function describe(view: ChartView): string {
  if (view.empty) return 'Nothing was measured in this time.';
  const parts = view.series.map((one) => `${one.label} ${formatValue(one.unit, one.current)}`);
  return `Now: ${parts.join(', ')}. Arrow keys move through the points.`;
}
