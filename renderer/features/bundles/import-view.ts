import type { BundleEntry, BundlePreview, OnConflict } from '#shared/contract/bundles';
import type { Tone } from '../../ui/tone';
import { plural } from '../deck/deck-view';

type Verdict = BundleEntry['verdict'];

/** In the order in which they need a person. */
export const VERDICTS: readonly Verdict[] = ['conflict', 'invalid', 'changed', 'new', 'same'];

export const VERDICT_LOOKS: Record<Verdict, { word: string; tone: Tone }> = {
  new: { word: 'new', tone: 'ok' },
  same: { word: 'same as here', tone: 'idle' },
  changed: { word: 'differs from here', tone: 'information' },
  conflict: { word: 'conflict', tone: 'warning' },
  invalid: { word: 'cannot be imported', tone: 'bad' },
};

export const SOURCE_WORDS: Record<BundlePreview['source'], string> = {
  bundle: 'a Clusterdeck bundle',
  clustersJson: 'a clusters.json of a lab portal',
  portalDatabase: 'the database of a lab portal',
};

export const CHOICE_WORDS: Record<OnConflict, string> = {
  keep: 'Keep mine',
  take: 'Take theirs',
  copy: 'Add as a copy',
};

/** What is to become of each entry that can be imported, by key; `keep` leaves the desk as it is. */
export type ImportChoices = ReadonlyMap<string, OnConflict>;

/** Whether importing an entry can do anything. */
export function isImportable({ verdict }: BundleEntry): boolean {
  return verdict === 'new' || verdict === 'changed' || verdict === 'conflict';
}

/** Whether the desk has a cluster of this id, so that there is something to choose between. */
export function isHereAlready({ verdict }: BundleEntry): boolean {
  return verdict === 'changed' || verdict === 'conflict';
}

/** New ones and those that merely differ are taken; what conflicts stays until somebody says so. */
export function firstChoices(entries: readonly BundleEntry[]): ImportChoices {
  return new Map(
    entries
      .filter(isImportable)
      .map((entry) => [entry.key, entry.verdict === 'conflict' ? 'keep' : 'take']),
  );
}

export function isTicked(choices: ImportChoices, entry: BundleEntry): boolean {
  return (choices.get(entry.key) ?? 'keep') !== 'keep';
}

export function withChoice(
  choices: ImportChoices,
  entries: readonly BundleEntry[],
  choice: OnConflict,
): ImportChoices {
  const next = new Map(choices);
  for (const entry of entries) if (isImportable(entry)) next.set(entry.key, choice);
  return next;
}

/** What the core is asked to do. */
export function applyInput(
  { token, entries }: BundlePreview,
  choices: ImportChoices,
  withSecrets: boolean,
) {
  const ticked = entries.filter((entry) => isTicked(choices, entry));
  const perEntry = Object.fromEntries(
    ticked.filter(isHereAlready).map(({ key }) => [key, choices.get(key) ?? 'keep']),
  );
  return { token, only: ticked.map(({ key }) => key), perEntry, withSecrets };
}

/** `This adds 5, changes 2, copies 1.` */
export function choiceSentence(entries: readonly BundleEntry[], choices: ImportChoices): string {
  const ticked = entries.filter((entry) => isTicked(choices, entry));
  const copies = ticked.filter(
    (entry) => isHereAlready(entry) && choices.get(entry.key) === 'copy',
  ).length;
  const replaced = ticked.filter(isHereAlready).length - copies;
  const parts: string[] = [];
  const fresh = ticked.length - copies - replaced;
  if (fresh > 0) parts.push(`adds ${fresh}`);
  if (replaced > 0) parts.push(`changes ${replaced}`);
  if (copies > 0) parts.push(`copies ${copies}`);
  return parts.length === 0 ? 'Nothing is ticked.' : `This ${parts.join(', ')}.`;
}

/** `12 clusters: 7 new, 3 the same, 2 conflicts` */
export function previewSentence(entries: readonly BundleEntry[]): string {
  const counts = VERDICTS.map((verdict) => ({
    verdict,
    count: entries.filter((entry) => entry.verdict === verdict).length,
  })).filter(({ count }) => count > 0);
  const words = counts.map(({ verdict, count }) => `${count} ${COUNTED[verdict]}`);
  return `${plural(entries.length, 'cluster')}: ${words.join(', ')}.`;
}

const COUNTED: Record<Verdict, string> = {
  new: 'new',
  same: 'the same as here',
  changed: 'different from here',
  conflict: 'in conflict',
  invalid: 'not usable',
};
