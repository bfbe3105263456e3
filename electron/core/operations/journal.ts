import { fail } from '#shared/contract/errors';
import type { Operation, OperationItem } from '#shared/contract/operations';
import type { AuditEntry } from '../audit/log';
import type { Store } from '../db/store';
import { Channel } from '../events';
import type { Clock, Logger } from '../ports';
import {
  findOperation,
  insertOperation,
  listOperations,
  runningOperations,
  saveProgress,
} from './records';

type Change = Partial<Omit<OperationItem, 'key' | 'clusterUuid' | 'guestId' | 'label'>>;

/** The persisted records of operations: each change is stored first and told then. */
export class Journal {
  readonly events: Channel<Operation>;
  readonly #store: Pick<Store, 'read' | 'mutate'>;
  readonly #clock: Pick<Clock, 'now'>;
  /** operations that are not over */
  readonly #open = new Map<string, Operation>();

  constructor(store: Pick<Store, 'read' | 'mutate'>, clock: Pick<Clock, 'now'>, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.events = new Channel((error) =>
      logger.error({ error }, 'A listener of operations failed'),
    );
    for (const record of runningOperations(store.read)) this.#open.set(record.id, record);
  }

  /** The newest first. */
  list(limit: number): Operation[] {
    return listOperations(this.#store.read, limit);
  }

  open(): Operation[] {
    return [...this.#open.values()];
  }

  /** @throws Failure NOT_FOUND */
  get(id: string): Operation {
    const found = this.#open.get(id) ?? findOperation(this.#store.read, id);
    if (found === undefined) throw fail('NOT_FOUND', { remedy: 'Look at the list of operations.' });
    return found;
  }

  add(record: Operation, audit: AuditEntry): void {
    this.#store.mutate((tx) => {
      insertOperation(tx.db, record);
      tx.audit(audit);
      tx.after(() => {
        this.#open.set(record.id, record);
        this.events.emit(record);
      });
    });
  }

  item(id: string, position: number): OperationItem {
    const item = this.get(id).items[position];
    if (item === undefined) throw new RangeError(`Operation ${id} has no item ${position}`);
    return item;
  }

  /** Changes one item; the last one to end also ends the operation. */
  change(id: string, position: number, change: Change, audit?: AuditEntry): void {
    this.#store.mutate((tx) => {
      const before = this.get(id);
      const items = before.items.map((item, index) =>
        index === position ? { ...item, ...change } : item,
      );
      const state = stateOf(items);
      const endedAt = state === 'running' ? null : this.#clock.now();
      const after: Operation = { ...before, items, state, endedAt };
      saveProgress(tx.db, after, position);
      if (audit !== undefined) tx.audit(audit);
      tx.after(() => {
        if (state === 'running') this.#open.set(id, after);
        else this.#open.delete(id);
        this.events.emit(after);
      });
    });
  }
}

function stateOf(items: readonly OperationItem[]): Operation['state'] {
  const has = (...states: OperationItem['state'][]) =>
    items.some((item) => states.includes(item.state));
  if (has('waiting', 'running')) return 'running';
  if (has('failed', 'unknown')) return 'failed';
  return has('cancelled') ? 'cancelled' : 'done';
}
