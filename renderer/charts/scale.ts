import type { Timeframe } from '#shared/contract/charts';
import type { ChartUnit } from './format';

export interface ValueScale {
  /** top of the axis; its foot is 0 */
  max: number;
  /** from 0 to max, ascending */
  ticks: number[];
}

const FRACTION_TOPS = [0.1, 0.2, 0.5, 1];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Smallest of 1, 2, 5 x 10^n that holds the value. */
function niceDecimal(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = value / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/** Smallest power of two, or one and a half of it, that holds the value. */
function niceBinary(value: number): number {
  const power = 2 ** Math.floor(Math.log2(value));
  return value <= power ? power : value <= power * 1.5 ? power * 1.5 : power * 2;
}

function largest(values: Iterable<number | null>): number {
  let max = 0;
  for (const value of values) if (value !== null && value > max) max = value;
  return max;
}

/**
 * The value axis of a chart: foot at 0, a calm top and the middle.
 * @param unit of the values
 * @param values all that is drawn on this axis; null is a gap
 * @param floor the top is never lower, so that a quiet hour does not look busy
 */
export function valueScale(
  unit: ChartUnit,
  values: Iterable<number | null>,
  floor = 0,
): ValueScale {
  const peak = Math.max(largest(values), floor);
  const max = topOf(unit, peak);
  return { max, ticks: [0, max / 2, max] };
}

function topOf(unit: ChartUnit, peak: number): number {
  switch (unit) {
    case 'fraction':
      return FRACTION_TOPS.find((top) => peak <= top) ?? niceDecimal(peak);
    case 'load':
      return peak <= 1 ? 1 : niceBinary(peak);
    case 'count':
      return peak <= 4 ? 4 : niceDecimal(peak);
    case 'bytes':
      return peak <= 1024 ? 1024 : niceBinary(peak);
    case 'storageBytes':
    case 'bytesPerSecond':
      return peak <= 1000 ? 1000 : niceDecimal(peak);
  }
}

const TICK_STEP: Record<Timeframe, number> = {
  hour: 15 * MINUTE,
  day: 6 * HOUR,
  week: DAY,
  month: 7 * DAY,
  year: 61 * DAY,
};

/**
 * Round local times on the time axis, at most ten.
 * @param from ms since 1970
 * @param to ms since 1970
 */
export function timeTicks(from: number, to: number, timeframe: Timeframe): number[] {
  if (!(to > from)) return [];
  if (timeframe === 'year') return monthTicks(from, to);
  const step = TICK_STEP[timeframe];
  const start = new Date(from);
  start.setHours(0, 0, 0, 0);
  const ticks: number[] = [];
  // Whole days are counted by the calendar: a day of 23 or 25 hours must not shift the labels.
  if (step >= DAY) {
    for (; start.getTime() <= to; start.setDate(start.getDate() + step / DAY)) {
      if (start.getTime() >= from) ticks.push(start.getTime());
    }
    return ticks;
  }
  for (let tick = start.getTime(); tick <= to; tick += step) if (tick >= from) ticks.push(tick);
  return ticks;
}

function monthTicks(from: number, to: number): number[] {
  const start = new Date(from);
  start.setHours(0, 0, 0, 0);
  start.setDate(1);
  const ticks: number[] = [];
  for (; start.getTime() <= to; start.setMonth(start.getMonth() + 2)) {
    if (start.getTime() >= from) ticks.push(start.getTime());
  }
  return ticks;
}

const TICK_FORMAT: Record<Timeframe, Intl.DateTimeFormatOptions> = {
  hour: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  week: { weekday: 'short', day: 'numeric' },
  month: { day: 'numeric', month: 'short' },
  year: { month: 'short' },
};

/** Formats a time as it stands below the axis. */
export function tickFormatter(timeframe: Timeframe): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', TICK_FORMAT[timeframe]);
  return (at) => format.format(at);
}

/** Formats a time as it stands in a tooltip or a table: with its day where that is in question. */
export function momentFormatter(timeframe: Timeframe): (at: number) => string {
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat(
    'en-GB',
    timeframe === 'hour'
      ? clock
      : timeframe === 'year'
        ? { day: 'numeric', month: 'short', year: 'numeric' }
        : { weekday: 'short', day: 'numeric', month: 'short', ...clock },
  );
  return (at) => format.format(at);
}
