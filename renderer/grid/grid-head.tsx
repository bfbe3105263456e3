import { ArrowDown, ArrowUp } from 'lucide-react';
import { Checkbox } from '../ui/choice';
import { cx } from '../ui/cx';
import type { GridColumn } from './columns';
import styles from './data-grid.module.css';
import type { Sort } from './order';

interface GridHeadProps<Id extends string> {
  label: string;
  columns: readonly Id[];
  of: Readonly<Record<Id, GridColumn>>;
  ticks: boolean;
  sort: Sort<Id>;
  onSort: (column: Id) => void;
  selectedCount: number;
  count: number;
  onToggleAll: () => void;
}

/** The row of column names, each a button that sorts, and the tick for all rows. */
export function GridHead<Id extends string>(props: GridHeadProps<Id>) {
  const { columns, sort, selectedCount, count } = props;
  const all = count > 0 && selectedCount === count;
  return (
    <thead className={styles.head}>
      <tr aria-rowindex={1} className={styles.headRow}>
        {props.ticks && (
          <th scope="col" className={styles.tick}>
            <Checkbox
              label={`Select all ${props.label.toLowerCase()} shown`}
              hideLabel
              checked={all ? true : selectedCount > 0 ? 'indeterminate' : false}
              onChange={props.onToggleAll}
              disabled={count === 0}
            />
          </th>
        )}
        {columns.map((column) => (
          <SortHead
            key={column}
            column={props.of[column]}
            sort={sort.column === column ? (sort.descending ? 'descending' : 'ascending') : null}
            onSort={() => props.onSort(column)}
          />
        ))}
      </tr>
    </thead>
  );
}

function SortHead(props: {
  column: GridColumn;
  sort: 'ascending' | 'descending' | null;
  onSort: () => void;
}) {
  const { label, numeric } = props.column;
  const Arrow = props.sort === 'descending' ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={props.sort ?? 'none'}
      className={cx(styles.headCell, numeric && styles.numeric)}
    >
      <button type="button" className={styles.sort} onClick={props.onSort}>
        {label}
        <Arrow size={12} aria-hidden className={cx(props.sort === null && styles.unsorted)} />
      </button>
    </th>
  );
}
