import { type PriorityBand, priorityBand } from '#shared/domain/priority';

const NAMES: Record<PriorityBand, string> = {
  highest: 'Highest',
  high: 'High',
  normal: 'Normal',
  low: 'Low',
  lowest: 'Lowest',
};

/** The band's name as a person reads it: `High`. */
export function bandName(priority: number): string {
  return NAMES[priorityBand(priority)];
}
