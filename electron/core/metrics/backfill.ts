import type { SeriesKey } from './samples';

/** Values measured elsewhere at equal steps, oldest first. */
export interface Backfill {
  /** ms since 1970 at which the first step begins */
  fromMs: number;
  stepMs: number;
  /** null where nothing was measured */
  series: ReadonlyMap<SeriesKey, readonly (number | null)[]>;
}
