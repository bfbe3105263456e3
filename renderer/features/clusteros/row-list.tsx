import { type LucideIcon, SearchX } from 'lucide-react';
import { type ComponentType, type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { InventoryRows } from '#shared/contract/inventory';
import type { Query, QueryLanguage } from '#shared/domain/query-language';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { fittingColumns, type GridColumn } from '../../grid/columns';
import { DataGrid } from '../../grid/data-grid';
import type { GridRowProps } from '../../grid/grid-row';
import styles from '../../grid/list-frame.module.css';
import {
  formatSort,
  nextSort,
  parseSort,
  type Sort,
  type SortValue,
  sorted,
} from '../../grid/order';
import { QueryBox } from '../../grid/query-box';
import { rowKey } from '../../grid/row-key';
import { keepShown, moveTo, NO_SELECTION } from '../../grid/selection';
import { useCalm } from '../../grid/use-calm';
import { Button } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { EmptyState } from '../../ui/feedback';
import { useWidth } from '../../ui/width';

export type ListKind = 'jobs' | 'pods';
type RowOf<Kind extends ListKind> = InventoryRows[Kind][number];

export interface ListColumn<Row> extends GridColumn {
  /** null stands last, whichever way */
  sortBy: (row: Row) => SortValue;
}

/** A choice above the list; its `query` holds beside the typed one. */
interface Preset {
  key: string;
  label: string;
  query: string;
}

/** What a list of one kind of row is like; the same object all the time. */
export interface ListDefinition<Kind extends ListKind, Id extends string> {
  kind: Kind;
  /** `Jobs` */
  label: string;
  icon: LucideIcon;
  placeholder: string;
  language: QueryLanguage<RowOf<Kind>>;
  columns: Readonly<Record<Id, ListColumn<RowOf<Kind>>>>;
  ids: readonly Id[];
  /** left out where the window is narrow, the least needed first */
  leastNeeded: readonly Id[];
  usual: Sort<Id>;
  row: ComponentType<GridRowProps<Id>>;
  /** one of them is in force, the first unless another was chosen */
  presets: readonly [Preset, ...Preset[]];
  /** whether rows can be ticked */
  ticks: boolean;
}

interface RowListProps<Kind extends ListKind, Id extends string> {
  definition: ListDefinition<Kind, Id>;
  cluster: Cluster;
  /** why there may be no rows, in a sentence */
  emptyNote: ReactNode;
  onOpen?: (key: string) => void;
  /** what can be done with the ticked rows, floating over the list's foot */
  selectionBar?: (selected: ReadonlySet<string>, clear: () => void) => ReactNode;
}

const EMPTY: Query = { terms: [] };
const ALL = 'all';

/** A long list of a cluster's rows with filter, order, selection and what can be done with them. */
export function RowList<Kind extends ListKind, Id extends string>(props: RowListProps<Kind, Id>) {
  const { definition, cluster, emptyNote, onOpen, selectionBar } = props;
  const { kind, label, language, columns: of, ids, usual } = definition;
  const what = label.toLowerCase();
  const [query, setQuery] = useParam(`${kind}-find`);
  const [preset, setPreset] = useParam(`${kind}-show`);
  const [sortText, setSort] = useParam(`${kind}-sort`);
  const [chosen, setSelection] = useState(NO_SELECTION);
  const [place, widthPx] = useWidth<HTMLDivElement>();
  const table = useCalm(useLive((state) => state.inventory.get(cluster.uuid)?.[kind]));
  const sort = useMemo(
    () => parseSort(sortText, (text): text is Id => ids.some((id) => id === text), usual),
    [sortText, ids, usual],
  );
  const names = fittingColumns(ids, of, definition.leastNeeded, widthPx, definition.ticks).join(
    ' ',
  );
  // the same list as long as it names the same columns: else each pixel of width draws all rows
  const columns = useMemo(
    () => names.split(' ').filter((name): name is Id => ids.some((id) => id === name)),
    [names, ids],
  );

  const parsed = useMemo(() => language.parse(query ?? ''), [language, query]);
  const [lastGood, setLastGood] = useState(parsed.ok ? parsed.query : EMPTY);
  if (parsed.ok && parsed.query !== lastGood) setLastGood(parsed.query);
  const wanted = useDeferredValue(lastGood);
  const shown = definition.presets.find(({ key }) => key === preset) ?? definition.presets[0];
  const found = useMemo(() => {
    const chosenOnes = language.parse(shown.query);
    const tests = [wanted, chosenOnes.ok ? chosenOnes.query : EMPTY].map(language.matcher);
    const rows: Iterable<RowOf<Kind>> = table?.byId.values() ?? [];
    return sorted(
      rows,
      (row) => tests.every((test) => test(row)),
      of[sort.column].sortBy,
      sort.descending,
      (a, b) => (a.id < b.id ? -1 : 1),
    ).map((row) => rowKey(cluster.uuid, row.id));
  }, [table, wanted, shown, sort, cluster.uuid, language, of]);
  const [keys, setKeys] = useState(found);
  if (found !== keys && !same(found, keys)) setKeys(found);
  const selection = useMemo(() => keepShown(chosen, keys), [chosen, keys]);
  const total = table?.ids.length ?? 0;

  const enterList = () => {
    if (selection.cursor === null) setSelection(moveTo(selection, keys, 0, false));
    place.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
  };
  return (
    <div className={styles.list}>
      <div className={styles.bar}>
        <QueryBox
          what={what}
          placeholder={definition.placeholder}
          help={language.help}
          value={query ?? ''}
          parsed={parsed}
          onChange={(text) => setQuery(text, { replace: true })}
          onLeave={enterList}
        />
        <output className={styles.count}>
          <b>{keys.length}</b> {keys.length === total ? what : `of ${total}`}
        </output>
        <Segmented
          label={`Which ${what} are shown`}
          value={shown.key}
          options={definition.presets.map(({ key, label: name }) => ({ value: key, label: name }))}
          onChange={(key) => setPreset(key === ALL ? null : key, { replace: true })}
        />
      </div>
      <div className={styles.place} ref={place}>
        {keys.length === 0 ? (
          <Nothing
            {...{ definition, total, emptyNote }}
            onShowAll={() => {
              setQuery(null);
              setPreset(null);
            }}
          />
        ) : (
          <DataGrid
            label={label}
            of={of}
            row={definition.row}
            ticks={definition.ticks}
            {...{ keys, columns, sort, selection }}
            onSort={(column) =>
              setSort(formatSort(nextSort(sort, column, of[column].numeric)), { replace: true })
            }
            onSelection={setSelection}
            onOpen={(key) => onOpen?.(key)}
          />
        )}
        {selectionBar?.(selection.selected, () =>
          setSelection({ ...selection, selected: new Set() }),
        )}
      </div>
    </div>
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

function Nothing(props: {
  definition: { label: string; icon: LucideIcon };
  total: number;
  emptyNote: ReactNode;
  onShowAll: () => void;
}) {
  const { label, icon } = props.definition;
  const what = label.toLowerCase();
  if (props.total === 0) {
    return (
      <EmptyState icon={icon} title={`No ${what} here`}>
        {props.emptyNote}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={SearchX}
      title={`None of the ${what} is like that`}
      actions={<Button onClick={props.onShowAll}>Show all</Button>}
    >
      {`${props.total} ${what} are known.`}
    </EmptyState>
  );
}
