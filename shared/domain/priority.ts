/** Priority bands of a cluster, as the lab portal names them; `priority` is an integer 0..100. */
export const PRIORITY_BANDS = ['highest', 'high', 'normal', 'low', 'lowest'] as const;
export type PriorityBand = (typeof PRIORITY_BANDS)[number];

const LOWER_BOUND: Record<PriorityBand, number> = {
  highest: 100,
  high: 75,
  normal: 50,
  low: 25,
  lowest: 0,
};

/** The band a priority falls into: highest 100, high 75-99, normal 50-74, low 25-49, lowest 0-24. */
export function priorityBand(priority: number): PriorityBand {
  return PRIORITY_BANDS.find((band) => priority >= LOWER_BOUND[band]) ?? 'lowest';
}
