import type {
  GuestRow,
  InventoryDelta,
  InventoryRows,
  JobRow,
  MemberRow,
  NodeRow,
  PartitionRow,
  PodRow,
  ServiceRow,
  StorageRow,
} from '#shared/contract/inventory';
import { update } from './diff';

const NOTHING = { upserts: [], removed: [] };

/** The rows of one cluster by id, of whichever kind it is; a kind fills the tables it has. */
export class RowTables {
  readonly #nodes = new Map<string, NodeRow>();
  readonly #guests = new Map<string, GuestRow>();
  readonly #storages = new Map<string, StorageRow>();
  readonly #members = new Map<string, MemberRow>();
  readonly #jobs = new Map<string, JobRow>();
  readonly #pods = new Map<string, PodRow>();
  readonly #services = new Map<string, ServiceRow>();
  readonly #partitions = new Map<string, PartitionRow>();

  /** Takes what the tables named hold now. @returns only the rows that changed */
  take(next: Partial<InventoryRows>): InventoryDelta {
    return {
      nodes: next.nodes === undefined ? NOTHING : update(this.#nodes, next.nodes),
      guests: next.guests === undefined ? NOTHING : update(this.#guests, next.guests),
      storages: next.storages === undefined ? NOTHING : update(this.#storages, next.storages),
      members: next.members === undefined ? NOTHING : update(this.#members, next.members),
      jobs: next.jobs === undefined ? NOTHING : update(this.#jobs, next.jobs),
      pods: next.pods === undefined ? NOTHING : update(this.#pods, next.pods),
      services: next.services === undefined ? NOTHING : update(this.#services, next.services),
      partitions:
        next.partitions === undefined ? NOTHING : update(this.#partitions, next.partitions),
    };
  }

  rows(): InventoryRows {
    return {
      nodes: [...this.#nodes.values()],
      guests: [...this.#guests.values()],
      storages: [...this.#storages.values()],
      members: [...this.#members.values()],
      jobs: [...this.#jobs.values()],
      pods: [...this.#pods.values()],
      services: [...this.#services.values()],
      partitions: [...this.#partitions.values()],
    };
  }

  guest(id: string): GuestRow | undefined {
    return this.#guests.get(id);
  }

  job(id: string): JobRow | undefined {
    return this.#jobs.get(id);
  }
}
