import { randomUUID } from 'node:crypto';
import { fail } from '#shared/contract/errors';
import type { InventoryRows } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import { Channel } from '../events';
import type { Clock, Logger } from '../ports';
import { Backlog, type LiveChange } from './backlog';

type Snapshot = Omit<Extract<LiveEvent, { type: 'snapshot' }>, 'type' | 'subscription'>;

export interface LiveDeps {
  clock: Clock;
  logger: Logger;
  /** everything but the rows, as it is now */
  snapshot(): Snapshot;
  rows(uuid: string): InventoryRows;
  /** whether some window shows the clusters */
  onSeen(seen: boolean): void;
  /** guest rows a slow subscriber may lag behind before it gets a new snapshot; default 20,000 */
  maxLag?: number;
}

/** At most four batches a second reach a screen: more can nobody read. */
const BATCH_MS = 250;

/** One source of changes, many subscribers; each hears a snapshot first and then what changed. */
export class LiveHub {
  readonly #deps: LiveDeps;
  readonly #changes: Channel<LiveChange>;
  readonly #visible = new Map<string, boolean>();

  constructor(deps: LiveDeps) {
    this.#deps = deps;
    this.#changes = new Channel((error) =>
      deps.logger.error({ error }, 'A live subscriber failed'),
    );
  }

  /** Whether some window shows the clusters. */
  get isSeen(): boolean {
    return [...this.#visible.values()].includes(true);
  }

  publish(change: LiveChange): void {
    this.#changes.emit(change);
  }

  /** @throws Failure NOT_FOUND when the subscription has ended */
  attend(subscription: string, visible: boolean): void {
    if (!this.#visible.has(subscription)) {
      throw fail('NOT_FOUND', { remedy: 'Subscribe again; the connection was lost.' });
    }
    this.#visible.set(subscription, visible);
    this.#tellSeen();
  }

  /** Ends when the signal aborts or the consumer stops. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<LiveEvent> {
    const subscription = randomUUID();
    const backlog = new Backlog(this.#deps.maxLag ?? 20_000);
    const bell = new Bell(signal);
    const unsubscribe = this.#changes.subscribe((change) => {
      backlog.add(change);
      bell.ring();
    });
    this.#visible.set(subscription, true);
    this.#tellSeen();
    try {
      yield* this.#whole(subscription, backlog);
      let nextAt = 0;
      while (!bell.ended) {
        await bell.rung();
        await this.#pause(nextAt - this.#deps.clock.now(), signal);
        if (bell.ended) return;
        nextAt = this.#deps.clock.now() + BATCH_MS;
        bell.hush();
        if (backlog.overflowed) yield* this.#whole(subscription, backlog);
        else yield* backlog.drain();
      }
    } finally {
      unsubscribe();
      bell.close();
      this.#visible.delete(subscription);
      this.#tellSeen();
    }
  }

  /** Changes said while this is being sent are heard after it, and merging makes them harmless. */
  *#whole(subscription: string, backlog: Backlog): Generator<LiveEvent> {
    backlog.clear();
    const snapshot = this.#deps.snapshot();
    const uuids = snapshot.clusters.map((cluster) => cluster.uuid);
    yield { type: 'snapshot', subscription, ...snapshot };
    for (const uuid of uuids) {
      const rows = this.#rowsOf(uuid);
      if (rows !== null) yield { type: 'inventoryAll', uuid, rows };
    }
  }

  /** null: nothing known, or the cluster was removed in the meantime */
  #rowsOf(uuid: string): InventoryRows | null {
    try {
      const rows = this.#deps.rows(uuid);
      return rows.nodes.length > 0 ? rows : null;
    } catch {
      return null;
    }
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await this.#deps.clock.sleep(ms, signal).catch(() => undefined);
  }

  #tellSeen(): void {
    this.#deps.onSeen(this.isSeen);
  }
}

/** Wakes one waiting subscriber: when something changed, or when its signal ends it. */
class Bell {
  readonly #signal: AbortSignal | undefined;
  #ringing = false;
  #wake: () => void = () => undefined;
  readonly #onAbort = () => this.#wake();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get ended(): boolean {
    return this.#signal?.aborted ?? false;
  }

  ring(): void {
    this.#ringing = true;
    this.#wake();
  }

  hush(): void {
    this.#ringing = false;
  }

  rung(): Promise<void> {
    if (this.#ringing || this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
