import { useMutation } from '@tanstack/react-query';
import { Columns3 } from 'lucide-react';
import { useMemo } from 'react';
import { useClient, useLive } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Button } from '../../ui/button';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '../../ui/menu';
import {
  COLUMN_IDS,
  COLUMNS,
  type ColumnId,
  fittingColumns,
  isColumnId,
  shownColumns,
} from './columns';

const NO_COLUMNS: readonly string[] = [];

/** The columns in force: those kept in the settings, or as many of the usual ones as have place. */
export function useColumns(without: readonly ColumnId[], widthPx: number): readonly ColumnId[] {
  const chosen = useLive((state) => state.settings?.guestColumns ?? NO_COLUMNS);
  const usual = shownColumns(chosen, without);
  const columns = chosen.length > 0 ? usual : fittingColumns(usual, widthPx);
  // the same list as long as it names the same columns: else each pixel of width draws all rows
  const names = columns.join(' ');
  return useMemo(() => names.split(' ').filter(isColumnId), [names]);
}

/** Ticks columns on and off; the name always stays. */
export function ColumnChooser({ without }: { without: readonly ColumnId[] }) {
  const client = useClient();
  const chosen = useLive((state) => state.settings?.guestColumns ?? NO_COLUMNS);
  const shown = shownColumns(chosen);
  const onError = useFailureToast();
  const change = useMutation({
    mutationFn: (guestColumns: string[]) => client.settings.update({ guestColumns }),
    onError,
  });
  return (
    <Menu trigger={<Button icon={Columns3}>Columns</Button>}>
      <MenuLabel>Columns</MenuLabel>
      {COLUMN_IDS.filter((id) => id !== 'name' && !without.includes(id)).map((id) => (
        <MenuCheck
          key={id}
          checked={shown.includes(id)}
          onChange={(on) =>
            change.mutate(on ? [...shown, id] : shown.filter((column) => column !== id))
          }
        >
          {COLUMNS[id].label}
        </MenuCheck>
      ))}
      <MenuSeparator />
      <MenuItem onSelect={() => change.mutate([])}>The usual columns</MenuItem>
    </Menu>
  );
}
