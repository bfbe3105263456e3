import type { Chart } from '#shared/contract/charts';
import type { TimeAxis } from '#shared/domain/downsample';
import { sourceOf, timesOf } from './timeframes';

export type Values = (number | null)[];

/** Puts series on one axis, fills their gaps, and keeps account of where the values came from. */
export abstract class Filling {
  protected readonly axis: TimeAxis;
  #isServed = false;
  #own = 0;

  constructor(axis: TimeAxis) {
    this.axis = axis;
  }

  chart(id: Chart['id'], unit: Chart['unit'], series: () => Chart['series']): Chart {
    this.#isServed = false;
    this.#own = 0;
    const built = series();
    const source = sourceOf(this.#isServed, this.#own);
    return { id, unit, times: timesOf(this.axis), series: built, source };
  }

  /** What the server told; where it told nothing, what this desk recorded. One value a bucket. */
  protected filled(served: Values, own: Values): Values {
    let filled = 0;
    const values = Array.from({ length: this.axis.buckets }, (_, index) => {
      const value = served[index] ?? null;
      if (value !== null) {
        this.#isServed = true;
        return value;
      }
      const instead = own[index] ?? null;
      if (instead !== null) filled += 1;
      return instead;
    });
    this.#own = Math.max(this.#own, filled);
    return values;
  }
}

export const isKnown = (value: number | null): value is number => value !== null;

/** Parts of wholes, 0..1; null where one of the two is not known. */
export function shares(parts: Values, wholes: Values): Values {
  return parts.map((part, index) => {
    const whole = wholes[index] ?? null;
    return part === null || whole === null || whole === 0 ? null : part / whole;
  });
}
