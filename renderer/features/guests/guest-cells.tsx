import type { ReactNode } from 'react';
import type { GuestRow } from '#shared/contract/inventory';
import { bytes, duration, percent, plain, type Quantity, rate } from '#shared/domain/units';
import { cx } from '../../ui/cx';
import { StateDot } from '../../ui/state';
import type { ColumnId } from './columns';
import styles from './guest-cells.module.css';
import { guestName } from './guest-name';
import { guestState } from './guest-state';
import type { ShownGuest } from './use-guests';

/** What stands in each column, in as few elements as it takes: rows are drawn while one scrolls. */
export const CELLS: Record<ColumnId, (guest: ShownGuest) => ReactNode> = {
  name: ({ row }) => <Name row={row} />,
  status: ({ row }) => <StateDot {...guestState(row)} showWord />,
  vmid: ({ row }) => row.vmid,
  cluster: ({ cluster }) => cluster.name,
  node: ({ row }) => row.node,
  cpu: ({ row }) => <Share quantity={percent(row.cpu)} fraction={row.cpu} />,
  memory: ({ row }) => (
    <Share
      quantity={bytes(row.mem)}
      fraction={row.mem === null || !row.maxMem ? null : row.mem / row.maxMem}
    />
  ),
  disk: ({ row }) => plain(bytes(row.maxDisk)),
  netIn: ({ row }) => plain(rate(row.netInRate)),
  netOut: ({ row }) => plain(rate(row.netOutRate)),
  uptime: ({ row }) => (row.uptimeS ? plain(duration(row.uptimeS)) : '–'),
  tags: ({ row }) => <Tags tags={row.tags} />,
  pool: ({ row }) => row.pool,
  ha: ({ row }) => row.haState,
  lock: ({ row }) => row.lock,
};

function kindOf(row: GuestRow): { look: string | undefined; words: string } {
  const kind = row.kind === 'lxc' ? 'container' : 'virtual machine';
  if (row.template) return { look: styles.template, words: `template of a ${kind}` };
  return { look: row.kind === 'lxc' ? styles.container : styles.machine, words: kind };
}

function Name({ row }: { row: GuestRow }) {
  const { look, words } = kindOf(row);
  return (
    <>
      <span className={cx(styles.kind, look)} role="img" aria-label={words} />
      <span className={styles.name}>{guestName(row)}</span>
      {row.lock !== null && <span className={styles.tag}>{row.lock}</span>}
    </>
  );
}

/** A number with its share as a bar; the bar repeats the number and is hidden from screen readers. */
function Share({ quantity, fraction }: { quantity: Quantity; fraction: number | null }) {
  const full = Math.min(Math.max(fraction ?? 0, 0), 1);
  return (
    <>
      <span>
        {quantity.text}
        <span className={styles.unit}>{quantity.unit}</span>
      </span>
      <span
        aria-hidden
        className={cx(styles.bar, full > 0.9 && styles.high, fraction === null && styles.none)}
        style={{ backgroundSize: `${full * 100}% 100%, 100% 100%` }}
      />
    </>
  );
}

const TAGS_SHOWN = 3;

function Tags({ tags }: { tags: readonly string[] }) {
  const more = tags.length - TAGS_SHOWN;
  return (
    <>
      {tags.slice(0, TAGS_SHOWN).map((tag, place) => (
        // by its place: a row that is used again keeps its elements
        // oxlint-disable-next-line react/no-array-index-key
        <span key={place} className={styles.tag}>
          {tag}
        </span>
      ))}
      {more > 0 && <span title={tags.slice(TAGS_SHOWN).join(', ')}>+{more}</span>}
    </>
  );
}
