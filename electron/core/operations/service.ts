import PQueue from 'p-queue';
import { Failure } from '#shared/contract/errors';
import type { Operation, OperationItem } from '#shared/contract/operations';
import type { ClusterReader } from '../clusters/types';
import type { Clock, Logger } from '../ports';
import type { ItemCarrier, ItemRecord, ItemWork, OperationKind } from './carriers';
import type { Journal } from './journal';

export interface OperationsDeps {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  clusters: Pick<ClusterReader, 'list'>;
  /** looks at a cluster soon, since something was done to it */
  nudge(uuid: string): void;
  carriers: Readonly<Record<OperationKind, ItemCarrier>>;
}

/** An answer on its way is waited for this long when the program ends. */
const CLOSE_WAIT_MS = 5000;

/** Long work: recorded, each item sent once and followed to its end, also over a restart. */
export class Operations {
  readonly #deps: OperationsDeps;
  readonly #queues = new Map<string, PQueue>();
  readonly #runs = new Set<Promise<void>>();
  readonly #end = new AbortController();

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  /**
   * Records an operation and begins to carry it out.
   * @param what its items are called in the audit, as `guests`
   */
  begin(record: Operation, what: string, work: ItemWork, more: object = {}): void {
    const { journal, carriers } = this.#deps;
    journal.add(record, {
      action: `${carriers[record.kind].word}.${record.action}.ordered`,
      subject: record.title,
      after: {
        operation: record.id,
        [what]: record.items.map((item) => this.#subject(item)),
        ...more,
      },
    });
    for (const position of record.items.keys()) this.#run(record, position, work);
  }

  /** Takes up what an earlier run left: what was sent is followed, what was not is cancelled. */
  resume(): void {
    const { journal, carriers } = this.#deps;
    for (const record of journal.open()) {
      const work = carriers[record.kind].takeUp(record.action);
      for (const [position, item] of record.items.entries()) {
        if (item.state === 'waiting') {
          this.#cancelItem(record, position, 'Clusterdeck was closed before this was sent.');
        } else if (item.state === 'running') this.#run(record, position, work);
      }
    }
  }

  list(limit: number): Operation[] {
    return this.#deps.journal.list(limit);
  }

  /** @throws Failure NOT_FOUND */
  get(id: string): Operation {
    return this.#deps.journal.get(id);
  }

  /** Cancels what was not sent yet; what the cluster runs already goes on. */
  cancel(id: string): Operation {
    const record = this.#deps.journal.get(id);
    for (const [position, item] of record.items.entries()) {
      if (item.state === 'waiting')
        this.#cancelItem(record, position, 'Cancelled before it was sent.');
    }
    return this.#deps.journal.get(id);
  }

  /** Stops observing; the next start takes it up again. */
  async close(): Promise<void> {
    this.#end.abort();
    const late = new AbortController();
    await Promise.race([
      Promise.all(this.#runs),
      this.#deps.clock.sleep(CLOSE_WAIT_MS, late.signal).catch(() => undefined),
    ]);
    late.abort();
  }

  #run(operation: Operation, position: number, work: ItemWork): void {
    const { journal, logger, nudge } = this.#deps;
    const { id } = operation;
    const { clusterUuid } = journal.item(id, position);
    const { signal } = this.#end;
    const job = this.#queue(clusterUuid, operation).add(async () => {
      // cancelled while it waited for its turn
      const { state } = journal.item(id, position);
      if (signal.aborted || (state !== 'waiting' && state !== 'running')) return;
      const record = this.#recordOf(operation, position);
      try {
        await work(record, signal);
      } catch (error) {
        if (!signal.aborted) this.#broke(record, error);
      } finally {
        nudge(clusterUuid);
      }
    });
    const run = job
      .catch((error: unknown) =>
        logger.error({ operation: id, error }, 'An item could not be recorded'),
      )
      .finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  /** Nobody can say then how far it came. */
  #broke(record: ItemRecord, error: unknown): void {
    if (error instanceof Failure) return record.end('unknown', error.message, error);
    this.#deps.logger.error({ error }, 'An item of an operation failed unexpectedly');
    record.end('unknown', 'Something went wrong here; the log has the details.');
  }

  #recordOf({ id, kind, action }: Operation, position: number): ItemRecord {
    const { journal, clock, carriers } = this.#deps;
    return {
      read: () => journal.item(id, position),
      change: (change) => journal.change(id, position, change),
      end: (state, message, failure?: Failure) => {
        const item = journal.item(id, position);
        const ended = { state, message, failure: failure?.view() ?? null, endedAt: clock.now() };
        journal.change(id, position, ended, {
          action: `${carriers[kind].word}.${action}`,
          subject: this.#subject(item),
          after: { operation: id, ...(item.upid !== null && { upid: item.upid }) },
          result: state === 'done' ? message : `${state}: ${message}`,
        });
      },
      taken: () =>
        new Set(
          journal
            .list(50)
            .flatMap((each) => each.items)
            .flatMap((item) => (item.upid === null ? [] : [item.upid])),
        ),
    };
  }

  #cancelItem({ id }: Operation, position: number, message: string): void {
    const ended = { state: 'cancelled', message, endedAt: this.#deps.clock.now() } as const;
    this.#deps.journal.change(id, position, ended);
  }

  #subject({ clusterUuid, guestId, label }: OperationItem): string {
    const cluster = this.#deps.clusters.list().find((each) => each.uuid === clusterUuid);
    return `${cluster?.clusterId ?? clusterUuid} ${guestId} ${label}`;
  }

  #queue(clusterUuid: string, { kind, action }: Operation): PQueue {
    const key = `${clusterUuid} ${kind} ${action}`;
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const made = new PQueue({ concurrency: this.#deps.carriers[kind].atOnce(action) });
    this.#queues.set(key, made);
    return made;
  }
}

/** An item that was ordered and not sent yet. @param id as `qemu/100` or `job/1042` */
export function waitingItem(clusterUuid: string, id: string, label: string): OperationItem {
  return {
    key: `${clusterUuid} ${id}`,
    clusterUuid,
    guestId: id,
    label,
    state: 'waiting',
    upid: null,
    message: 'Waiting',
    failure: null,
    startedAt: null,
    endedAt: null,
  };
}
