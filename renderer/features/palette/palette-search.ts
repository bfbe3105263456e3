/** Something that can be found and run. */
export interface PaletteEntry {
  key: string;
  label: string;
  /** stands faint behind the label, and is searched too */
  detail: string;
  run: () => void;
}

/**
 * The entries that have every word of the query in label or detail, best first: those whose label
 * starts with it, then those with a word that does, then the rest; at most `limit`.
 */
export function paletteMatches<Entry extends Pick<PaletteEntry, 'label' | 'detail'>>(
  entries: Iterable<Entry>,
  query: string,
  limit: number,
): Entry[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const ranks: Entry[][] = [[], [], []];
  for (const entry of entries) {
    const rank = rankOf(entry, words);
    if (rank === null) continue;
    ranks[rank]?.push(entry);
    // nothing better can come than a full first rank
    if (rank === 0 && (ranks[0]?.length ?? 0) >= limit) break;
  }
  return ranks.flat().slice(0, limit);
}

function rankOf({ label, detail }: Pick<PaletteEntry, 'label' | 'detail'>, words: string[]) {
  const name = label.toLowerCase();
  const hay = `${name} ${detail.toLowerCase()}`;
  if (!words.every((word) => hay.includes(word))) return null;
  const first = words[0] ?? '';
  if (name.startsWith(first)) return 0;
  return ` ${hay}`.includes(` ${first}`) ? 1 : 2;
}
