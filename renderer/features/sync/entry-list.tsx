import { type ReactNode, useState } from 'react';
import type { SyncEntry } from '#shared/contract/sync';
import { Card } from '../../ui/card';
import { Segmented } from '../../ui/choice';
import { usePaged } from '../../ui/paged';
import { EntryCard } from './entry-card';
import styles from './entry-list.module.css';
import type { Decisions } from './sync-view';

/** By what entries are sorted and filtered. */
export interface Sorting<Entry extends SyncEntry> {
  /** names the filter that shows all but the quiet kind */
  all: string;
  /** the kind that stays out of the way until it is asked for */
  quiet: string;
  /** in the order in which they stand */
  kinds: readonly { kind: string; name: string }[];
  of: (entry: Entry) => string;
}

interface EntryListProps<Entry extends SyncEntry> {
  entries: readonly Entry[];
  sorting: Sorting<Entry>;
  remoteName: string;
  decisions: Decisions;
  onDecide?: ((decisions: Decisions) => void) | undefined;
  result?: (entry: Entry) => ReactNode;
}

const ALL = 'all';

/** The clusters of a sync, by what happens or happened to them. */
export function EntryList<Entry extends SyncEntry>(props: EntryListProps<Entry>) {
  const { entries, sorting, result, ...rest } = props;
  const [wanted, setFilter] = useState(ALL);
  const rank = new Map(sorting.kinds.map(({ kind }, index) => [kind, index]));
  const ordered = [...entries].sort(
    (a, b) =>
      (rank.get(sorting.of(a)) ?? 0) - (rank.get(sorting.of(b)) ?? 0) ||
      a.name.localeCompare(b.name),
  );
  const counts = new Map<string, number>();
  for (const entry of ordered) {
    const kind = sorting.of(entry);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const filter = counts.has(wanted) ? wanted : ALL;
  const fitting = ordered.filter((entry) =>
    filter === ALL ? sorting.of(entry) !== sorting.quiet : sorting.of(entry) === filter,
  );
  const { shown, more } = usePaged(fitting);
  const present = sorting.kinds.filter(({ kind }) => counts.has(kind));
  const loud = entries.length - (counts.get(sorting.quiet) ?? 0);
  return (
    <div className={styles.list}>
      {(present.length > 1 || counts.has(sorting.quiet)) && (
        <div className={styles.filters}>
          <Segmented
            label="Which clusters to show"
            value={filter}
            options={[
              { value: ALL, label: <Counted words={sorting.all} count={loud} /> },
              ...present.map(({ kind, name }) => ({
                value: kind,
                label: <Counted words={name} count={counts.get(kind) ?? 0} />,
              })),
            ]}
            onChange={setFilter}
          />
        </div>
      )}
      {fitting.length > 0 && (
        <Card>
          <ul aria-label="Clusters of this sync">
            {shown.map((entry) => (
              <EntryCard
                key={`${entry.clusterId} ${entry.remoteNumber} ${entry.name}`}
                entry={entry}
                {...rest}
                {...(result && { result: result(entry) })}
              />
            ))}
          </ul>
          {more}
        </Card>
      )}
    </div>
  );
}

function Counted({ words, count }: { words: string; count: number }) {
  return (
    <>
      {words}
      <span className={styles.count}>{count}</span>
    </>
  );
}
