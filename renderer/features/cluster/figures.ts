import type { ClusterLive } from '#shared/contract/inventory';
import { bytes, count, percent, plain, type Quantity } from '#shared/domain/units';

/** One number of the strip above the charts, with the sentence that gives it its measure. */
export interface Figure {
  key: string;
  label: string;
  quantity: Quantity;
  words: string;
  tone: 'plain' | 'warning' | 'bad';
}

export interface Usage {
  used: number | null;
  total: number | null;
}

export const NOTHING: Usage = { used: null, total: null };

/** The used share, 0..1; null where one of the two is not known. */
export function shareOf({ used, total }: Usage): number | null {
  return used === null || total === null || total === 0 ? null : used / total;
}

export function toneOf(share: number | null, warnAt: number, badAt: number): Figure['tone'] {
  if (share === null || share < warnAt) return 'plain';
  return share < badAt ? 'warning' : 'bad';
}

/** A figure that is a share of what there is, coloured above its limits. */
export function shareFigure(
  key: string,
  label: string,
  usage: Usage,
  words: (usage: Usage) => string,
  limits: readonly [number, number],
): Figure {
  const share = shareOf(usage);
  return {
    key,
    label,
    quantity: percent(share),
    words: share === null ? 'not known' : words(usage),
    tone: toneOf(share, ...limits),
  };
}

/** `545 of 768 GiB`; the first unit is left out where it is the same. */
export function ofTotal(used: Quantity, total: Quantity): string {
  return used.unit === total.unit
    ? `${used.text} of ${plain(total)}`
    : `${plain(used)} of ${plain(total)}`;
}

/** The figures of a cluster's overview, in reading order. */
export function figuresOf(live: ClusterLive | undefined): Figure[] {
  const totals = live?.totals ?? null;
  return [
    cpuFigure(totals, [0.85, 0.97]),
    memoryFigure(totals),
    shareFigure(
      'storage',
      'Storage',
      totals?.storage ?? NOTHING,
      ({ used, total }) => `${ofTotal(bytes(used, 'si'), bytes(total, 'si'))}, shared once`,
      [0.8, 0.92],
    ),
    guestFigure(totals?.guests),
    {
      key: 'overcommit',
      label: 'Overcommit',
      quantity: count(totals?.overcommit ?? null, '×'),
      words: 'vCPUs running per core',
      tone: 'plain',
    },
    callsFigure(live),
  ];
}

type Totals = ClusterLive['totals'];

/** @param limits shares from which on it is a warning, and bad */
export const cpuFigure = (totals: Totals, limits: [number, number]): Figure =>
  shareFigure(
    'cpu',
    'CPU',
    totals?.cpu ?? NOTHING,
    ({ used, total }) => `${count(used).text} of ${count(total).text} cores`,
    limits,
  );

export const memoryFigure = (totals: Totals): Figure =>
  shareFigure(
    'memory',
    'Memory',
    totals?.memory ?? NOTHING,
    ({ used, total }) => ofTotal(bytes(used), bytes(total)),
    [0.85, 0.95],
  );

/** How often its API is called, and how long the last call took. */
export const callsFigure = (live: ClusterLive | undefined): Figure => ({
  key: 'calls',
  label: 'API calls',
  quantity: count(live?.callsPerMinute ?? null, '/min'),
  words:
    live === undefined || live.latencyMs === null
      ? 'none answered yet'
      : `last took ${Math.round(live.latencyMs)} ms`,
  tone: 'plain',
});

type GuestCounts = NonNullable<Totals>['guests'];

function guestFigure(guests: GuestCounts | undefined): Figure {
  const all = guests && guests.running + guests.stopped + guests.other + guests.unknown;
  const parts = [
    all !== undefined && `of ${all} run`,
    guests && guests.unknown > 0 && `${guests.unknown} unknown`,
    guests?.unknown === 0 && guests.templates > 0 && plural(guests.templates, 'template'),
  ].filter((part) => typeof part === 'string');
  return {
    key: 'guests',
    label: 'Guests',
    quantity: count(guests?.running ?? null),
    words: parts.length === 0 ? 'not known' : parts.join(', '),
    tone: 'plain',
  };
}

/** `1 node`, `3 nodes`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
