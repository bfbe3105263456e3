import type { GuestRow } from '#shared/contract/inventory';
import * as grid from '../../grid/columns';
import { guestName } from './guest-name';

/** A guest with what a list shows of its cluster. */
export interface GuestEntry {
  uuid: string;
  clusterId: string;
  clusterName: string;
  row: GuestRow;
}

export const COLUMN_IDS = [
  'name',
  'status',
  'vmid',
  'cluster',
  'node',
  'cpu',
  'memory',
  'disk',
  'netIn',
  'netOut',
  'uptime',
  'tags',
  'pool',
  'ha',
  'lock',
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export interface Column extends grid.GridColumn {
  /** what the column sorts by; null stands last, whichever way */
  sortBy: (entry: GuestEntry) => string | number | null;
}

const fraction = (used: number | null, of: number | null) =>
  used === null || of === null || of === 0 ? null : used / of;

export const COLUMNS: Record<ColumnId, Column> = {
  name: { label: 'Name', grow: 3, minPx: 150, numeric: false, sortBy: (e) => guestName(e.row) },
  status: { label: 'State', grow: 0, minPx: 104, numeric: false, sortBy: (e) => e.row.status },
  vmid: { label: 'ID', grow: 0, minPx: 62, numeric: false, quiet: true, sortBy: (e) => e.row.vmid },
  cluster: {
    label: 'Cluster',
    grow: 2,
    minPx: 110,
    numeric: false,
    quiet: true,
    sortBy: (e) => e.clusterName,
  },
  node: {
    label: 'Node',
    grow: 1,
    minPx: 84,
    numeric: false,
    quiet: true,
    sortBy: (e) => e.row.node,
  },
  cpu: { label: 'CPU', grow: 0, minPx: 116, numeric: true, sortBy: (e) => e.row.cpu },
  memory: {
    label: 'Memory',
    grow: 0,
    minPx: 128,
    numeric: true,
    sortBy: (e) => fraction(e.row.mem, e.row.maxMem),
  },
  disk: { label: 'Disk', grow: 0, minPx: 92, numeric: true, sortBy: (e) => e.row.maxDisk },
  netIn: { label: 'Net in', grow: 0, minPx: 100, numeric: true, sortBy: (e) => e.row.netInRate },
  netOut: { label: 'Net out', grow: 0, minPx: 100, numeric: true, sortBy: (e) => e.row.netOutRate },
  uptime: {
    label: 'Uptime',
    grow: 0,
    minPx: 96,
    numeric: true,
    quiet: true,
    sortBy: (e) => e.row.uptimeS,
  },
  tags: {
    label: 'Tags',
    grow: 2,
    minPx: 110,
    numeric: false,
    sortBy: (e) => e.row.tags.join(' ') || null,
  },
  pool: {
    label: 'Pool',
    grow: 1,
    minPx: 90,
    numeric: false,
    quiet: true,
    sortBy: (e) => e.row.pool,
  },
  ha: {
    label: 'HA',
    grow: 0,
    minPx: 88,
    numeric: false,
    quiet: true,
    sortBy: (e) => e.row.haState,
  },
  lock: {
    label: 'Lock',
    grow: 0,
    minPx: 88,
    numeric: false,
    quiet: true,
    sortBy: (e) => e.row.lock,
  },
};

const DEFAULT_COLUMNS: readonly ColumnId[] = [
  'name',
  'status',
  'vmid',
  'cluster',
  'node',
  'cpu',
  'memory',
  'uptime',
  'tags',
];

export function isColumnId(text: string): text is ColumnId {
  return COLUMN_IDS.some((id) => id === text);
}

/**
 * The columns to show: those that were chosen, in the list's own order; the usual ones where
 * nothing was chosen. The name is always among them.
 * @param without columns that say nothing here, as the cluster on a cluster's own page
 */
export function shownColumns(
  chosen: readonly string[],
  without: readonly ColumnId[] = [],
): ColumnId[] {
  const wanted = new Set<string>(chosen.length > 0 ? ['name', ...chosen] : DEFAULT_COLUMNS);
  return COLUMN_IDS.filter((id) => wanted.has(id) && !without.includes(id));
}

/** What is left out first where the window is too narrow for the usual columns. */
const LEAST_NEEDED: readonly ColumnId[] = ['tags', 'uptime', 'node', 'vmid', 'cluster'];

/** The usual columns that have place in a width; a choice of one's own is shown whole. */
export function fittingColumns(columns: readonly ColumnId[], widthPx: number): ColumnId[] {
  return grid.fittingColumns(columns, COLUMNS, LEAST_NEEDED, widthPx);
}
