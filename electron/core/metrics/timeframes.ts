import type { Chart, Timeframe } from '#shared/contract/charts';
import type { TimeAxis } from '#shared/domain/downsample';

interface Frame {
  stepMs: number;
  buckets: number;
  /** how long an answer of the server stays good enough */
  freshMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Charts share axes of at most 120 points: more costs the screen more than it shows. */
const FRAMES: Record<Timeframe, Frame> = {
  hour: { stepMs: MINUTE, buckets: 60, freshMs: 20_000 },
  day: { stepMs: 15 * MINUTE, buckets: 96, freshMs: MINUTE },
  week: { stepMs: 90 * MINUTE, buckets: 112, freshMs: 5 * MINUTE },
  month: { stepMs: 6 * HOUR, buckets: 120, freshMs: 5 * MINUTE },
  year: { stepMs: 73 * HOUR, buckets: 120, freshMs: 5 * MINUTE },
};

export const MAX_POINTS = 120;

export function freshFor(timeframe: Timeframe): number {
  return FRAMES[timeframe].freshMs;
}

/** The axis that ends with the bucket of `now`. */
export function axisOf(timeframe: Timeframe, now: number): TimeAxis {
  const { stepMs, buckets } = FRAMES[timeframe];
  const end = Math.ceil(now / stepMs) * stepMs;
  return { fromMs: end - buckets * stepMs, stepMs, buckets };
}

/** The time each bucket is shown at: its end. */
export function timesOf({ fromMs, stepMs, buckets }: TimeAxis): number[] {
  return Array.from({ length: buckets }, (_, index) => fromMs + (index + 1) * stepMs);
}

/** The server's last row is a little behind: a reading of our own after it is not worth a word. */
const TRAILING = 2;

/** Where a chart came from, given how many points of a series this desk's own history filled. */
export function sourceOf(server: boolean, own: number): Chart['source'] {
  if (!server) return own > 0 ? 'local' : 'none';
  return own > TRAILING ? 'both' : 'server';
}
