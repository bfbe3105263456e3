import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type ComponentType,
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useLive } from '../app/context';
import { type GridColumn, gridTemplate, leastWidth } from './columns';
import styles from './data-grid.module.css';
import { GridHead } from './grid-head';
import type { GridRowProps } from './grid-row';
import type { Sort } from './order';
import { RowSlots } from './row-slots';
import { moveTo, rangeTo, type Selection, toggle, toggleAll } from './selection';

interface DataGridProps<Id extends string> {
  /** what the grid shows, as `Guests` */
  label: string;
  keys: readonly string[];
  columns: readonly Id[];
  /** what there is to know of each column */
  of: Readonly<Record<Id, GridColumn>>;
  /** draws one row, which it reads by its key; memoised, and the same all the time */
  row: ComponentType<GridRowProps<Id>>;
  /** whether rows are ticked, to do something with several of them */
  ticks?: boolean;
  sort: Sort<Id>;
  onSort: (column: Id) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onOpen: (key: string) => void;
}

const ROW_PX = { comfortable: 34, compact: 28 };
const OVERSCAN_ROWS = 8;

/**
 * Rows as a grid of which only the rows in sight exist. The focus stays on the grid and the
 * cursor is told by `aria-activedescendant`, for the row it stands on may be scrolled away.
 */
export function DataGrid<Id extends string>(props: DataGridProps<Id>) {
  const { keys, columns, selection, row: Row, ticks = true } = props;
  const shownColumns = columns.map((column) => props.of[column]);
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  const rowPx = ROW_PX[useLive((state) => state.settings?.density ?? 'comfortable')];
  // what is out of sight is drawn after the first picture, which it would hold up
  const [beyond, setBeyond] = useState(0);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setBeyond(OVERSCAN_ROWS));
    return () => cancelAnimationFrame(frame);
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- the React Compiler is not in use
  const rows = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: beyond,
    // drawn at once as if the window were all list; measuring would cost a second pass
    initialRect: { width: 0, height: window.innerHeight },
    // the sticky head covers one row
    scrollPaddingStart: rowPx,
  });
  useEffect(() => rows.measure(), [rows, rowPx]);
  const shown = rows.getVirtualItems();
  const [slots] = useState(() => new RowSlots());
  const slotOf = slots.assign(shown.map((item) => item.index));
  // moving elements costs as much as making them, so while it scrolls they stay where they are;
  // at rest they stand in reading order again
  const drawn = rows.isScrolling
    ? shown.toSorted((a, b) => (slotOf.get(a.index) ?? 0) - (slotOf.get(b.index) ?? 0))
    : shown;
  const cursor = selection.cursor === null ? -1 : keys.indexOf(selection.cursor);
  const cursorShown = shown.some((item) => item.index === cursor);
  const perPage = Math.max(1, Math.floor((rows.scrollRect?.height ?? 0) / rowPx) - 2);

  const move = (index: number, extend: boolean) => {
    const target = Math.min(Math.max(index, 0), keys.length - 1);
    props.onSelection(moveTo(selection, keys, target, extend));
    if (target >= 0) rows.scrollToIndex(target);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const command = commandOf(event, cursor, perPage, keys.length);
    if (command === null) return;
    event.preventDefault();
    if (command.type === 'move') move(command.index, command.extend && ticks);
    else if (!ticks && command.type !== 'open') return;
    else if (command.type === 'all') props.onSelection(toggleAll(selection, keys));
    else if (command.type === 'none') props.onSelection({ ...selection, selected: new Set() });
    else if (selection.cursor === null) return;
    else if (command.type === 'toggle') props.onSelection(toggle(selection, selection.cursor));
    else props.onOpen(selection.cursor);
  };
  const onClick = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    const key = keys[Number(target?.closest<HTMLElement>('[data-index]')?.dataset.index ?? -1)];
    if (key === undefined) return;
    grid.current?.focus({ preventScroll: true });
    if (ticks && event.shiftKey) props.onSelection(rangeTo(selection, keys, key));
    else if (ticks && (event.ctrlKey || event.metaKey || target?.closest('[data-tick]'))) {
      props.onSelection(toggle(selection, key));
    } else {
      props.onSelection({ ...selection, cursor: key, anchor: key });
      props.onOpen(key);
    }
  };

  return (
    <div ref={scroller} className={styles.scroller}>
      <table
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- a table whose rows are chosen is a grid
        role="grid"
        ref={grid}
        tabIndex={0}
        aria-label={props.label}
        aria-rowcount={keys.length + 1}
        aria-multiselectable={ticks}
        aria-activedescendant={cursorShown ? `${id}-${cursor}` : undefined}
        className={styles.grid}
        style={{
          minWidth: leastWidth(shownColumns, ticks),
          '--columns': gridTemplate(shownColumns, ticks),
        }}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <GridHead
          label={props.label}
          columns={columns}
          of={props.of}
          ticks={ticks}
          sort={props.sort}
          onSort={props.onSort}
          selectedCount={selection.selected.size}
          count={keys.length}
          onToggleAll={() => props.onSelection(toggleAll(selection, keys))}
        />
        <tbody className={styles.body} style={{ height: rows.getTotalSize() }}>
          {drawn.map((item) => {
            const key = keys[item.index] ?? '';
            return (
              <Row
                key={slotOf.get(item.index)}
                rowKey={key}
                id={`${id}-${item.index}`}
                index={item.index}
                topPx={item.start}
                columns={columns}
                ticks={ticks}
                selected={selection.selected.has(key)}
                cursor={item.index === cursor}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

type Command =
  | { type: 'move'; index: number; extend: boolean }
  | { type: 'toggle' | 'open' | 'all' | 'none' };

/** What a key does in the list; null leaves it to the page. */
function commandOf(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  cursor: number,
  perPage: number,
  count: number,
): Command | null {
  const { key, shiftKey: extend } = event;
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return key.toLowerCase() === 'a' ? { type: 'all' } : null;
  const moves: Record<string, number> = {
    ArrowDown: cursor + 1,
    ArrowUp: cursor < 0 ? count - 1 : cursor - 1,
    PageDown: cursor + perPage,
    PageUp: cursor - perPage,
    Home: 0,
    End: count - 1,
  };
  const index = moves[key];
  if (index !== undefined) return { type: 'move', index, extend };
  if (key === ' ') return { type: 'toggle' };
  if (key === 'Enter') return { type: 'open' };
  if (key === 'Escape') return { type: 'none' };
  return null;
}
