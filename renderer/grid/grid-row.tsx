import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../ui/cx';
import type { GridColumn } from './columns';
import styles from './data-grid.module.css';

/** Plain values, so that a memoised row is drawn anew only when something about it changed. */
export interface GridRowProps<Id extends string> {
  rowKey: string;
  id: string;
  /** place in the list, from 0 */
  index: number;
  /** distance from the top of the list in px */
  topPx: number;
  columns: readonly Id[];
  ticks: boolean;
  selected: boolean;
  cursor: boolean;
}

/**
 * The elements of one row; a function and no component, for rows are drawn while one scrolls. Clicks
 * are taken by the grid, which finds the row by `data-index`.
 * @param cell what stands in a column; null while the row's data are gone
 */
export function gridRow<Id extends string>(
  props: GridRowProps<Id>,
  of: Readonly<Record<Id, GridColumn>>,
  stale: boolean,
  cell: ((column: Id) => ReactNode) | null,
): ReactNode {
  return (
    <tr
      id={props.id}
      data-index={props.index}
      aria-rowindex={props.index + 2}
      aria-selected={props.ticks ? props.selected : undefined}
      className={cx(
        styles.row,
        props.selected && styles.selected,
        props.cursor && styles.cursor,
        stale && styles.stale,
      )}
      style={{ transform: `translateY(${props.topPx}px)` }}
    >
      {props.ticks && (
        <td className={styles.tick} data-tick>
          <span className={styles.box} aria-hidden>
            {props.selected && <Check size={11} strokeWidth={3} />}
          </span>
        </td>
      )}
      {cell &&
        props.columns.map((column) => (
          <td
            key={column}
            className={cx(
              styles.cell,
              of[column].numeric && styles.numeric,
              of[column].quiet && styles.quiet,
            )}
          >
            {cell(column)}
          </td>
        ))}
    </tr>
  );
}
