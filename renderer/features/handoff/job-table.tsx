import type { ReactNode } from 'react';
import { duration, plain } from '#shared/domain/units';
import { useParam } from '../../app/address';
import { rowKey } from '../../grid/row-key';
import { cx } from '../../ui/cx';
import { useNow } from '../../ui/now';
import { Cell, HeadCell, Table } from '../../ui/table';
import styles from './tables.module.css';

/** One job or pod beside an operation. */
export interface JobTableRow {
  key: string;
  /** its number, or the namespace of a pod */
  id: string;
  /** its row among the jobs that its cluster lists; null where it lists none */
  row: string | null;
  name: string;
  /** what is to be said of it beside its name; '' where nothing is */
  note: string;
  user: string;
  state: ReactNode;
  nodes: readonly string[];
  /** unix ms; null where it has not begun */
  startedAt: number | null;
  /** it is over, or no longer in this cluster */
  isOver: boolean;
}

interface JobTableProps {
  label: string;
  /** the card of their cluster */
  uuid: string;
  /** the name of the first column */
  heading: string;
  rows: readonly JobTableRow[];
  /** its cluster does not tell of them any more */
  stale: boolean;
  className?: string | undefined;
}

/** Jobs beside an operation; the number of one that is listed opens what can be done with it. */
export function JobTable({ label, uuid, heading, rows, stale, className }: JobTableProps) {
  const [, openJob] = useParam('job');
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
    <section className={cx(styles.jobs, className)} aria-label={label} tabIndex={0}>
      <Table label={label} className={styles.bare}>
        <thead>
          <tr>
            <HeadCell>{heading}</HeadCell>
            <HeadCell>Name</HeadCell>
            <HeadCell>User</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell>Node</HeadCell>
            <HeadCell numeric>Time</HeadCell>
          </tr>
        </thead>
        <tbody className={cx(stale && styles.stale)}>
          {rows.map((job) => (
            <Row key={job.key} job={job} onOpen={(row) => openJob(rowKey(uuid, row))} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Row({ job, onOpen }: { job: JobTableRow; onOpen: (row: string) => void }) {
  const { id, row, name, note, user, state, nodes, startedAt, isOver } = job;
  const places = nodes.join(', ');
  return (
    <tr className={cx(isOver && styles.over)}>
      <Cell quiet className={styles.id} title={id}>
        {row === null ? (
          id
        ) : (
          <button
            type="button"
            className={styles.open}
            title="Its facts, and what can be done with it"
            onClick={() => onOpen(row)}
          >
            {id}
          </button>
        )}
      </Cell>
      <Cell className={styles.name} title={note === '' ? name : `${name}: ${note}`}>
        {name}
        {note !== '' && <span className={styles.note}>{note}</span>}
      </Cell>
      <Cell quiet>{user}</Cell>
      <Cell>{state}</Cell>
      <Cell quiet className={styles.where} title={places}>
        {places}
      </Cell>
      <Cell numeric>
        <RunsFor since={startedAt} />
      </Cell>
    </tr>
  );
}

function RunsFor({ since }: { since: number | null }) {
  const now = useNow();
  return since === null ? '–' : plain(duration(Math.max(0, now - since) / 1000));
}
