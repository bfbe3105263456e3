import type { GuestRow } from '#shared/contract/inventory';
import type { Tone } from '../../ui/state';

const TONES: Readonly<Record<string, Tone>> = {
  running: 'ok',
  stopped: 'idle',
  paused: 'warning',
  suspended: 'warning',
  prelaunch: 'busy',
};

/** A guest's state as a tone and a word; what the server calls otherwise stands as it says. */
export function guestState(row: Pick<GuestRow, 'status' | 'template' | 'lock'>): {
  tone: Tone;
  word: string;
} {
  if (row.template) return { tone: 'idle', word: 'template' };
  const tone = Object.hasOwn(TONES, row.status) ? TONES[row.status] : undefined;
  return { tone: tone ?? 'warning', word: row.status };
}
