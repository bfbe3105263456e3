import { noRows } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import { clusterOf, guestRow, snapshotOf } from '../../support/rows';

const TAGS = ['exam', 'lab', 'course', 'web', 'infra'];

function uuidOf(number: number): string {
  return `6f0f3a52-7a3a-4a52-8f5e-${number.toString(16).padStart(12, '0')}`;
}

type Snapshot = Extract<LiveEvent, { type: 'snapshot' }>;
type InventoryAll = Extract<LiveEvent, { type: 'inventoryAll' }>;

const numbered = (number: number) =>
  clusterOf(uuidOf(number), {
    number,
    clusterId: `cluster-${number}`,
    name: `Cluster ${number}`,
  });

function rowsOf(cluster: number, guests: number): InventoryAll['rows'] {
  return {
    ...noRows(),
    guests: Array.from({ length: guests }, (_, index) =>
      guestRow({
        vmid: 100 + index,
        name: `machine-${(index * 7919 + cluster * 31) % guests}`,
        node: `pve-${index % 5}`,
        status: index % 4 === 0 ? 'stopped' : 'running',
        cpu: ((index * 37) % 100) / 100,
        mem: ((index * 53) % 100) * 2e7,
        tags: [TAGS[index % TAGS.length] ?? 'lab'],
        uptimeS: index * 997,
      }),
    ),
  };
}

/** What the core would push for so many clusters with so many guests each. */
export function manyGuests(clusters: number, guestsEach: number) {
  const numbers = Array.from({ length: clusters }, (_, index) => index + 1);
  const snapshot: Snapshot = {
    type: 'snapshot',
    subscription: uuidOf(0),
    ...snapshotOf(numbers.map(numbered)),
  };
  const inventories = numbers.map(
    (number): InventoryAll => ({
      type: 'inventoryAll',
      uuid: uuidOf(number),
      rows: rowsOf(number, guestsEach),
    }),
  );
  return { snapshot, inventories };
}
