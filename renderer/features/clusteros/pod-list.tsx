import { Box } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { PodRow } from '#shared/contract/inventory';
import { PODS as LANGUAGE } from '#shared/domain/query-pods';
import { useLive } from '../../app/context';
import { type GridRowProps, gridRow } from '../../grid/grid-row';
import { splitRowKey } from '../../grid/row-key';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import styles from './cells.module.css';
import { type ListColumn, type ListDefinition, RowList } from './row-list';
import { podState } from './words';

const IDS = ['name', 'state', 'namespace', 'node', 'restarts'] as const;
type ColumnId = (typeof IDS)[number];

const COLUMNS: Record<ColumnId, ListColumn<PodRow>> = {
  name: { label: 'Pod', grow: 3, minPx: 200, numeric: false, sortBy: (row) => row.name },
  state: { label: 'State', grow: 0, minPx: 120, numeric: false, sortBy: (row) => row.phase },
  namespace: {
    label: 'Namespace',
    grow: 1,
    minPx: 120,
    numeric: false,
    sortBy: (row) => row.namespace,
  },
  node: {
    label: 'Node',
    grow: 1,
    minPx: 100,
    numeric: false,
    quiet: true,
    sortBy: (row) => row.node,
  },
  restarts: { label: 'Restarts', grow: 0, minPx: 90, numeric: true, sortBy: (row) => row.restarts },
};

const CELLS: Record<ColumnId, (row: PodRow) => ReactNode> = {
  name: ({ name }) => <span className={styles.name}>{name}</span>,
  state: (row) => <StateDot {...podState(row)} showWord />,
  namespace: ({ namespace }) => namespace,
  node: ({ node }) => (node === '' ? 'not placed yet' : node),
  restarts: ({ restarts }) => restarts,
};

/** One row; it reads its pod itself, so that a change of one pod draws one row. */
const Row = memo(function PodRowView(props: GridRowProps<ColumnId>) {
  const { uuid, id } = splitRowKey(props.rowKey);
  const pod = useLive((state) => state.inventory.get(uuid)?.pods.byId.get(id));
  const stale = useLive((state) => isOld(state.live.get(uuid)));
  return gridRow(props, COLUMNS, stale, pod ? (column) => CELLS[column](pod) : null);
});

const PODS: ListDefinition<'pods', ColumnId> = {
  kind: 'pods',
  label: 'Pods',
  icon: Box,
  placeholder: 'Find: name, or namespace:default phase:pending restarts:>3',
  language: LANGUAGE,
  columns: COLUMNS,
  ids: IDS,
  leastNeeded: ['restarts'],
  usual: { column: 'name', descending: false },
  row: Row,
  presets: [
    { key: 'all', label: 'All', query: '' },
    { key: 'running', label: 'Running', query: 'is:running' },
    { key: 'not-ready', label: 'Not ready', query: '-is:ready' },
  ],
  ticks: false,
};

/** The pods of a cluster's k3s. */
export function PodList({ cluster }: { cluster: Cluster }) {
  return (
    <RowList
      definition={PODS}
      cluster={cluster}
      emptyNote="This cluster runs no k3s, or nothing is deployed on it yet."
    />
  );
}
