import type { OperationStep } from '#shared/contract/agent/operations';
import { plain, took } from '#shared/domain/units';

/** As `430 ms`, `5.20 s` or `1 d`. */
export const duration = (ms: number): string => plain(took(ms));

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
  skipping: 'is left out',
  skipped: 'left out',
};
