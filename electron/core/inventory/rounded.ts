const MIB = 2 ** 20;

/** Three decimals: what nobody can see must not count as a change. */
export function roundFraction(fraction: number | null): number | null {
  return fraction === null ? null : Math.round(fraction * 1000) / 1000;
}

/** Rounded to the given part of the whole, at least to a MiB, for the same reason. */
export function coarse(value: number | null, whole: number | null, parts: number): number | null {
  if (value === null) return null;
  if (whole !== null && value >= whole) return value;
  const step = Math.max(MIB, Math.round((whole ?? 0) / parts));
  const rounded = Math.round(value / step) * step;
  return whole === null ? rounded : Math.min(rounded, whole);
}
