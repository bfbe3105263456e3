import type { Merged } from './merge';
import type { DefaultMerge, Planned, SyncFacts } from './types';

const SIDE_EFFECT = 'There is one default cluster; this follows from the choice of another one.';

/**
 * Merges who is the default as one fact. A remote clears the flag of the others by itself, so one
 * change there is enough, and what it does to other records is nobody's change.
 */
export function mergeDefault(entries: readonly Planned[], facts: SyncFacts): DefaultMerge {
  const mine = entries.find(({ local }) => local?.isDefault) ?? null;
  const theirs = entries.find(({ record }) => record?.isDefault) ?? null;
  const ids = { mine: mine && idOf(mine), theirs: theirs && idOf(theirs) };
  const rest: DefaultMerge = { outcome: 'rest', ...ids, fields: [] };
  // a default that cannot be read or is not to come here is nothing to agree on
  const isUnread = facts.unreadable.some(({ isDefault }) => isDefault);
  const isInvalid = mine?.verdict === 'invalid' || theirs?.verdict === 'invalid';
  if (facts.isDefaultElsewhere || isUnread || isInvalid) return rest;
  if (ids.mine === ids.theirs) return { ...rest, outcome: 'same' };
  const outcome =
    facts.defaultBase === ids.mine
      ? 'theirs'
      : facts.defaultBase === ids.theirs
        ? 'mine'
        : 'conflict';
  return { ...ids, outcome, fields: fieldsOf(outcome, mine, theirs, facts.defaultBase) };
}

/** As the choice would be once it fell. */
export function defaultFields(
  merge: DefaultMerge,
  outcome: 'mine' | 'theirs',
): DefaultMerge['fields'] {
  const of = (id: string | null) =>
    merge.fields.find(({ entry }) => id !== null && idOf(entry) === id)?.entry ?? null;
  const base = merge.fields.find(({ field }) => field.base === true);
  return fieldsOf(outcome, of(merge.mine), of(merge.theirs), base ? idOf(base.entry) : null);
}

function fieldsOf(
  outcome: Merged['outcome'],
  mine: Planned | null,
  theirs: Planned | null,
  base: string | null,
): DefaultMerge['fields'] {
  const isPair = ({ verdict }: Planned) =>
    ['same', 'push', 'pull', 'both', 'conflict'].includes(verdict);
  const fieldOf = (entry: Planned, isMine: boolean): Merged => {
    const mover = outcome === 'theirs' ? (theirs ?? mine) : (mine ?? theirs);
    const isMover = outcome === 'conflict' || entry === mover;
    return {
      field: 'is_default',
      base: base === idOf(entry),
      mine: isMine,
      theirs: !isMine,
      outcome: isMover ? outcome : 'same',
      note: isMover ? null : SIDE_EFFECT,
    };
  };
  return [mine, theirs]
    .filter((entry): entry is Planned => entry !== null && isPair(entry))
    .map((entry) => ({ entry, field: fieldOf(entry, entry === mine) }));
}

/** The remote's id of an entry; one that is not there yet will have the desk's. */
const idOf = ({ record, base, clusterId }: Planned): string => record?.id ?? base?.id ?? clusterId;
