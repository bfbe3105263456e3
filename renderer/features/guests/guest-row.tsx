import { Check } from 'lucide-react';
import { memo } from 'react';
import { cx } from '../../ui/cx';
import { COLUMNS, type ColumnId } from './columns';
import { CELLS } from './guest-cells';
import styles from './guest-table.module.css';
import { useGuest } from './use-guests';

interface GuestRowProps {
  guestKey: string;
  id: string;
  /** place in the list, from 0 */
  index: number;
  /** distance from the top of the list in px */
  topPx: number;
  columns: readonly ColumnId[];
  selected: boolean;
  cursor: boolean;
}

/**
 * One row. Its props are plain values and it reads its guest itself, so that a change of one guest
 * draws one row. Clicks are taken by the table, which finds the row by `data-index`.
 */
export const GuestTableRow = memo(function GuestTableRow(props: GuestRowProps) {
  const guest = useGuest(props.guestKey);
  return (
    <tr
      id={props.id}
      data-index={props.index}
      aria-rowindex={props.index + 2}
      aria-selected={props.selected}
      className={cx(
        styles.row,
        props.selected && styles.selected,
        props.cursor && styles.cursor,
        guest?.stale && styles.stale,
      )}
      style={{ transform: `translateY(${props.topPx}px)` }}
    >
      <td className={styles.tick} data-tick>
        <span className={styles.box} aria-hidden>
          {props.selected && <Check size={11} strokeWidth={3} />}
        </span>
      </td>
      {guest &&
        props.columns.map((column) => (
          <td
            key={column}
            className={cx(
              styles.cell,
              COLUMNS[column].numeric && styles.numeric,
              COLUMNS[column].quiet && styles.quiet,
            )}
          >
            {CELLS[column](guest)}
          </td>
        ))}
    </tr>
  );
});
