import type {
  GuestRow,
  InventoryDelta,
  InventoryRows,
  NodeRow,
  StorageRow,
} from '#shared/contract/inventory';
import { update } from './diff';
import { Rates } from './rates';
import { shapeResources } from './shape';
import { steadied } from './steady';

/** The rows of one cluster, brought up to date by each answer of `/cluster/resources`. */
export class Inventory {
  readonly #nodes = new Map<string, NodeRow>();
  readonly #guests = new Map<string, GuestRow>();
  readonly #storages = new Map<string, StorageRow>();
  readonly #rates = new Rates();

  /**
   * @returns only the rows that changed, and how many could not be understood
   * @throws Failure BAD_RESPONSE; nothing is changed then
   */
  apply(data: unknown): { delta: InventoryDelta; dropped: number } {
    const shaped = shapeResources(data);
    this.#rates.take(shaped.counters);
    return {
      delta: {
        nodes: update(this.#nodes, shaped.nodes),
        guests: update(
          this.#guests,
          shaped.guests.map((row) => this.#settle(row)),
        ),
        storages: update(this.#storages, shaped.storages),
      },
      dropped: shaped.dropped,
    };
  }

  /** Takes rows remembered from an earlier run. */
  restore(rows: InventoryRows): void {
    update(this.#nodes, rows.nodes);
    update(this.#guests, rows.guests);
    update(this.#storages, rows.storages);
  }

  rows(): InventoryRows {
    return {
      nodes: [...this.#nodes.values()],
      guests: [...this.#guests.values()],
      storages: [...this.#storages.values()],
    };
  }

  guest(id: string): GuestRow | undefined {
    return this.#guests.get(id);
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  /** Of a silent node's guest the server says little more than the id: the rest stays as last known. */
  #settle(row: GuestRow): GuestRow {
    const known = this.#guests.get(row.id);
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
