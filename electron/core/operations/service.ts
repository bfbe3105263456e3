import { randomUUID } from 'node:crypto';
import PQueue from 'p-queue';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterLive, GuestRow } from '#shared/contract/inventory';
import type { GuestAction, Operation, OperationItem } from '#shared/contract/operations';
import type { ClusterReader } from '../clusters/types';
import type { Clock, Logger } from '../ports';
import type { PveClients } from '../pve/types';
import { ACTIONS, titleOf } from './actions';
import { type ItemRecord, ItemRun, type ItemRunDeps } from './item-run';
import type { Journal } from './journal';

export interface OperationsDeps {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  clients: Pick<PveClients, 'get'>;
  clusters: ClusterReader;
  watcher: {
    guest(uuid: string, guestId: string): GuestRow | undefined;
    poll(uuid: string): Promise<ClusterLive[]>;
    nudge(uuid: string): void;
  };
}

interface Order {
  action: GuestAction;
  items: ReadonlyArray<{ uuid: string; guestId: string }>;
  confirm?: string | undefined;
}

/** An answer on its way is waited for this long when the program ends. */
const CLOSE_WAIT_MS = 5000;

/** Actions on guests: recorded, sent once each, followed to their end, also over a restart. */
export class Operations {
  readonly #deps: OperationsDeps;
  readonly #queues = new Map<string, PQueue>();
  readonly #runs = new Set<Promise<void>>();
  readonly #end = new AbortController();

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  /**
   * Records the order and begins to carry it out.
   * @throws Failure NOT_FOUND | GUEST_NOT_FOUND | CONFIRMATION_REQUIRED; nothing is sent then
   */
  async act({ action, items, confirm }: Order): Promise<Operation> {
    const wanted = [
      ...new Map(items.map((item) => [`${item.uuid} ${item.guestId}`, item])).values(),
    ];
    this.#checkConfirmed(action, new Set(wanted.map((item) => item.uuid)), confirm);
    const targets: OperationItem[] = [];
    for (const { uuid, guestId } of wanted) {
      targets.push(this.#waiting(uuid, guestId, await this.#known(uuid, guestId)));
    }
    const { clock, journal } = this.#deps;
    const labels = targets.map((item) => item.label);
    const record: Operation = {
      id: randomUUID(),
      kind: 'guestAction',
      title: titleOf(action, labels),
      action,
      state: 'running',
      items: targets,
      createdAt: clock.now(),
      endedAt: null,
    };
    journal.add(record, {
      action: `guest.${action}.ordered`,
      subject: record.title,
      after: { operation: record.id, guests: targets.map((item) => this.#subject(item)) },
    });
    for (const position of targets.keys()) this.#run(record, position, (run) => run.perform());
    return record;
  }

  /** Takes up what an earlier run left: what was sent is followed, what was not is cancelled. */
  resume(): void {
    for (const record of this.#deps.journal.open()) {
      for (const [position, item] of record.items.entries()) {
        if (item.state === 'waiting') {
          this.#cancelItem(record, position, 'Clusterdeck was closed before this was sent.');
        } else if (item.state === 'running') {
          const { upid } = item;
          this.#run(record, position, (run) =>
            upid === null ? run.reconcile() : run.follow(upid),
          );
        }
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

  #checkConfirmed(action: GuestAction, uuids: ReadonlySet<string>, confirm: string | undefined) {
    const clusters = [...uuids].map((uuid) => this.#deps.clusters.get(uuid));
    const guarded = ACTIONS[action].lossy ? clusters.filter((each) => each.protected) : [];
    const [first, ...more] = guarded;
    if (first === undefined || (more.length === 0 && confirm === first.clusterId)) return;
    const remedy =
      more.length > 0
        ? 'Several protected clusters are concerned: act on one of them at a time.'
        : `This cluster is protected: confirm by typing ${first.clusterId}.`;
    throw fail('CONFIRMATION_REQUIRED', { remedy, cluster: first.clusterId, field: 'confirm' });
  }

  /** A guest that is not known may be new: then the cluster is asked once. */
  async #known(uuid: string, guestId: string): Promise<GuestRow> {
    const { watcher, clusters } = this.#deps;
    const known = watcher.guest(uuid, guestId);
    if (known !== undefined) return known;
    await watcher.poll(uuid);
    const found = watcher.guest(uuid, guestId);
    if (found !== undefined) return found;
    const { clusterId } = clusters.get(uuid);
    throw fail('GUEST_NOT_FOUND', {
      remedy: 'It was removed or never was there. Refresh the list.',
      cluster: clusterId,
      detail: guestId,
    });
  }

  #waiting(uuid: string, guestId: string, guest: GuestRow): OperationItem {
    return {
      key: `${uuid} ${guestId}`,
      clusterUuid: uuid,
      guestId,
      label: guest.name,
      state: 'waiting',
      upid: null,
      message: 'Waiting',
      failure: null,
      startedAt: null,
      endedAt: null,
    };
  }

  #run({ id, action }: Operation, position: number, work: (run: ItemRun) => Promise<void>): void {
    const { journal, logger, watcher } = this.#deps;
    const { clusterUuid } = journal.item(id, position);
    const { signal } = this.#end;
    const job = this.#queue(clusterUuid, action).add(async () => {
      // cancelled while it waited for its turn
      const { state } = journal.item(id, position);
      if (signal.aborted || (state !== 'waiting' && state !== 'running')) return;
      try {
        await work(
          new ItemRun(action, this.#recordOf(id, position, action), this.#itemDeps(), signal),
        );
      } catch (error) {
        if (!signal.aborted) this.#broke(this.#recordOf(id, position, action), error);
      } finally {
        watcher.nudge(clusterUuid);
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

  #itemDeps(): ItemRunDeps {
    const { clock, clients, clusters, watcher } = this.#deps;
    const nodeOf = (uuid: string, guestId: string) => watcher.guest(uuid, guestId)?.node;
    return { clock, clients, clusters, nodeOf };
  }

  #recordOf(id: string, position: number, action: GuestAction): ItemRecord {
    const { journal, clock } = this.#deps;
    return {
      read: () => journal.item(id, position),
      change: (change) => journal.change(id, position, change),
      end: (state, message, failure?: Failure) => {
        const item = journal.item(id, position);
        const ended = { state, message, failure: failure?.view() ?? null, endedAt: clock.now() };
        journal.change(id, position, ended, {
          action: `guest.${action}`,
          subject: this.#subject(item),
          after: { operation: id, upid: item.upid },
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

  #queue(clusterUuid: string, action: GuestAction): PQueue {
    const key = `${clusterUuid} ${action}`;
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const made = new PQueue({ concurrency: ACTIONS[action].atOnce });
    this.#queues.set(key, made);
    return made;
  }
}
