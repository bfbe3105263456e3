import type { PowerMonitor } from 'electron';
import type { Power } from '#electron/core/ports';

/** Tells the core when the machine goes to sleep and wakes. */
export function createPower(monitor: Pick<PowerMonitor, 'on'>): Power {
  const listeners = new Set<(asleep: boolean) => void>();
  let asleep = false;
  const become = (next: boolean) => {
    if (asleep === next) return;
    asleep = next;
    for (const listener of listeners) listener(next);
  };
  monitor.on('suspend', () => become(true));
  monitor.on('resume', () => become(false));
  return {
    get asleep() {
      return asleep;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
