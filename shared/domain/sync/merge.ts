import { canonical } from '../canonical';
import type { Values } from './record';

/** One field seen from both sides and from what they last agreed on; null is "not set". */
export interface Merged {
  field: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** `same`: nothing to do; `mine` goes up; `theirs` comes down; `conflict`: somebody must choose */
  outcome: 'same' | 'mine' | 'theirs' | 'conflict';
  note: string | null;
}

const UNSEEN = 'The remote does not return this value, so what was last sent stands for theirs.';

/** Whether two values are the same for a cluster; host names do not care for capitals. */
export function isSame(field: string, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') {
    return field === 'host' && a.toLowerCase() === b.toLowerCase();
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return canonical(a) === canonical(b);
}

/**
 * Three-way merge, field by field.
 * @param base what both sides last agreed on; null where they never did
 * @param isKnown whether this desk knows a field: others are never sent to a remote without them
 * @returns the fields on which the sides differ
 */
export function mergeFields(
  base: Values | null,
  mine: Values,
  theirs: Values,
  isKnown: (field: string) => boolean,
): Merged[] {
  const merged: Merged[] = [];
  for (const field in mine) {
    if (Object.hasOwn(theirs, field)) {
      if (isSame(field, mine[field], theirs[field])) continue;
      const outcome = outcomeOf(base, field, mine[field] ?? null, theirs[field] ?? null);
      merged.push({ ...sides(field, base, mine, theirs), outcome, note: null });
      continue;
    }
    // not returned: only a change made here is a change
    if (!isKnown(field) || base === null || !Object.hasOwn(base, field)) continue;
    if (isSame(field, base[field], mine[field])) continue;
    merged.push({ ...sides(field, base, mine, base), outcome: 'mine', note: UNSEEN });
  }
  for (const field in theirs) {
    if (Object.hasOwn(mine, field)) continue;
    merged.push({ ...sides(field, base, mine, theirs), outcome: 'theirs', note: null });
  }
  return merged;
}

function sides(field: string, base: Values | null, mine: Values, theirs: Values) {
  const of = (values: Values | null) => values?.[field] ?? null;
  return { field, base: of(base), mine: of(mine), theirs: of(theirs) };
}

function outcomeOf(
  base: Values | null,
  field: string,
  mine: unknown,
  theirs: unknown,
): Merged['outcome'] {
  if (base !== null && Object.hasOwn(base, field)) {
    if (isSame(field, base[field], mine)) return 'theirs';
    return isSame(field, base[field], theirs) ? 'mine' : 'conflict';
  }
  // never agreed on: a value loses nothing by standing where there is none
  if (mine === null) return 'theirs';
  return theirs === null ? 'mine' : 'conflict';
}

/**
 * What both sides agree on now: a field of the base moves on only where both have the same value,
 * so whatever is lost on the way is found again by the next merge.
 * @returns the base itself where nothing moved
 */
export function agreed(base: Values | null, mine: Values, theirs: Values): Values {
  const next: Record<string, unknown> = {};
  let moved = base === null;
  for (const field in mine) {
    const isReturned = Object.hasOwn(theirs, field);
    const had = base !== null && Object.hasOwn(base, field);
    if (isReturned ? isSame(field, mine[field], theirs[field]) : !had) {
      next[field] = isReturned ? theirs[field] : mine[field];
      moved ||= !had || !isSame(field, base?.[field], next[field]);
    } else if (had) next[field] = base[field];
  }
  for (const field in base) {
    if (!Object.hasOwn(next, field) && Object.hasOwn(theirs, field)) next[field] = base[field];
  }
  return moved || base === null ? next : base;
}
