import { type ReactNode, useState } from 'react';
import type { SyncEntry } from '#shared/contract/sync';
import { Card } from '../../ui/card';
import { Segmented } from '../../ui/choice';
import { usePaged } from '../../ui/paged';
import { EntryCard } from './entry-card';
import styles from './entry-list.module.css';
import { type Decisions, KIND_NAMES, KINDS, kindOf } from './sync-view';

interface EntryListProps<Entry extends SyncEntry> {
  entries: readonly Entry[];
  remoteName: string;
  decisions: Decisions;
  onDecide?: ((decisions: Decisions) => void) | undefined;
  result?: (entry: Entry) => ReactNode;
}

type Filter = 'differs' | (typeof KINDS)[number];

/** The clusters of a sync, by what happens to them; what is the same stays out of the way. */
export function EntryList<Entry extends SyncEntry>(props: EntryListProps<Entry>) {
  const { entries, result, ...rest } = props;
  const [wanted, setFilter] = useState<Filter>('differs');
  const ordered = [...entries].sort(
    (a, b) => KINDS.indexOf(kindOf(a)) - KINDS.indexOf(kindOf(b)) || a.name.localeCompare(b.name),
  );
  const counts = new Map<Filter, number>();
  for (const entry of ordered) {
    const kind = kindOf(entry);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const filter = wanted === 'differs' || counts.has(wanted) ? wanted : 'differs';
  const fitting = ordered.filter((entry) =>
    filter === 'differs' ? kindOf(entry) !== 'same' : kindOf(entry) === filter,
  );
  const { shown, more } = usePaged(fitting);
  const differing = entries.length - (counts.get('same') ?? 0);
  const kinds = KINDS.filter((kind) => counts.has(kind));
  return (
    <div className={styles.list}>
      {(kinds.length > 1 || counts.has('same')) && (
        <div className={styles.filters}>
          <Segmented<Filter>
            label="Which clusters to show"
            value={filter}
            options={[
              { value: 'differs', label: <Counted words="All that differ" count={differing} /> },
              ...kinds.map((kind) => ({
                value: kind,
                label: <Counted words={KIND_NAMES[kind]} count={counts.get(kind) ?? 0} />,
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
