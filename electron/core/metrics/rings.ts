import type { SeriesKey } from './samples';

/** Seconds between the slots of a ring. */
export const SLOT_S = 10;
/** An hour. */
const SLOTS = 360;

/** The last hour of one cluster in memory, a slot every ten seconds; NaN is a gap. */
export class Rings {
  readonly #rings = new Map<SeriesKey, Float32Array>();
  #latest: number | null = null;

  /** The slot written last, counted from 1970. */
  get latest(): number | null {
    return this.#latest;
  }

  keys(): SeriesKey[] {
    return [...this.#rings.keys()];
  }

  /**
   * Writes one moment. Slots since the sample before hold its values while that is no longer than
   * `holdMs` ago: a slow pace makes a coarser line, not one with holes.
   */
  write(atMs: number, samples: ReadonlyMap<SeriesKey, number>, holdMs: number): void {
    const slot = Math.floor(atMs / 1000 / SLOT_S);
    // a clock set back by hand must not tear the hour apart
    if (this.#latest !== null && slot < this.#latest) return;
    this.#advance(slot, holdMs);
    for (const [key, value] of samples) this.#ring(key)[slot % SLOTS] = value;
  }

  /** Puts back a stretch read from the store, every slot of a minute alike. */
  restore(key: SeriesKey, fromSlot: number, toSlot: number, value: number): void {
    if (this.#latest === null || toSlot > this.#latest) this.#advance(toSlot, 0);
    const oldest = (this.#latest ?? toSlot) - SLOTS + 1;
    const ring = this.#ring(key);
    for (let slot = Math.max(fromSlot, oldest); slot <= toSlot; slot += 1)
      ring[slot % SLOTS] = value;
  }

  /** Writes the slots [from, to] of a series which have nothing yet. */
  fill(key: SeriesKey, from: number, to: number, value: number): void {
    if (this.#latest === null || to > this.#latest) this.#advance(to, 0);
    const oldest = (this.#latest ?? to) - SLOTS + 1;
    const ring = this.#ring(key);
    for (let slot = Math.max(from, oldest); slot <= to; slot += 1) {
      if (Number.isNaN(ring[slot % SLOTS])) ring[slot % SLOTS] = value;
    }
  }

  /** The mean of the slots [from, to), null where nothing was measured. */
  mean(key: SeriesKey, from: number, to: number): number | null {
    const ring = this.#rings.get(key);
    if (ring === undefined || this.#latest === null) return null;
    let sum = 0;
    let count = 0;
    const first = Math.max(from, this.#latest - SLOTS + 1);
    for (let slot = first; slot < to && slot <= this.#latest; slot += 1) {
      const value = ring[slot % SLOTS] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
    }
    return count === 0 ? null : sum / count;
  }

  #advance(slot: number, holdMs: number): void {
    const before = this.#latest;
    this.#latest = slot;
    if (before === null || slot === before) return;
    const holds = (slot - before) * SLOT_S * 1000 <= holdMs;
    const first = Math.max(before + 1, slot - SLOTS + 1);
    for (const ring of this.#rings.values()) {
      const held = holds ? (ring[before % SLOTS] ?? Number.NaN) : Number.NaN;
      for (let between = first; between < slot; between += 1) ring[between % SLOTS] = held;
      ring[slot % SLOTS] = Number.NaN;
    }
  }

  #ring(key: SeriesKey): Float32Array {
    const existing = this.#rings.get(key);
    if (existing !== undefined) return existing;
    const made = new Float32Array(SLOTS).fill(Number.NaN);
    this.#rings.set(key, made);
    return made;
  }
}
