import type { Transaction } from '../db/store';
import {
  deleteCluster,
  insertCluster,
  type KeptFields,
  type StoredCluster,
  updateCluster,
} from './rows';

/** What one mutation does to the clusters: rows in the transaction, and a copy of the memory. */
export class Edit {
  readonly tx: Transaction;
  readonly book: Map<string, StoredCluster>;
  readonly upserts = new Set<string>();
  readonly removed: string[] = [];
  readonly reconnect = new Set<string>();
  readonly #now: number;

  constructor(tx: Transaction, book: ReadonlyMap<string, StoredCluster>, now: number) {
    this.tx = tx;
    this.book = new Map(book);
    this.#now = now;
  }

  insert(
    fields: Omit<StoredCluster, 'number' | 'createdAt' | 'updatedAt' | 'revision'>,
    kept: KeptFields,
  ): StoredCluster {
    if (fields.isDefault) this.#clearDefault();
    const stamped = { ...fields, createdAt: this.#now, updatedAt: this.#now, revision: 1 };
    const number = insertCluster(this.tx.db, stamped, kept);
    return this.#remember({ ...stamped, number });
  }

  update(cluster: StoredCluster): StoredCluster {
    if (cluster.isDefault && !this.book.get(cluster.uuid)?.isDefault) this.#clearDefault();
    return this.#write(cluster);
  }

  remove(uuid: string): void {
    deleteCluster(this.tx.db, uuid);
    this.book.delete(uuid);
    this.removed.push(uuid);
  }

  /** There is one default cluster or none. */
  #clearDefault(): void {
    for (const other of this.book.values()) {
      if (!other.isDefault) continue;
      this.#write({ ...other, isDefault: false });
      const after = { isDefault: false };
      this.tx.audit({
        action: 'cluster.update',
        subject: other.clusterId,
        target: other.uuid,
        before: { isDefault: true },
        after,
      });
    }
  }

  #write(cluster: StoredCluster): StoredCluster {
    const next = { ...cluster, revision: cluster.revision + 1, updatedAt: this.#now };
    updateCluster(this.tx.db, next);
    return this.#remember(next);
  }

  #remember(cluster: StoredCluster): StoredCluster {
    this.book.set(cluster.uuid, cluster);
    this.upserts.add(cluster.uuid);
    return cluster;
  }
}
