export interface Usage {
  used: number | null;
  total: number | null;
}

/** The used fraction 0..1; null where either part is not known. */
export function shareOf(usage: Usage | undefined): number | null {
  if (usage === undefined || usage.used === null || !usage.total) return null;
  return usage.used / usage.total;
}
