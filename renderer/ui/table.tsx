import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { cx } from './cx';
import styles from './table.module.css';

interface TableProps {
  /** what the table shows, for screen readers */
  label: string;
  children: ReactNode;
  className?: string | undefined;
}

/** A framed table with 34 px rows; compose it of {@link HeadCell}, `tr` and {@link Cell}. */
export function Table(props: TableProps) {
  return (
    <div className={cx(styles.frame, props.className)}>
      <table className={styles.table} aria-label={props.label}>
        {props.children}
      </table>
    </div>
  );
}

interface HeadCellProps {
  children: ReactNode;
  numeric?: boolean;
  /** the present order of this column; null: sortable, but another column decides */
  sort?: 'ascending' | 'descending' | null;
  onSort?: () => void;
  className?: string | undefined;
}

/** A column's name; with `onSort` a button that sorts. */
export function HeadCell(props: HeadCellProps) {
  const Arrow = props.sort === 'descending' ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      className={cx(styles.head, props.numeric && styles.numeric, props.className)}
      aria-sort={props.sort ?? undefined}
    >
      {props.onSort ? (
        <button type="button" className={styles.sort} onClick={props.onSort}>
          {props.children}
          <Arrow
            size={12}
            aria-hidden
            className={cx(styles.arrow, (props.sort ?? null) === null && styles.unsorted)}
          />
        </button>
      ) : (
        props.children
      )}
    </th>
  );
}

interface CellProps extends ComponentPropsWithRef<'td'> {
  numeric?: boolean;
  /** for what matters less */
  quiet?: boolean;
}

export function Cell({ numeric, quiet, className, ...rest }: CellProps) {
  return (
    <td
      {...rest}
      className={cx(styles.cell, numeric && styles.numeric, quiet && styles.quiet, className)}
    />
  );
}
