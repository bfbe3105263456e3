import { Cpu } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { JobRow } from '#shared/contract/inventory';
import { jobQuery } from '#shared/domain/query-jobs';
import { age, duration, plain } from '#shared/domain/units';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { type GridRowProps, gridRow } from '../../grid/grid-row';
import { splitRowKey } from '../../grid/row-key';
import { useNow } from '../../ui/now';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import styles from './cells.module.css';
import { JobBar } from './job-bar';
import { type ListColumn, type ListDefinition, RowList } from './row-list';
import { jobState } from './words';

const IDS = [
  'job',
  'name',
  'state',
  'user',
  'partition',
  'place',
  'cpus',
  'age',
  'elapsed',
] as const;
type ColumnId = (typeof IDS)[number];

const COLUMNS: Record<ColumnId, ListColumn<JobRow>> = {
  job: { label: 'Job', grow: 0, minPx: 62, numeric: true, sortBy: (row) => row.job },
  name: { label: 'Name', grow: 3, minPx: 130, numeric: false, sortBy: (row) => row.name },
  state: { label: 'State', grow: 0, minPx: 106, numeric: false, sortBy: (row) => row.state },
  user: { label: 'User', grow: 1, minPx: 70, numeric: false, sortBy: (row) => row.user },
  partition: {
    label: 'Partition',
    grow: 1,
    minPx: 84,
    numeric: false,
    quiet: true,
    sortBy: (row) => row.partition,
  },
  place: {
    label: 'Runs on, or waits for',
    grow: 2,
    minPx: 116,
    numeric: false,
    quiet: true,
    sortBy: (row) => row.nodes[0] ?? row.reason,
  },
  cpus: { label: 'Cores', grow: 0, minPx: 56, numeric: true, sortBy: (row) => row.cpus },
  age: {
    label: 'Submitted',
    grow: 0,
    minPx: 104,
    numeric: true,
    quiet: true,
    sortBy: (row) => row.submittedAt,
  },
  elapsed: {
    label: 'Runs for',
    grow: 0,
    minPx: 96,
    numeric: true,
    sortBy: (row) => (row.startedAt === null ? null : -row.startedAt),
  },
};

const CELLS: Record<ColumnId, (row: JobRow) => ReactNode> = {
  job: ({ job }) => <span className={styles.id}>{job}</span>,
  name: ({ name }) => <span className={styles.name}>{name}</span>,
  state: (row) => <StateDot {...jobState(row)} showWord />,
  user: ({ user }) => user,
  partition: ({ partition }) => partition,
  place: ({ nodes, reason }) => (nodes.length > 0 ? nodes.join(', ') : reason),
  cpus: ({ cpus }) => cpus,
  age: ({ submittedAt }) => <Since at={submittedAt} />,
  elapsed: ({ startedAt }) => (startedAt === null ? '–' : <Elapsed since={startedAt} />),
};

function Since({ at }: { at: number }) {
  return `${plain(age(Math.max(0, useNow() - at)))} ago`;
}

function Elapsed({ since }: { since: number }) {
  return plain(duration(Math.max(0, useNow() - since) / 1000));
}

/** One row; it reads its job itself, so that a change of one job draws one row. */
const Row = memo(function JobRowView(props: GridRowProps<ColumnId>) {
  const { uuid, id } = splitRowKey(props.rowKey);
  const job = useLive((state) => state.inventory.get(uuid)?.jobs.byId.get(id));
  const stale = useLive((state) => isOld(state.live.get(uuid)));
  return gridRow(props, COLUMNS, stale, job ? (column) => CELLS[column](job) : null);
});

const JOBS: ListDefinition<'jobs', ColumnId> = {
  kind: 'jobs',
  label: 'Jobs',
  icon: Cpu,
  placeholder: 'Find: name, number, or is:waiting user:ada cpus:>=16',
  language: jobQuery(Date.now),
  columns: COLUMNS,
  ids: IDS,
  leastNeeded: ['age', 'partition', 'cpus'],
  usual: { column: 'job', descending: true },
  row: Row,
  presets: [
    { key: 'all', label: 'All', query: '' },
    { key: 'running', label: 'Running', query: 'is:running' },
    { key: 'waiting', label: 'Waiting', query: 'is:waiting' },
    { key: 'held', label: 'Held', query: 'is:held' },
  ],
  ticks: true,
};

/** The jobs of a cluster, to find, hold, release and cancel. */
export function JobList({ cluster }: { cluster: Cluster }) {
  const [, openJob] = useParam('job');
  const hidden = useLive((state) => {
    const total = state.live.get(cluster.uuid)?.clusteros?.jobs.total ?? 0;
    return Math.max(0, total - (state.inventory.get(cluster.uuid)?.jobs.ids.length ?? 0));
  });
  return (
    <RowList
      definition={JOBS}
      cluster={cluster}
      emptyNote={
        hidden > 0
          ? `${hidden} jobs have ended and are no longer listed.`
          : 'They appear as soon as somebody submits one.'
      }
      onOpen={(key) => openJob(key)}
      selectionBar={(selected, clear) => (
        <JobBar cluster={cluster} selected={selected} onClear={clear} />
      )}
    />
  );
}
