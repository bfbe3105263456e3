import type { LiveStore } from './live-store';

const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
/** The core counts in minutes. */
const TELL_EVERY_MS = 20_000;

/** Tells the core that somebody is at this window, where it would lock itself otherwise. */
export function reportActivity(
  access: { activity(): Promise<void> },
  live: LiveStore,
  page: Document,
): void {
  let told = 0;
  const onInput = () => {
    const status = live.getState().access;
    if (!status || status.locked || status.idleMinutes === 0) return;
    const now = Date.now();
    if (now - told < TELL_EVERY_MS) return;
    told = now;
    // one that is lost is made up for by the next
    access.activity().catch(() => undefined);
  };
  for (const input of INPUTS) page.addEventListener(input, onInput, { passive: true });
}
