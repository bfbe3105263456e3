type Value = number | null;

/** Keeps `keep` of the indexes of one stretch without gaps, first and last always among them. */
function lttb(times: readonly number[], rows: readonly Value[][], run: number[], keep: number) {
  if (run.length <= keep || keep < 3) return keep < 3 ? run.slice(0, keep) : run;
  // series of different units weigh the same: each is scaled by its own range
  const scales = rows.map((row) => {
    const values = run.flatMap((index) => row[index] ?? []);
    const range = Math.max(...values) - Math.min(...values);
    return range > 0 ? 1 / range : 0;
  });
  const at = (position: number) => run[Math.min(position, run.length - 1)] ?? 0;
  const width = (run.length - 2) / (keep - 2);
  const picked = [at(0)];
  for (let bucket = 0; bucket < keep - 2; bucket += 1) {
    const from = Math.floor(bucket * width) + 1;
    const to = Math.floor((bucket + 1) * width) + 1;
    const ahead = Math.max(to, Math.min(Math.floor((bucket + 2) * width) + 1, run.length));
    const next = run.slice(to, Math.max(ahead, to + 1));
    const last = picked.at(-1) ?? 0;
    const nextTime = next.reduce((sum, index) => sum + (times[index] ?? 0), 0) / next.length;
    let best = at(from);
    let bestArea = -1;
    for (let position = from; position < to; position += 1) {
      const index = at(position);
      let area = 0;
      for (const [series, row] of rows.entries()) {
        const a = row[last];
        const b = row[index];
        if (a === null || a === undefined || b === null || b === undefined) continue;
        const known = next.flatMap((i) => row[i] ?? []);
        if (known.length === 0) continue;
        const c = known.reduce((sum, value) => sum + value, 0) / known.length;
        const t = times[last] ?? 0;
        const twice = (t - nextTime) * (b - a) - (t - (times[index] ?? 0)) * (c - a);
        area += Math.abs(twice) * (scales[series] ?? 0);
      }
      if (area > bestArea) {
        bestArea = area;
        best = index;
      }
    }
    picked.push(best);
  }
  return [...picked, at(run.length - 1)];
}

/**
 * Picks at most `max` points of series that share their times, by the Largest Triangle Three
 * Buckets method (Steinarsson 2013): peaks stay at their height where averages would flatten them.
 * Gaps stay gaps: each stretch between them is thinned by itself and one empty point is kept.
 * @param times ascending, one per value
 * @param rows one array of values per series; null is a gap
 * @returns the indexes to keep, ascending
 */
export function pickPoints(
  times: readonly number[],
  rows: readonly Value[][],
  max: number,
): number[] {
  if (times.length <= max) return times.map((_, index) => index);
  const runs: number[][] = [];
  const gaps: number[] = [];
  let run: number[] = [];
  const empty = (index: number) => rows.every((row) => (row[index] ?? null) === null);
  for (const index of times.keys()) {
    if (!empty(index)) {
      run.push(index);
      continue;
    }
    if (run.length > 0) runs.push(run);
    if (index === 0 || run.length > 0) gaps.push(index);
    run = [];
  }
  if (run.length > 0) runs.push(run);
  const room = Math.max(0, max - gaps.length);
  const measured = runs.reduce((sum, stretch) => sum + stretch.length, 0);
  // a series torn into more stretches than there is room for cannot show each of its gaps
  if (gaps.length > max / 3 || measured === 0) {
    const step = Math.ceil(times.length / max);
    return times.flatMap((_, index) => (index % step === 0 ? [index] : []));
  }
  let left = room;
  let rest = measured;
  const kept = runs.flatMap((stretch) => {
    const share = Math.min(
      stretch.length,
      left,
      Math.max(1, Math.floor((left * stretch.length) / rest)),
    );
    left -= share;
    rest -= stretch.length;
    return lttb(times, rows, stretch, share);
  });
  return [...kept, ...gaps].sort((a, b) => a - b);
}

/** A measured value and the time it stands for: (timeMs - stepMs, timeMs]. */
export type Measurement = readonly [timeMs: number, value: Value, stepMs: number];

/** Equal buckets of time, from `fromMs` on. */
export interface TimeAxis {
  fromMs: number;
  stepMs: number;
  buckets: number;
}

/**
 * Means over equal buckets of time, for series whose times differ (several nodes, mixed steps):
 * they come to share one axis, and areas and averages stay true, which picked points would not.
 * Each point says for how long it stands, so a series with a coarser step than the buckets has no
 * holes, and a real gap stays one.
 * @returns one value per bucket
 */
export function bucketMeans(points: readonly Measurement[], axis: TimeAxis): Value[] {
  const sums = new Float64Array(axis.buckets);
  const weights = new Float64Array(axis.buckets);
  for (const [until, value, stepMs] of points) {
    if (value === null || !Number.isFinite(value)) continue;
    const since = until - stepMs;
    const first = Math.max(0, Math.floor((since - axis.fromMs) / axis.stepMs));
    const last = Math.min(axis.buckets - 1, Math.ceil((until - axis.fromMs) / axis.stepMs) - 1);
    for (let bucket = first; bucket <= last; bucket += 1) {
      const start = axis.fromMs + bucket * axis.stepMs;
      const overlap = Math.min(until, start + axis.stepMs) - Math.max(since, start);
      sums[bucket] = (sums[bucket] ?? 0) + value * overlap;
      weights[bucket] = (weights[bucket] ?? 0) + overlap;
    }
  }
  return Array.from(sums, (sum, bucket) => {
    const weight = weights[bucket] ?? 0;
    return weight > 0 ? sum / weight : null;
  });
}
