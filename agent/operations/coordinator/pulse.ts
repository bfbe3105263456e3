import type { z } from 'zod';
import {
  type AgentOperation,
  type OperationPulse,
  operationPulse,
} from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';

const EVERY_MS = 250;
/** While a step takes its time nobody needs so many points. */
const EVERY_LONG_MS = 5_000;
const KEPT = 240;

/** @returns ms a submission took, null where it failed, undefined where nothing can be measured */
export type Measure = (signal: AbortSignal) => Promise<number | null | undefined>;

/** What is measured of it; which jobs are accounted for stands in the operation itself. */
export const measuredPulse = operationPulse.omit({ jobs_known: true, jobs_found: true });
export type MeasuredPulse = z.infer<typeof measuredPulse>;

interface Deps {
  clock: Clock;
  measure: Measure;
  /** whether the step that is on takes its time */
  isLong(): boolean;
}

/** What users feel while an operation runs, measured again and again. */
export class Pulse {
  readonly #deps: Deps;
  #points: OperationPulse['points'] = [];
  #longest = 0;
  #failed = 0;
  #isMeasured = false;
  #since: number | null = null;

  /** @param before what an earlier coordinator measured */
  constructor(deps: Deps, before: MeasuredPulse | null) {
    this.#deps = deps;
    if (before === null) return;
    this.#points = before.points;
    this.#longest = before.longest_ms;
    this.#failed = before.failed;
    this.#isMeasured = true;
  }

  /** Null as long as nothing was measured. One that is under way counts with its time until now. */
  get reading(): MeasuredPulse | null {
    if (!this.#isMeasured) return null;
    const { clock } = this.#deps;
    const pendingMs = this.#since === null ? 0 : clock.monotonic() - this.#since;
    return {
      points: this.#points,
      longest_ms: Math.round(Math.max(this.#longest, pendingMs > EVERY_MS ? pendingMs : 0)),
      failed: this.#failed,
    };
  }

  /** Runs until aborted, or until there is nothing to measure. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, measure, isLong } = this.#deps;
    while (!signal.aborted) {
      const at = clock.now();
      this.#since = clock.monotonic();
      const took = await measure(signal).catch(() => null);
      const tookMs = clock.monotonic() - this.#since;
      this.#since = null;
      if (signal.aborted || took === undefined) return;
      this.#isMeasured = true;
      this.#points = [...this.#points, [at, took] as const].slice(-KEPT).map(([t, ms]) => [t, ms]);
      // a failed one made somebody wait as well
      this.#longest = Math.max(this.#longest, took ?? tookMs);
      if (took === null) this.#failed += 1;
      const pauseMs = Math.max(0, (isLong() ? EVERY_LONG_MS : EVERY_MS) - tookMs);
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }
}

/** A pulse with what the operation's steps noted of the jobs. */
export function withJobs(pulse: MeasuredPulse, { notes }: AgentOperation): OperationPulse {
  const { jobsKnown, jobsFound } = notes;
  return { ...pulse, jobs_known: countOf(jobsKnown), jobs_found: countOf(jobsFound) };
}

/** Steps note either how many they are, or which. */
const countOf = (note: unknown): number =>
  Array.isArray(note) ? note.length : typeof note === 'number' && note >= 0 ? Math.floor(note) : 0;
