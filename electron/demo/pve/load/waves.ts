import { unit } from '../random';

const DAY_SECONDS = 86_400;

/**
 * How busy a lab is at a moment, 0..1: quiet nights, a peak before and after
 * lunch, and half of that at weekends. Time is UTC seconds.
 */
export function dayCurve(seconds: number): number {
  const days = seconds / DAY_SECONDS;
  const hour = (days - Math.floor(days)) * 24;
  const morning = bump(hour, 10.5, 2.2);
  const afternoon = 0.92 * bump(hour, 15, 2.6);
  const evening = 0.35 * bump(hour, 20, 2);
  // 1 January 1970 was a Thursday.
  const weekday = (Math.floor(days) + 4) % 7;
  const weekend = weekday === 0 || weekday === 6;
  const level = Math.min(1, 0.06 + morning + afternoon + evening);
  return weekend ? level * 0.45 : level;
}

function bump(hour: number, centre: number, width: number): number {
  const x = (hour - centre) / width;
  return Math.exp(-x * x);
}

/** Smooth noise in 0..1 which changes direction about every `periodSeconds`. */
export function noise(seed: number, seconds: number, periodSeconds: number): number {
  const at = seconds / periodSeconds;
  const left = Math.floor(at);
  const part = at - left;
  const smooth = part * part * (3 - 2 * part);
  const a = unit(seed, left);
  return a + (unit(seed, left + 1) - a) * smooth;
}

/** Two sines on a mean: a daily one and a faster one; never below zero. */
interface Rate {
  daily: number;
  fast: number;
  fastPhase: number;
}

const DAILY_SHARE = 0.5;
const FAST_SHARE = 0.4;
// The daily sine tops at about 13:00 UTC, as dayCurve does on average.
const DAILY_PHASE = -Math.PI / 2 - (2 * Math.PI) / 24;

function rateShape(seed: number): Rate {
  return {
    daily: (2 * Math.PI) / DAY_SECONDS,
    fast: (2 * Math.PI) / (420 + unit(seed, 1) * 1500),
    fastPhase: unit(seed, 2) * 2 * Math.PI,
  };
}

/** A rate around `mean` at a moment, in the unit of `mean`. */
export function rateAt(seed: number, seconds: number, mean: number): number {
  const shape = rateShape(seed);
  return (
    mean *
    (1 +
      DAILY_SHARE * Math.sin(shape.daily * seconds + DAILY_PHASE) +
      FAST_SHARE * Math.sin(shape.fast * seconds + shape.fastPhase))
  );
}

/**
 * What that rate has added up to between two moments. Being the exact integral
 * it only ever grows, and its slope is what `rateAt` says.
 */
export function counterBetween(
  seed: number,
  fromSeconds: number,
  toSeconds: number,
  mean: number,
): number {
  const shape = rateShape(seed);
  const integral = (t: number) =>
    t -
    (DAILY_SHARE / shape.daily) * Math.cos(shape.daily * t + DAILY_PHASE) -
    (FAST_SHARE / shape.fast) * Math.cos(shape.fast * t + shape.fastPhase);
  return Math.max(0, mean * (integral(toSeconds) - integral(fromSeconds)));
}
