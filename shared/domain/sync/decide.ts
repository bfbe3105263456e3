import { defaultFields } from './default';
import type { Merged } from './merge';
import { verdictOf } from './plan';
import type { Plan, Planned } from './types';

export type Side = 'mine' | 'theirs';

/** A choice of a person for one field, or with `*` for an entry as a whole. */
export interface Choice {
  clusterId: string;
  field: string;
  take: Side;
}

export interface Choices {
  list: readonly Choice[];
  /** for every conflict nobody chose about */
  rest: Side | null;
}

/** What is to be done about one entry. */
export type Step =
  | { kind: 'nothing' }
  /** it cannot be synced; the entry says why */
  | { kind: 'skip' }
  /** somebody must choose */
  | { kind: 'wait' }
  | { kind: 'merge'; push: Merged[]; pull: Merged[] }
  | { kind: 'createThere' | 'createHere'; asDefault: boolean }
  | { kind: 'deleteThere' | 'deleteHere' };

export interface Decided {
  entry: Planned;
  step: Step;
}

/** What a sync is to do, once the choices are made. An entry with an open conflict waits as a whole. */
export function decide(plan: Plan, { list, rest }: Choices): Decided[] {
  const chosen = new Map<string, Map<string, Side>>();
  for (const { clusterId, field, take } of list) {
    const fields = chosen.get(clusterId) ?? new Map<string, Side>();
    chosen.set(clusterId, fields.set(field, take));
  }
  const choiceFor = ({ clusterId }: Planned, field: string): Side | null =>
    chosen.get(clusterId)?.get(field) ?? chosen.get(clusterId)?.get('*') ?? null;
  const outcome = decideDefault(plan, choiceFor, rest);
  return plan.entries.map((entry) => {
    const step = stepOf(entry, (field) => choiceFor(entry, field), rest, outcome);
    return { entry, step };
  });
}

/** Choices on either of the two clusters speak about the same fact; if they differ, it stays open. */
function decideDefault(
  plan: Plan,
  choiceFor: (entry: Planned, field: string) => Side | null,
  rest: Side | null,
): Plan['default']['outcome'] {
  const { outcome, fields } = plan.default;
  if (outcome === 'same' || outcome === 'rest') return outcome;
  const takes = fields
    .filter(({ field }) => field.outcome !== 'same')
    .map(({ entry }) => choiceFor(entry, 'is_default'))
    .filter((take) => take !== null);
  const [first = null] = takes;
  const isOne = takes.every((take) => take === first);
  const decided = isOne && first !== null ? first : outcome === 'conflict' && isOne ? rest : null;
  if (decided === null || decided === outcome) return outcome;
  for (const { entry, field } of defaultFields(plan.default, decided)) {
    entry.fields = entry.fields.map((each) => (each.field === field.field ? field : each));
    entry.verdict = verdictOf(entry.fields);
  }
  return decided;
}

function stepOf(
  entry: Planned,
  choice: (field: string) => Side | null,
  rest: Side | null,
  defaultOutcome: Plan['default']['outcome'],
): Step {
  const { verdict, local, record } = entry;
  switch (verdict) {
    case 'invalid':
      return { kind: 'skip' };
    case 'createThere':
      return { kind: verdict, asDefault: local?.isDefault === true && defaultOutcome === 'mine' };
    case 'createHere':
      return {
        kind: verdict,
        asDefault: record?.isDefault === true && defaultOutcome === 'theirs',
      };
    case 'deleteThere':
    case 'deleteHere':
      return { kind: verdict };
    case 'deleteConflict': {
      // what is protected goes only when somebody says so for this very cluster
      const take = choice('*') ?? (local?.isProtected === true ? null : rest);
      if (take === null) return { kind: 'wait' };
      if (take === 'mine') {
        return local === null ? { kind: 'deleteThere' } : { kind: 'createThere', asDefault: false };
      }
      return local === null ? { kind: 'createHere', asDefault: false } : { kind: 'deleteHere' };
    }
    case 'same':
    case 'push':
    case 'pull':
    case 'both':
    case 'conflict':
      return mergeStep(entry.fields, choice, rest);
  }
}

function mergeStep(
  fields: readonly Merged[],
  choice: (field: string) => Side | null,
  rest: Side | null,
): Step {
  const push: Merged[] = [];
  const pull: Merged[] = [];
  for (const field of fields) {
    if (field.outcome === 'same') continue;
    // the default was decided for all; a new id can only come down
    const isFixed = field.field === 'is_default' || field.field === 'id';
    const side = isFixed ? null : choice(field.field);
    const taken = side ?? (field.outcome === 'conflict' ? rest : field.outcome);
    if (taken === null || (isFixed && field.outcome === 'conflict')) return { kind: 'wait' };
    (taken === 'mine' ? push : pull).push(field);
  }
  return push.length + pull.length === 0 ? { kind: 'nothing' } : { kind: 'merge', push, pull };
}
