import type { Counters } from './shape';

interface Known extends Counters {
  inRate: number | null;
  outRate: number | null;
}

/** Bytes per second of each guest, from two readings of its counters. */
export class Rates {
  #known = new Map<string, Known>();

  /**
   * Takes a new set of readings; guests that are not among them are forgotten.
   * The uptime is the clock, since server and desk need not agree on the time and the server
   * repeats a reading until its next cycle. A counter or uptime that went back means a restart:
   * there is no rate until the next reading.
   */
  take(readings: ReadonlyMap<string, Counters>): void {
    const next = new Map<string, Known>();
    for (const [id, reading] of readings) {
      const before = this.#known.get(id);
      next.set(
        id,
        before === undefined ? { ...reading, inRate: null, outRate: null } : rated(before, reading),
      );
    }
    this.#known = next;
  }

  of(id: string): { inRate: number | null; outRate: number | null } {
    return this.#known.get(id) ?? { inRate: null, outRate: null };
  }
}

function rated(before: Known, now: Counters): Known {
  const seconds = now.uptimeS - before.uptimeS;
  if (seconds === 0) return before;
  if (seconds < 0 || now.netIn < before.netIn || now.netOut < before.netOut) {
    return { ...now, inRate: null, outRate: null };
  }
  return {
    ...now,
    inRate: twoDigits((now.netIn - before.netIn) / seconds),
    outRate: twoDigits((now.netOut - before.netOut) / seconds),
  };
}

/** Two significant digits, and nothing below 10 B/s: a rate is never steadier than that. */
function twoDigits(rate: number): number {
  return rate < 10 ? 0 : Number(rate.toPrecision(2));
}
