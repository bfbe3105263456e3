import type {
  MergedField,
  OutboxEntry,
  Resolution,
  SyncEntry,
  SyncReport,
  SyncVerdict,
} from '#shared/contract/sync';
import type { Tone } from '../../ui/tone';
import { plural } from '../deck/deck-view';
import { fieldName } from './field-names';

export type Side = Resolution['take'];

/** What a person chose, by cluster_id and field; `*` stands for the cluster as a whole. */
export type Choices = ReadonlyMap<string, ReadonlyMap<string, Side>>;

export interface Decisions {
  choices: Choices;
  /** cluster_ids whose password may go along */
  sendSecrets: ReadonlySet<string>;
}

export const NO_DECISIONS: Decisions = { choices: new Map(), sendSecrets: new Set() };

/** Under what an entry stands in the list, in the order in which they need a person. */
export const KINDS = ['choice', 'secret', 'deleted', 'up', 'down', 'invalid', 'same'] as const;
export type EntryKind = (typeof KINDS)[number];

export const KIND_NAMES: Record<EntryKind, string> = {
  choice: 'Needs your choice',
  secret: 'Asks for a password',
  deleted: 'Deleted',
  up: 'Goes up',
  down: 'Comes down',
  invalid: 'Left out',
  same: 'Same',
};

export function kindOf(entry: SyncEntry): EntryKind {
  switch (entry.verdict) {
    case 'conflict':
    case 'deleteConflict':
      return 'choice';
    case 'createThere':
      return entry.needsSecret ? 'secret' : 'up';
    case 'push':
    case 'both':
      return 'up';
    case 'pull':
    case 'createHere':
      return 'down';
    case 'deleteThere':
    case 'deleteHere':
      return 'deleted';
    case 'invalid':
    case 'same':
      return entry.verdict;
  }
}

/** In a few words, what a sync does with a cluster; `remote` is its name. */
export function verdictWords(entry: SyncEntry, remote: string): string {
  const words: Record<SyncVerdict, string> = {
    same: 'Same on both sides',
    push: `Goes up to ${remote}`,
    pull: `Comes down from ${remote}`,
    both: 'Changed on both sides, in different fields',
    conflict: 'Changed on both sides',
    createThere: `New for ${remote}`,
    createHere: 'New for this desk',
    deleteThere: `Is deleted from ${remote}, as it was here`,
    deleteHere: `Is deleted from this desk, as it was from ${remote}`,
    deleteConflict: entry.uuid === null ? `Deleted here, not on ${remote}` : `Gone from ${remote}`,
    invalid: 'Cannot be kept in step',
  };
  return words[entry.verdict];
}

export const VERDICT_TONES: Record<SyncVerdict, Tone> = {
  same: 'ok',
  push: 'busy',
  pull: 'information',
  both: 'busy',
  conflict: 'warning',
  createThere: 'busy',
  createHere: 'information',
  deleteThere: 'bad',
  deleteHere: 'bad',
  deleteConflict: 'warning',
  invalid: 'bad',
};

/** What either choice means where a cluster is gone from one side. */
export function deleteChoices(entry: SyncEntry, remote: string): Record<Side, string> {
  return entry.uuid === null
    ? { mine: `Delete it from ${remote} too`, theirs: 'Bring it back to this desk' }
    : { mine: `Make it anew on ${remote}`, theirs: 'Delete it from this desk too' };
}

/** Fields a person may choose about: a new id can only come down. */
export function isChoosable(field: MergedField): boolean {
  return field.outcome !== 'same' && field.field !== 'id';
}

/** The side that counts for a field: the choice, else what the merge found; null while it is open. */
export function sideOf(entry: SyncEntry, field: MergedField, choices: Choices): Side | null {
  const chosen = choices.get(entry.clusterId)?.get(field.field);
  if (chosen !== undefined && isChoosable(field)) return chosen;
  return field.outcome === 'mine' || field.outcome === 'theirs' ? field.outcome : null;
}

/** How many questions about an entry are still open. */
export function openQuestions(entry: SyncEntry, { choices, sendSecrets }: Decisions): number {
  const { clusterId, verdict } = entry;
  if (verdict === 'deleteConflict') return choices.get(clusterId)?.has('*') ? 0 : 1;
  if (verdict === 'conflict') {
    return entry.fields.filter((field) => sideOf(entry, field, choices) === null).length;
  }
  return entry.needsSecret && !sendSecrets.has(clusterId) ? 1 : 0;
}

/** Takes one side for every field of an entry that is open to choice, or for the entry as a whole. */
export function takeAll(choices: Choices, entry: SyncEntry, side: Side): Choices {
  const fields =
    entry.verdict === 'deleteConflict'
      ? ['*']
      : entry.fields.filter(isChoosable).map(({ field }) => field);
  return new Map(choices).set(entry.clusterId, new Map(fields.map((field) => [field, side])));
}

export function choose(choices: Choices, clusterId: string, field: string, side: Side): Choices {
  return new Map(choices).set(clusterId, new Map(choices.get(clusterId)).set(field, side));
}

/** Choices that still mean something for newly read entries; the others are forgotten. */
export function keepMeant(decisions: Decisions, entries: readonly SyncEntry[]): Decisions {
  const choices = new Map<string, ReadonlyMap<string, Side>>();
  const sendSecrets = new Set<string>();
  for (const entry of entries) {
    if (entry.needsSecret && decisions.sendSecrets.has(entry.clusterId)) {
      sendSecrets.add(entry.clusterId);
    }
    const fields = new Set(entry.fields.filter(isChoosable).map(({ field }) => field));
    if (entry.verdict === 'deleteConflict') fields.add('*');
    const kept = [...(decisions.choices.get(entry.clusterId) ?? [])].filter(([field]) =>
      fields.has(field),
    );
    if (kept.length > 0) choices.set(entry.clusterId, new Map(kept));
  }
  return { choices, sendSecrets };
}

export function resolutionsOf(choices: Choices): Resolution[] {
  return [...choices].flatMap(([clusterId, fields]) =>
    [...fields].map(([field, take]) => ({ clusterId, field, take })),
  );
}

/** `2 fields: Priority, Description`; names the first few. */
export function fieldsSentence(fields: readonly MergedField[]): string {
  const names = fields.slice(0, 4).map(({ field }) => fieldName(field));
  const rest = fields.length - names.length;
  return `${plural(fields.length, 'field')}: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** How many clusters go which way, as `3 go up · 1 comes down · 1 waits for you`. */
export function planSentence(entries: readonly SyncEntry[], decisions: Decisions): string {
  const count = (fits: (entry: SyncEntry) => boolean) => entries.filter(fits).length;
  const waiting = count((entry) => openQuestions(entry, decisions) > 0);
  const moves = (kind: EntryKind) =>
    count((entry) => kindOf(entry) === kind && openQuestions(entry, decisions) === 0);
  const up = moves('up') + moves('secret');
  const parts: string[] = [];
  if (up > 0) parts.push(`${up} ${up === 1 ? 'goes' : 'go'} up`);
  const down = moves('down');
  if (down > 0) parts.push(`${down} ${down === 1 ? 'comes' : 'come'} down`);
  const decided = moves('choice');
  if (decided > 0) parts.push(`${decided} as you chose`);
  const deleted = moves('deleted');
  if (deleted > 0) parts.push(`${deleted} ${deleted === 1 ? 'is' : 'are'} deleted`);
  if (waiting > 0) parts.push(waiting === 1 ? '1 waits for you' : `${waiting} wait for you`);
  return parts.length === 0 ? 'Nothing is to be done: both sides are the same.' : parts.join(' · ');
}

export type ReportEntry = SyncReport['entries'][number];

/** In the order in which they need a person. */
export const RESULTS = ['failed', 'waits', 'done', 'planned', 'skipped', 'same'] as const;

export const RESULT_NAMES: Record<ReportEntry['result'], string> = {
  failed: 'Failed',
  waits: 'Waits for you',
  done: 'Done',
  planned: 'Would be done',
  skipped: 'Left out',
  same: 'Same',
};

/** Whether a person should look before anything is done: questions, and what would be deleted. */
export function needsLook(entries: readonly SyncEntry[]): boolean {
  return entries.some((entry) => ['choice', 'secret', 'deleted'].includes(kindOf(entry)));
}

/** The counts of what a run did, in the report's own words. */
export function reportSentence(report: SyncReport): string {
  const count = (result: ReportEntry['result']) =>
    report.entries.filter((entry) => entry.result === result).length;
  const parts: string[] = [];
  const told = (number: number, words: string) => number > 0 && parts.push(`${number} ${words}`);
  told(count('done'), 'done');
  told(count('planned'), 'would be done');
  told(count('waits'), count('waits') === 1 ? 'waits for you' : 'wait for you');
  told(count('failed'), 'failed');
  told(count('skipped'), 'left out');
  told(count('same'), 'the same');
  return parts.join(' · ');
}

/** `3 changes wait for portal`, as the top bar says it; the name stands apart to be emphasised. */
export function waitingFor(
  outbox: readonly OutboxEntry[],
  names: ReadonlyMap<string, string>,
): { count: number; words: string; name: string } | null {
  if (outbox.length === 0) return null;
  const remotes = [...new Set(outbox.map((entry) => entry.remoteUuid))];
  const [first = ''] = remotes;
  const name =
    remotes.length === 1 ? (names.get(first) ?? 'a remote') : `${remotes.length} remotes`;
  const words = outbox.length === 1 ? '1 change waits for' : `${outbox.length} changes wait for`;
  return { count: outbox.length, words, name };
}
