type Measured = number | null;

interface NodeFacts {
  node: string;
  status: 'online' | 'offline' | 'unknown';
  cpu: Measured;
  maxCpu: Measured;
  mem: Measured;
  maxMem: Measured;
}

interface GuestFacts {
  status: string;
  template: boolean;
  maxCpu: Measured;
}

interface StorageFacts {
  storage: string;
  node: string;
  shared: boolean;
  used: Measured;
  total: Measured;
}

interface Usage {
  used: Measured;
  total: Measured;
}

/** What a card says of a whole cluster; the same shape as the contract's `clusterTotals`. */
export interface Totals {
  cpu: Usage;
  memory: Usage;
  storage: Usage;
  overcommit: Measured;
  nodes: { online: number; offline: number; unknown: number };
  guests: { running: number; stopped: number; other: number; unknown: number; templates: number };
}

/** Adds what was measured; null when nothing was, never a made-up 0. */
export function sumOf<Row>(rows: readonly Row[], value: (row: Row) => Measured): Measured {
  let total: Measured = null;
  for (const row of rows) {
    const next = value(row);
    if (next !== null) total = (total ?? 0) + next;
  }
  return total;
}

/**
 * The storages that count: a shared one once however many nodes list it, a local one once per
 * node even where all nodes use the same name for it. Of a shared storage's rows one with numbers
 * is taken, for a silent node's row has none.
 */
export function countedStorages<Row extends StorageFacts>(rows: readonly Row[]): Row[] {
  const counted = new Map<string, Row>();
  for (const row of rows) {
    const key = row.shared ? `shared ${row.storage}` : `local ${row.node} ${row.storage}`;
    const known = counted.get(key);
    if (known === undefined || (known.total === null && row.total !== null)) counted.set(key, row);
  }
  return [...counted.values()];
}

function countGuests(guests: readonly GuestFacts[]): Totals['guests'] {
  const counts = { running: 0, stopped: 0, other: 0, unknown: 0, templates: 0 };
  for (const guest of guests) {
    if (guest.template) counts.templates += 1;
    else if (guest.status === 'running') counts.running += 1;
    else if (guest.status === 'stopped') counts.stopped += 1;
    else if (guest.status === 'unknown') counts.unknown += 1;
    else counts.other += 1;
  }
  return counts;
}

/**
 * The totals of one cluster. Capacity is what online nodes have: what an offline node would offer
 * cannot be used now. CPU is in cores, memory and storage in bytes.
 */
export function clusterTotals(rows: {
  nodes: readonly NodeFacts[];
  guests: readonly GuestFacts[];
  storages: readonly StorageFacts[];
}): Totals {
  const online = rows.nodes.filter((node) => node.status === 'online');
  const cores = sumOf(online, (node) => node.maxCpu);
  const running = rows.guests.filter((guest) => guest.status === 'running' && !guest.template);
  const vcpus = sumOf(running, (guest) => guest.maxCpu) ?? 0;
  const storages = countedStorages(rows.storages).filter((row) => row.total !== null);
  return {
    cpu: {
      used: sumOf(online, (node) =>
        node.cpu === null || node.maxCpu === null ? null : node.cpu * node.maxCpu,
      ),
      total: cores,
    },
    memory: {
      used: sumOf(online, (node) => node.mem),
      total: sumOf(online, (node) => node.maxMem),
    },
    storage: {
      used: sumOf(storages, (row) => row.used),
      total: sumOf(storages, (row) => row.total),
    },
    overcommit: cores === null || cores === 0 ? null : vcpus / cores,
    nodes: {
      online: online.length,
      offline: rows.nodes.filter((node) => node.status === 'offline').length,
      unknown: rows.nodes.filter((node) => node.status === 'unknown').length,
    },
    guests: countGuests(rows.guests),
  };
}
