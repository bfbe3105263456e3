/**
 * Mixes two integers into 32 well-spread bits. Everything the lab invents
 * comes from here, so that one seed gives one lab.
 */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A number in [0, 1) that belongs to the pair (seed, n). */
export function unit(seed: number, n: number): number {
  return mix(seed, n) / 4294967296;
}

/** A seed derived from a text, e.g. a cluster's id. */
export function seedOf(text: string, seed = 0): number {
  let h = seed >>> 0;
  for (let i = 0; i < text.length; i += 1) h = mix(h, text.charCodeAt(i));
  return h;
}

/** `length` lower-case hex digits that belong to (seed, n). */
export function hexOf(seed: number, n: number, length: number): string {
  let out = '';
  for (let i = 0; out.length < length; i += 1) {
    out += mix(mix(seed, n), i).toString(16).padStart(8, '0');
  }
  return out.slice(0, length);
}

/** A version 4 shaped UUID that belongs to (seed, n). */
export function uuidOf(seed: number, n: number): string {
  const h = hexOf(seed, n, 32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

/** A repeatable sequence of random numbers. */
export class Dice {
  readonly #seed: number;
  #rolls = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The next number in [0, 1). */
  next(): number {
    this.#rolls += 1;
    return unit(this.#seed, this.#rolls);
  }

  /** The next integer in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One entry of a list that must not be empty. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.next() * list.length)];
    if (chosen === undefined) throw new RangeError('Nothing to pick from.');
    return chosen;
  }

  /** A copy in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i -= 1) {
      const j = this.int(0, i);
      const swap = out[i] as T;
      out[i] = out[j] as T;
      out[j] = swap;
    }
    return out;
  }
}
