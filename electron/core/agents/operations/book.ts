import {
  type AgentOperation,
  isOver,
  type OperationAnswer,
} from '#shared/contract/agent/operations';
import {
  type ClusterOperation,
  type OperationPlace,
  placeKey,
} from '#shared/contract/cluster-operations';
import { Failure } from '#shared/contract/errors';
import type { ClusterReader, ClustersEvent } from '../../clusters/types';
import type { Store } from '../../db/store';
import { Channel } from '../../events';
import type { Clock, Logger } from '../../ports';
import { dropKnown, findHeard, type Heard, listKnown, saveKnown } from './records';
import { summaryOf } from './summary';

/** Said after something was heard. */
export interface BookEvent {
  upserts: ClusterOperation[];
  /** as `placeKey` names them */
  removed: string[];
}

export interface BookDeps {
  store: Pick<Store, 'read' | 'mutate'>;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  clusters: Pick<ClusterReader, 'list'>;
}

interface Page {
  row: ClusterOperation;
  /** the agents' own count of writes; 0: not heard since the program began */
  serial: number;
  /** heard whole and not stored yet */
  whole: Heard | null;
  /** as it is stored; null: not yet */
  saved: { row: ClusterOperation; serial: number } | null;
}

/** A running operation tells something several times a second; the disk need not hear each. */
const SAVE_EVERY_MS = 10_000;

/** What was last heard of all clusters' operations, also after a restart without a network. */
export class OperationBook {
  readonly events: Channel<BookEvent>;
  readonly #deps: BookDeps;
  readonly #pages = new Map<string, Page>();

  constructor(deps: BookDeps) {
    this.#deps = deps;
    this.events = new Channel((error) =>
      deps.logger.error({ error }, 'A listener of operations failed'),
    );
    for (const row of listKnown(deps.store.read)) {
      this.#pages.set(placeKey(row), { row, serial: 0, whole: null, saved: { row, serial: 0 } });
    }
  }

  /** The newest first. @param uuid of one cluster; all without it */
  list(uuid?: string): ClusterOperation[] {
    return [...this.#pages.values()]
      .flatMap(({ row }) => (uuid === undefined || row.uuid === uuid ? [row] : []))
      .toSorted((a, b) => b.createdAt - a.createdAt);
  }

  /** All that was last heard of one; null: its line at most. */
  async known(place: OperationPlace): Promise<Heard | null> {
    const fresh = this.#pages.get(placeKey(place))?.whole ?? null;
    return fresh ?? (await findHeard(this.#deps.store.read, place));
  }

  /**
   * A cluster told all it has.
   * @param askedAt what was heard of it since stays, whether it is among them or not
   */
  takeAll(uuid: string, operations: readonly AgentOperation[], askedAt: number): void {
    const told = new Set(operations.map(({ id }) => id));
    const gone = this.list(uuid).filter(({ id, heardAt }) => !told.has(id) && heardAt < askedAt);
    const pages = operations.flatMap((each) => this.#turn(uuid, each, null) ?? []);
    for (const row of gone) this.#pages.delete(placeKey(row));
    this.#store(pages, gone);
    this.#tell({ upserts: pages.map(({ row }) => row), removed: gone.map(placeKey) });
  }

  /**
   * A cluster told of one.
   * @param answer all of it, where it was told whole
   * @returns false where something newer is known already, or the cluster is gone
   */
  take(uuid: string, operation: AgentOperation, answer: OperationAnswer | null): boolean {
    const page = this.#turn(uuid, operation, answer);
    if (page === null) return false;
    this.#store([page], []);
    this.#tell({ upserts: [page.row], removed: [] });
    return true;
  }

  /** What was known of removed clusters is gone with them; the store has forgotten it already. */
  clustersChanged({ removed }: Pick<ClustersEvent, 'removed'>): void {
    const gone = removed.flatMap((uuid) => this.list(uuid)).map(placeKey);
    for (const key of gone) this.#pages.delete(key);
    this.#tell({ upserts: [], removed: gone });
  }

  /** Stores what is not stored yet. */
  close(): void {
    const unsaved = [...this.#pages.values()].filter(
      ({ row, whole, saved }) => whole !== null || saved?.row !== row,
    );
    if (unsaved.length > 0) this.#write(unsaved, []);
  }

  #turn(uuid: string, operation: AgentOperation, answer: OperationAnswer | null): Page | null {
    const { clock, clusters } = this.#deps;
    const key = placeKey({ uuid, id: operation.id });
    const before = this.#pages.get(key);
    const { serial } = operation;
    if (before !== undefined && before.serial > serial) return null;
    if (!clusters.list().some((cluster) => cluster.uuid === uuid)) return null;
    const heardAt = clock.now();
    const page: Page = {
      row: summaryOf(uuid, operation, heardAt, clusters.list()),
      serial,
      whole: answer === null ? (before?.whole ?? null) : { answer, heardAt },
      saved: before?.saved ?? null,
    };
    this.#pages.set(key, page);
    return page;
  }

  /** Writes what must not be lost at once, and the rest from time to time. */
  #store(pages: readonly Page[], gone: readonly OperationPlace[]): void {
    const due = pages.filter(({ row, serial, whole, saved }) => {
      if (saved === null || saved.row.state !== row.state) return true;
      if (isOver(row)) return saved.serial !== serial && whole !== null;
      return row.heardAt - saved.row.heardAt >= SAVE_EVERY_MS;
    });
    if (due.length + gone.length > 0) this.#write(due, gone);
  }

  /** What is remembered is a comfort: watching goes on without it. */
  #write(pages: readonly Page[], gone: readonly OperationPlace[]): void {
    try {
      this.#deps.store.mutate(({ db }) => {
        for (const { row, whole } of pages) saveKnown(db, row, whole);
        for (const place of gone) dropKnown(db, place);
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#deps.logger.warn({ code: error.code }, 'Operations could not be remembered');
      return;
    }
    for (const page of pages) {
      page.saved = { row: page.row, serial: page.whole === null ? 0 : page.serial };
      page.whole = null;
    }
  }

  #tell(event: BookEvent): void {
    if (event.upserts.length + event.removed.length > 0) this.events.emit(event);
  }
}
