import type { OperationStep } from '#shared/contract/agent/operations';

/** As `0.4 s`, `12 s`, `5 min` or `24 h`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** Time of day, where the command runs. */
export const clockTime = (ms: number) => new Date(ms).toTimeString().slice(0, 8);

/** Day and time, where the command runs. */
export function dayTime(ms: number): string {
  const at = new Date(ms);
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return `${day.map((part) => String(part).padStart(2, '0')).join('-')} ${clockTime(ms)}`;
}

/** A step's state, in the words that people see. */
export const STEP_WORDS: Record<OperationStep['state'], string> = {
  pending: 'waits',
  intent: 'under way',
  done: 'done',
  undoing: 'is being undone',
  undone: 'undone',
};
