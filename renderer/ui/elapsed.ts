import { duration, plain } from '#shared/domain/units';

/** How long a step took: `12 ms`, `0.84 s`, `12 s`, `2 min 5 s`. */
export function elapsed(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  return plain(duration(ms / 1000));
}
