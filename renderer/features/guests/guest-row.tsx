import { memo } from 'react';
import { type GridRowProps, gridRow } from '../../grid/grid-row';
import { COLUMNS, type ColumnId } from './columns';
import { CELLS } from './guest-cells';
import { useGuest } from './use-guests';

/** One row; it reads its guest itself, so that a change of one guest draws one row. */
export const GuestRow = memo(function GuestRow(props: GridRowProps<ColumnId>) {
  const guest = useGuest(props.rowKey);
  return gridRow(
    props,
    COLUMNS,
    guest?.stale ?? false,
    guest && ((column) => CELLS[column](guest)),
  );
});
