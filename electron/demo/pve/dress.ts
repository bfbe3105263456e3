/** The release a simulated cluster speaks like. */
export type DressId = '7.4' | '8.4' | '9.2';

export type Timeframe = 'hour' | 'day' | 'week' | 'month' | 'year' | 'decade';

/** One round-robin table: how many rows, how many seconds apart. */
interface RrdTable {
  rows: number;
  stepSeconds: number;
}

/** What differs on the wire between releases. */
export interface Dress {
  id: DressId;
  /** Major number, for "since 8" rules. */
  major: 7 | 8 | 9;
  version: { version: string; release: string; repoid: string };
  kernel: string;
  qemu: string;
  /** Before 8.4 an error's text stands in the status line only. */
  messageInBody: boolean;
  /** `/cluster/metrics/export` exists since 8.2.5. */
  metricsExport: boolean;
  /** The kind of the per-zone rows in `/cluster/resources`; 7 shows none. */
  zoneRow: 'none' | 'sdn' | 'network';
  /** 9 adds `memhost` and the pressure stall values. */
  pressure: boolean;
  /** Old releases send `vmid` and disk sizes of per-node lists as strings. */
  looseNumbers: boolean;
  badTicketText: string;
  badTokenText: string;
  rrd: Partial<Record<Timeframe, RrdTable>>;
}

const OLD_RRD: Dress['rrd'] = {
  hour: { rows: 70, stepSeconds: 60 },
  day: { rows: 70, stepSeconds: 1800 },
  week: { rows: 70, stepSeconds: 10_800 },
  month: { rows: 70, stepSeconds: 43_200 },
  year: { rows: 70, stepSeconds: 604_800 },
};

// Coarse tables answer one row less than they hold: the newest is still open.
const NEW_RRD: Dress['rrd'] = {
  hour: { rows: 60, stepSeconds: 60 },
  day: { rows: 1440, stepSeconds: 60 },
  week: { rows: 335, stepSeconds: 1800 },
  month: { rows: 1439, stepSeconds: 1800 },
  year: { rows: 1439, stepSeconds: 21_600 },
  decade: { rows: 569, stepSeconds: 604_800 },
};

const DRESSES: Record<DressId, Dress> = {
  '7.4': {
    id: '7.4',
    major: 7,
    version: { version: '7.4-20', release: '7.4', repoid: '80ecbb2f' },
    kernel: '5.15.158-2-pve',
    qemu: '7.2.10',
    messageInBody: false,
    metricsExport: false,
    zoneRow: 'none',
    pressure: false,
    looseNumbers: true,
    badTicketText: 'permission denied - invalid PVE ticket',
    badTokenText: 'invalid token value!',
    rrd: OLD_RRD,
  },
  '8.4': {
    id: '8.4',
    major: 8,
    version: { version: '8.4.21', release: '8.4', repoid: '6b1f2a90' },
    kernel: '6.8.12-13-pve',
    qemu: '9.2.0',
    messageInBody: true,
    metricsExport: true,
    zoneRow: 'sdn',
    pressure: false,
    looseNumbers: false,
    badTicketText: 'Authentication failed!',
    badTokenText: 'Authentication failed!',
    rrd: OLD_RRD,
  },
  '9.2': {
    id: '9.2',
    major: 9,
    version: { version: '9.2.11', release: '9.2', repoid: '14a22df3' },
    kernel: '6.17.2-1-pve',
    qemu: '10.1.2',
    messageInBody: true,
    metricsExport: true,
    zoneRow: 'network',
    pressure: true,
    looseNumbers: false,
    badTicketText: 'Authentication failed!',
    badTokenText: 'Authentication failed!',
    rrd: NEW_RRD,
  },
};

/** The wire habits of one release. */
export function dressOf(id: DressId): Dress {
  return DRESSES[id];
}
