import { Monitor, SearchX } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { QUERY_HELP } from '#shared/domain/query';
import { useParam } from '../../app/address';
import { useLiveStore } from '../../app/context';
import { DataGrid } from '../../grid/data-grid';
import styles from '../../grid/list-frame.module.css';
import { formatSort } from '../../grid/order';
import { QueryBox } from '../../grid/query-box';
import { keepShown, moveTo, NO_SELECTION } from '../../grid/selection';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/feedback';
import { useWidth } from '../../ui/width';
import { ActionDialog } from './action-dialog';
import type { OfferedAction } from './actions';
import { ColumnChooser, useColumns } from './column-chooser';
import { COLUMNS, type ColumnId, type GuestEntry } from './columns';
import { GuestBar } from './guest-bar';
import { GuestRow } from './guest-row';
import { nextSort, parseSort } from './order';
import { entriesFor, type GuestList as Found, useGuestList } from './use-guests';

interface GuestListProps {
  /** uuid of the one cluster to list; null lists all */
  only: string | null;
  /** what the address calls this list's parameters, so that two lists do not share them */
  name: string;
  without?: readonly ColumnId[];
  /** why there may be no guests, in a sentence */
  emptyNote: ReactNode;
}

const ALL_COLUMNS: readonly ColumnId[] = [];

/** Guests with filter, columns, selection and what can be done with the selected ones. */
export function GuestList({ only, name, without = ALL_COLUMNS, emptyNote }: GuestListProps) {
  const store = useLiveStore();
  const [query, setQuery] = useParam(`${name}-find`);
  const [sortText, setSort] = useParam(`${name}-sort`);
  const [, openGuest] = useParam('guest');
  const [chosen, setSelection] = useState(NO_SELECTION);
  const [pending, setPending] = useState<{ action: OfferedAction; selected: GuestEntry[] } | null>(
    null,
  );
  const sort = useMemo(() => parseSort(sortText), [sortText]);
  const [place, widthPx] = useWidth<HTMLDivElement>();
  const columns = useColumns(without, widthPx);
  const found = useGuestList(query ?? '', sort, only);
  const { keys } = found;
  const selection = useMemo(() => keepShown(chosen, keys), [chosen, keys]);

  const enterList = () => {
    if (selection.cursor === null) setSelection(moveTo(selection, keys, 0, false));
    place.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
  };
  return (
    <div className={styles.list}>
      <div className={styles.bar}>
        <QueryBox
          what="guests"
          placeholder="Find: name, id, tag, or status:running node:pve1 cpu:>80"
          help={QUERY_HELP}
          value={query ?? ''}
          parsed={found.parsed}
          onChange={(text) => setQuery(text, { replace: true })}
          onLeave={enterList}
        />
        <Count found={found} />
        <ColumnChooser without={without} />
      </div>
      <div className={styles.place} ref={place}>
        {keys.length === 0 ? (
          <Nothing {...{ found, emptyNote }} onShowAll={() => setQuery(null)} />
        ) : (
          <DataGrid
            label="Guests"
            of={COLUMNS}
            row={GuestRow}
            {...{ keys, columns, sort, selection }}
            onSort={(column) => setSort(formatSort(nextSort(sort, column)), { replace: true })}
            onSelection={setSelection}
            onOpen={(key) => openGuest(key)}
          />
        )}
        <GuestBar
          count={selection.selected.size}
          onAction={(action) =>
            setPending({ action, selected: entriesFor(store.getState(), selection.selected) })
          }
          onClear={() => setSelection({ ...selection, selected: new Set() })}
        />
      </div>
      {pending && (
        <ActionDialog
          {...pending}
          onClose={() => setPending(null)}
          onStarted={() => setSelection({ ...selection, selected: new Set() })}
        />
      )}
    </div>
  );
}

/** `20,000`; a locale's own formatting would load its tables before the first paint. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function Count({ found }: { found: Found }) {
  const { keys, total, templates } = found;
  return (
    <output className={styles.count}>
      {keys.length === total ? (
        <>
          <b>{grouped(total - templates)}</b> guests
          {templates > 0 && `, ${grouped(templates)} templates`}
        </>
      ) : (
        <>
          <b>{grouped(keys.length)}</b> of {grouped(total)}
        </>
      )}
    </output>
  );
}

function Nothing(props: { found: Found; emptyNote: ReactNode; onShowAll: () => void }) {
  if (props.found.total === 0) {
    return (
      <EmptyState icon={Monitor} title="No guests here">
        {props.emptyNote}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={SearchX}
      title="No guest is like that"
      actions={<Button onClick={props.onShowAll}>Show all</Button>}
    >
      {grouped(props.found.total)} guests are known.
    </EmptyState>
  );
}
