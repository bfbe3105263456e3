import type { GuestRow, InventoryDelta, InventoryRows } from '#shared/contract/inventory';
import { Rates } from './rates';
import { shapeResources } from './shape';
import { steadied } from './steady';
import { RowTables } from './tables';

/** The rows of one cluster, brought up to date by each answer of `/cluster/resources`. */
export class Inventory {
  readonly #tables = new RowTables();
  readonly #rates = new Rates();

  /**
   * @returns only the rows that changed, and how many could not be understood
   * @throws Failure BAD_RESPONSE; nothing is changed then
   */
  apply(data: unknown): { delta: InventoryDelta; dropped: number } {
    const shaped = shapeResources(data);
    this.#rates.take(shaped.counters);
    const { nodes, storages, dropped } = shaped;
    const guests = shaped.guests.map((row) => this.#settle(row));
    return { delta: this.#tables.take({ nodes, guests, storages }), dropped };
  }

  /** Takes rows remembered from an earlier run. */
  restore(rows: InventoryRows): void {
    this.#tables.take(rows);
  }

  rows(): InventoryRows {
    return this.#tables.rows();
  }

  guest(id: string): GuestRow | undefined {
    return this.#tables.guest(id);
  }

  /** Of a silent node's guest the server says little more than the id: the rest stays as last known. */
  #settle(row: GuestRow): GuestRow {
    const known = this.#tables.guest(row.id);
    if (row.status === 'unknown' && known !== undefined) {
      row.template = known.template;
      row.maxCpu ??= known.maxCpu;
      row.maxMem ??= known.maxMem;
      row.maxDisk ??= known.maxDisk;
      row.pool ??= known.pool;
      if (row.tags.length === 0) row.tags = known.tags;
      if (row.name === '') row.name = known.name;
    }
    if (row.name === '') row.name = `${row.kind === 'qemu' ? 'VM' : 'CT'} ${row.vmid}`;
    if (row.status === 'running') {
      const { inRate, outRate } = this.#rates.of(row.id);
      row.netInRate = inRate;
      row.netOutRate = outRate;
    }
    return known === undefined ? row : steadied(row, known);
  }
}
