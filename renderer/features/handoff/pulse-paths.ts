import type { OperationPulse } from '#shared/contract/agent/operations';

const LONGEST_SPAN_MS = 60_000;
const SPAN_STEP_MS = 10_000;
const PLATEAU_MS = 100;
/** The least that the height stands for, so that noise does not look like drama. */
const LEAST_TOP_MS = 500;

export interface PulsePaths {
  line: string;
  area: string;
  /** where a submission failed, as fractions 0..1 of the width */
  failed: number[];
  /** what the top of the picture stands for */
  topMs: number;
}

/** How much is shown: what was measured in whole tens of seconds, at most the last minute. */
export function pulseSpanMs(points: OperationPulse['points']): number {
  const measuredMs = endOf(points) - (points[0]?.[0] ?? 0);
  const steps = Math.max(1, Math.ceil(measuredMs / SPAN_STEP_MS));
  return Math.min(LONGEST_SPAN_MS, steps * SPAN_STEP_MS);
}

/**
 * The answer times of that span as SVG paths on a picture of the given size; the newest point
 * stands at the right edge, and the line breaks where a submission failed.
 */
export function pulsePaths(
  points: OperationPulse['points'],
  { width, height }: { width: number; height: number },
): PulsePaths {
  const end = endOf(points);
  const spanMs = pulseSpanMs(points);
  const shown = points.filter(([at]) => at >= end - spanMs);
  const topMs = Math.max(LEAST_TOP_MS, ...shown.map(([, ms]) => ms ?? 0));
  const x = (at: number) => round((1 - (end - at) / spanMs) * width);
  // a little air keeps the stroke inside the picture
  const y = (ms: number) => round((0.96 - 0.92 * (ms / topMs)) * height);
  let line = '';
  let area = '';
  const failed: number[] = [];
  let run: { at: number; ms: number }[] = [];
  const endRun = () => {
    const [first] = run;
    const last = run.at(-1);
    if (first !== undefined && last !== undefined) {
      const path = run.map(({ at, ms }) => `${x(at)},${y(ms)}`).join('L');
      line += run.length === 1 ? `M${path}h0` : `M${path}`;
      area += `M${x(first.at)},${height}L${path}L${x(last.at)},${height}Z`;
    }
    run = [];
  };
  for (const [at, ms] of shown) {
    if (ms === null) {
      endRun();
      failed.push(x(at) / width);
    } else {
      run.push({ at, ms });
      // a long wait is a plateau: it began there and lasted
      if (ms > PLATEAU_MS) run.push({ at: at + ms, ms });
    }
  }
  endRun();
  return { line, area, failed, topMs };
}

/** When the last one that was measured had ended; each names its beginning. */
function endOf(points: OperationPulse['points']): number {
  const [at, ms] = points.at(-1) ?? [0, 0];
  return at + (ms ?? 0);
}

const round = (value: number): number => Number(value.toFixed(2));
