import { Box, FileStack, LockKeyhole, Monitor } from 'lucide-react';
import type { ReactNode } from 'react';
import { bytes, count, duration, percent, plain, type Quantity, rate } from '#shared/domain/units';
import { StateDot } from '../../ui/state';
import type { ColumnId } from './columns';
import styles from './guest-cells.module.css';
import { guestName } from './guest-name';
import { guestState } from './guest-state';
import type { ShownGuest } from './use-guests';

/** What stands in each column; all of it is plain, for forty rows are drawn anew while one scrolls. */
export const CELLS: Record<ColumnId, (guest: ShownGuest) => ReactNode> = {
  name: ({ row }) => <Name row={row} />,
  status: ({ row }) => <StateDot {...guestState(row)} showWord />,
  vmid: ({ row }) => <span className={styles.quiet}>{row.vmid}</span>,
  cluster: ({ cluster }) => <span className={styles.quiet}>{cluster.name}</span>,
  node: ({ row }) => <span className={styles.quiet}>{row.node}</span>,
  cpu: ({ row }) => <Share quantity={percent(row.cpu)} fraction={row.cpu} />,
  memory: ({ row }) => (
    <Share
      quantity={bytes(row.mem)}
      fraction={row.mem === null || !row.maxMem ? null : row.mem / row.maxMem}
    />
  ),
  disk: ({ row }) => <Number quantity={bytes(row.maxDisk)} />,
  netIn: ({ row }) => <Number quantity={rate(row.netInRate)} />,
  netOut: ({ row }) => <Number quantity={rate(row.netOutRate)} />,
  uptime: ({ row }) => (
    <span className={styles.quiet}>{row.uptimeS ? plain(duration(row.uptimeS)) : '–'}</span>
  ),
  tags: ({ row }) => <Tags tags={row.tags} />,
  pool: ({ row }) => <span className={styles.quiet}>{row.pool ?? ''}</span>,
  ha: ({ row }) => <span className={styles.quiet}>{row.haState ?? ''}</span>,
  lock: ({ row }) => <span className={styles.quiet}>{row.lock ?? ''}</span>,
};

function Name({ row }: Pick<ShownGuest, 'row'>) {
  const Icon = row.template ? FileStack : row.kind === 'lxc' ? Box : Monitor;
  const kind = row.kind === 'lxc' ? 'container' : 'virtual machine';
  return (
    <>
      <Icon size={15} strokeWidth={1.75} aria-hidden className={styles.kind} />
      <span className={styles.name}>{guestName(row)}</span>
      <span className="visually-hidden">
        {row.template ? `, template of a ${kind}` : `, ${kind}`}
      </span>
      {row.lock !== null && (
        <LockKeyhole
          size={12}
          strokeWidth={1.75}
          className={styles.kind}
          aria-label={`locked: ${row.lock}`}
        />
      )}
    </>
  );
}

function Number({ quantity }: { quantity: Quantity }) {
  return (
    <span>
      {quantity.text}
      <span className={styles.unit}>{quantity.unit}</span>
    </span>
  );
}

/** A number with its share as a bar; the bar repeats the number and is hidden from screen readers. */
function Share({ quantity, fraction }: { quantity: Quantity; fraction: number | null }) {
  const full = Math.min(Math.max(fraction ?? 0, 0), 1);
  return (
    <>
      <Number quantity={quantity} />
      <span className={fraction === null ? styles.noBar : styles.bar} aria-hidden>
        <span
          className={full > 0.9 ? styles.high : styles.fill}
          style={{ transform: `scaleX(${full})` }}
        />
      </span>
    </>
  );
}

const TAGS_SHOWN = 3;

function Tags({ tags }: { tags: readonly string[] }) {
  const more = tags.length - TAGS_SHOWN;
  return (
    <>
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
      {more > 0 && (
        <span className={styles.quiet} title={tags.slice(TAGS_SHOWN).join(', ')}>
          +{count(more).text}
        </span>
      )}
    </>
  );
}
