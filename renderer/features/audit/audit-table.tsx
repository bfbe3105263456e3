import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { AuditEntry } from '#shared/contract/audit';
import { useLive } from '../../app/context';
import { cx } from '../../ui/cx';
import { Moment } from '../../ui/moment';
import styles from './audit-table.module.css';
import { actionWords, summaryOf } from './words';

interface AuditTableProps {
  entries: readonly AuditEntry[];
  /** how many there are, loaded or not */
  total: number;
  /** the entry whose drawer is open */
  selected: number | null;
  /** the first entry that is not as it was written */
  brokenAt: number | null;
  onOpen: (entry: AuditEntry) => void;
  /** the last loaded rows have come into sight */
  onEnd: () => void;
}

const ROW_PX = { comfortable: 34, compact: 28 };
const OVERSCAN_ROWS = 10;
/** More are loaded when this few are left below. */
const NEAR_END_ROWS = 40;
const HEADS = ['Time', 'Who', 'What', 'Of', 'Changed'];

/**
 * The entries as a grid of which only the rows in sight exist. The focus stays on the grid; the
 * row the keyboard stands on is told by `aria-activedescendant`.
 */
export function AuditTable(props: AuditTableProps) {
  const { entries, total, selected, brokenAt, onOpen, onEnd } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<number | null>(selected);
  const rowPx = ROW_PX[useLive((state) => state.settings?.density ?? 'comfortable')];
  // oxlint-disable-next-line react/incompatible-library -- the React Compiler is not in use
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    initialRect: { width: 0, height: window.innerHeight },
    // the sticky head covers one row
    scrollPaddingStart: rowPx,
  });
  useEffect(() => rows.measure(), [rows, rowPx]);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= entries.length - NEAR_END_ROWS) onEnd();
  }, [last, entries.length, onEnd]);

  const at = entries.findIndex((entry) => entry.seq === cursor);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const entry = entries[at];
    if (event.key === 'Enter' && entry !== undefined) return onOpen(entry);
    const page = Math.max(1, Math.floor((rows.scrollRect?.height ?? 0) / rowPx) - 2);
    const target = targetOf(event.key, at, page, entries.length);
    if (target === null) return;
    event.preventDefault();
    setCursor(entries[target]?.seq ?? null);
    rows.scrollToIndex(target);
  };
  return (
    <div ref={scroller} className={styles.scroller}>
      <table
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- a table whose rows are chosen is a grid
        role="grid"
        tabIndex={0}
        aria-label="Entries"
        aria-rowcount={total + 1}
        aria-activedescendant={shown.some(({ index }) => index === at) ? `${id}-${at}` : undefined}
        className={styles.grid}
        onKeyDown={onKeyDown}
      >
        <thead className={styles.head}>
          <tr className={styles.headRow} aria-rowindex={1}>
            {HEADS.map((head) => (
              <th key={head} scope="col" className={styles.headCell}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className={styles.body} style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const entry = entries[index];
            if (entry === undefined) return null;
            return (
              // the grid has the keyboard
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <tr
                key={entry.seq}
                id={`${id}-${index}`}
                aria-rowindex={index + 2}
                aria-selected={entry.seq === selected}
                className={cx(
                  styles.row,
                  index === at && styles.cursor,
                  entry.seq === brokenAt && styles.broken,
                )}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => {
                  setCursor(entry.seq);
                  onOpen(entry);
                }}
              >
                <Cells entry={entry} />
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Cells({ entry }: { entry: AuditEntry }) {
  const summary = summaryOf(entry);
  return (
    <>
      <td className={cx(styles.cell, styles.time)}>
        <Moment at={entry.at} />
      </td>
      <td className={cx(styles.cell, styles.quiet)} title={entry.actor}>
        {entry.actor}
      </td>
      <td className={styles.cell}>{actionWords(entry.action)}</td>
      <td className={cx(styles.cell, styles.subject)} title={entry.subject}>
        {entry.subject}
      </td>
      <td className={cx(styles.cell, styles.quiet)} title={summary}>
        {isPlain(entry.result) ? summary : <span className={styles.result}>{entry.result}</span>}
      </td>
    </>
  );
}

/** `ok` of our own, `OK` of a task. */
const isPlain = (result: string) => result.toLowerCase() === 'ok';

/** The row a key leads to; null leaves the key to the page. */
function targetOf(key: string, at: number, page: number, count: number): number | null {
  const moves: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? 0 : at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const target = moves[key];
  return target === undefined ? null : Math.min(Math.max(target, 0), count - 1);
}
