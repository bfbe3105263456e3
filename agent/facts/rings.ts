import { z } from 'zod';
import type { SamplesAnswer } from '#shared/contract/agent/dashboard';

/** Seconds per point, and how many points are kept: an hour finely, a day coarsely. */
const FINE = { stepS: 10, slots: 360 };
const COARSE = { stepS: 60, slots: 1440 };
/** A cluster that renames its nodes all day must not fill the memory. */
const MAX_SERIES = 2_000;

const dumpedSeries = z.record(
  z.string().max(300),
  z.object({ latest: z.number().int().nonnegative(), points: z.base64() }),
);
type Dumped = z.infer<typeof dumpedSeries>;
const dumped = z.object({ fine: dumpedSeries, coarse: dumpedSeries });

interface Ring {
  values: Float32Array;
  /** slot written last, counted from 1970 */
  latest: number;
  /** for the mean of the slot being written */
  sum: number;
  count: number;
}

/** The last day of this cluster in memory; a point is the mean of what was measured in its time. */
export class SampleRings {
  readonly #fine = new Resolution(FINE.stepS, FINE.slots);
  readonly #coarse = new Resolution(COARSE.stepS, COARSE.slots);

  /** @param atMs ms since 1970 */
  write(atMs: number, samples: ReadonlyMap<string, number>): void {
    this.#fine.write(atMs, samples);
    this.#coarse.write(atMs, samples);
  }

  /** Everything, as text that {@link restore} reads. */
  dump(): string {
    return JSON.stringify({ fine: this.#fine.dump(), coarse: this.#coarse.dump() });
  }

  /** Puts back what was dumped; what this cannot read is left out. */
  restore(text: string): void {
    const parsed = dumped.safeParse(jsonOf(text));
    if (!parsed.success) return;
    this.#fine.restore(parsed.data.fine);
    this.#coarse.restore(parsed.data.coarse);
  }

  /** What was measured in the last minutes; up to an hour every 10 s, else every 60 s. */
  read(nowMs: number, minutes: number): SamplesAnswer {
    return minutes <= 60
      ? this.#fine.read(nowMs, minutes * 60)
      : this.#coarse.read(nowMs, minutes * 60);
  }
}

class Resolution {
  readonly #stepS: number;
  readonly #slots: number;
  readonly #rings = new Map<string, Ring>();

  constructor(stepS: number, slots: number) {
    this.#stepS = stepS;
    this.#slots = slots;
  }

  write(atMs: number, samples: ReadonlyMap<string, number>): void {
    const slot = Math.floor(atMs / 1000 / this.#stepS);
    for (const [name, value] of samples) {
      const ring = this.#ring(name, slot);
      // a clock set back must not tear the day apart
      if (ring === null || slot < ring.latest) continue;
      if (slot > ring.latest) this.#advance(ring, slot);
      ring.sum += value;
      ring.count += 1;
      ring.values[slot % this.#slots] = ring.sum / ring.count;
    }
  }

  read(nowMs: number, spanS: number): SamplesAnswer {
    const last = Math.floor(nowMs / 1000 / this.#stepS);
    const count = Math.min(this.#slots, Math.max(1, Math.floor(spanS / this.#stepS)));
    const first = last - count + 1;
    const series: SamplesAnswer['series'] = {};
    for (const [name, ring] of this.#rings) {
      const points = Array.from({ length: count }, (_, n) => this.#point(ring, first + n));
      if (points.some((point) => point !== null)) series[name] = points;
    }
    return { step_s: this.#stepS, from: first * this.#stepS, series };
  }

  dump(): Dumped {
    return Object.fromEntries(
      [...this.#rings].map(([name, { latest, values }]) => [
        name,
        { latest, points: Buffer.from(values.buffer).toString('base64') },
      ]),
    );
  }

  restore(dump: Dumped): void {
    for (const [name, { latest, points }] of Object.entries(dump)) {
      const bytes = Buffer.from(points, 'base64');
      if (bytes.length !== this.#slots * Float32Array.BYTES_PER_ELEMENT) continue;
      const ring = this.#ring(name, latest);
      if (ring === null) continue;
      ring.values.set(new Float32Array(Uint8Array.from(bytes).buffer));
      // the mean of the slot that was being written counts as one measurement
      const last = ring.values[latest % this.#slots] ?? Number.NaN;
      ring.sum = Number.isNaN(last) ? 0 : last;
      ring.count = Number.isNaN(last) ? 0 : 1;
    }
  }

  #point(ring: Ring, slot: number): number | null {
    if (slot > ring.latest || slot <= ring.latest - this.#slots) return null;
    const value = ring.values[slot % this.#slots] ?? Number.NaN;
    return Number.isNaN(value) ? null : Number(value.toPrecision(5));
  }

  #advance(ring: Ring, slot: number): void {
    const from = Math.max(ring.latest + 1, slot - this.#slots + 1);
    for (let between = from; between <= slot; between += 1) {
      ring.values[between % this.#slots] = Number.NaN;
    }
    ring.latest = slot;
    ring.sum = 0;
    ring.count = 0;
  }

  #ring(name: string, slot: number): Ring | null {
    const known = this.#rings.get(name);
    if (known !== undefined) return known;
    if (this.#rings.size >= MAX_SERIES) this.#forget(slot);
    if (this.#rings.size >= MAX_SERIES) return null;
    const values = new Float32Array(this.#slots).fill(Number.NaN);
    const made = { values, latest: slot, sum: 0, count: 0 };
    this.#rings.set(name, made);
    return made;
  }

  /** Drops what has nothing left to show. */
  #forget(slot: number): void {
    for (const [name, { latest }] of this.#rings) {
      if (latest <= slot - this.#slots) this.#rings.delete(name);
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
