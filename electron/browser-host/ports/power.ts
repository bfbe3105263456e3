import type { Power } from '#electron/core/ports';

const BEAT_MS = 5_000;
const ASLEEP_AFTER_MS = 30_000;

/**
 * Notices a sleep after the fact: a beat that comes much too late means the machine was away. The
 * listeners hear of the sleep and of the waking, so that connections are looked at anew.
 */
export function createPower(now: () => number): Power & { stop(): void } {
  const listeners = new Set<(asleep: boolean) => void>();
  let last = now();
  const timer = setInterval(() => {
    const gap = now() - last;
    last = now();
    if (gap < ASLEEP_AFTER_MS) return;
    for (const asleep of [true, false]) for (const listener of listeners) listener(asleep);
  }, BEAT_MS);
  timer.unref();
  return {
    asleep: false,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => clearInterval(timer),
  };
}
