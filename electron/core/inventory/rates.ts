import type { Counters } from './shape';

interface Known extends Counters {
  inRate: number | null;
  outRate: number | null;
}

/** Bytes per second of each guest, from two readings of its counters. */
export class Rates {
  readonly #known = new Map<string, Known>();

  /**
   * Takes a new set of readings; guests that are not among them are forgotten.
   * The uptime is the clock, since server and desk need not agree on the time and the server
   * repeats a reading until its next cycle. A counter or uptime that went back means a restart:
   * there is no rate until the next reading.
   */
  take(readings: ReadonlyMap<string, Counters>): void {
    for (const id of this.#known.keys()) if (!readings.has(id)) this.#known.delete(id);
    for (const [id, reading] of readings) {
      const known = this.#known.get(id);
      if (known === undefined) this.#known.set(id, { ...reading, inRate: null, outRate: null });
      else rate(known, reading);
    }
  }

  of(id: string): { inRate: number | null; outRate: number | null } {
    return this.#known.get(id) ?? { inRate: null, outRate: null };
  }
}

/** Changes the known reading in place: this runs for every guest at each poll. */
function rate(known: Known, now: Counters): void {
  const seconds = now.uptimeS - known.uptimeS;
  if (seconds === 0) return;
  const restarted = seconds < 0 || now.netIn < known.netIn || now.netOut < known.netOut;
  known.inRate = restarted ? null : Math.round((now.netIn - known.netIn) / seconds);
  known.outRate = restarted ? null : Math.round((now.netOut - known.netOut) / seconds);
  known.uptimeS = now.uptimeS;
  known.netIn = now.netIn;
  known.netOut = now.netOut;
}
