/** The four phases of a merge, in their order; each step's title begins with the one it belongs to. */
export const MERGE_PHASES = [
  'Coordination',
  'Service migration',
  'State unification',
  'Verification',
] as const;
export type MergePhase = (typeof MERGE_PHASES)[number];

/** @param title of a step, as `Service migration: move b2`. @returns null where it names no phase */
export function phaseOf(title: string): MergePhase | null {
  return MERGE_PHASES.find((phase) => title.startsWith(`${phase}: `)) ?? null;
}
