import type {
  CandidatesAnswer,
  OperationPlan,
  OperationWish,
} from '#shared/contract/agent/operations';
import {
  type ClusterOperation,
  type ClusterOperationView,
  type OperationPlace,
  placeKey,
  type WantedOperation,
} from '#shared/contract/cluster-operations';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterReader, ClustersEvent } from '../../clusters/types';
import type { Store } from '../../db/store';
import type { Clock, Logger } from '../../ports';
import type { AgentClients } from '../types';
import type { OperationBook } from './book';
import type { OperationsEar } from './ear';
import { Follower } from './follower';
import { ordersTo } from './ordered';
import type { OperationOrders } from './orders';
import { readAnswer } from './read';
import { type Report, type ReportFormat, reportOf } from './report';
import { summaryOf } from './summary';

export interface ClusterOperationsDeps {
  clock: Clock;
  logger: Logger;
  clusters: ClusterReader;
  clients: Pick<AgentClients, 'get'>;
  book: OperationBook;
  ear: Pick<OperationsEar, 'look'>;
  store: Pick<Store, 'read'>;
  orders: OperationOrders;
}

interface Followed {
  follower: Follower;
  started: Promise<void>;
  watchers: number;
}

const GET_MS = 10_000;

/** Operations that the agents of ClusterOS clusters carry out: ordered, watched and told of here. */
export class ClusterOperations {
  readonly #deps: ClusterOperationsDeps;
  readonly #followed = new Map<string, Followed>();

  constructor(deps: ClusterOperationsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure of the call */
  candidates(uuid: string): Promise<CandidatesAnswer> {
    return this.#deps.orders.candidates(uuid);
  }

  /** @throws Failure INVALID_INPUT | NOT_FOUND | UNSUPPORTED | PERMISSION_DENIED */
  plan(wanted: WantedOperation): Promise<OperationPlan> {
    return this.#deps.orders.plan(wanted);
  }

  /** @throws Failure PLAN_STALE | CHECKS_FAILED | CONFIRMATION_REQUIRED | REVISION_CHANGED */
  async start(order: {
    uuid: string;
    planHash: string;
    confirm: string;
    confirmCluster?: string | undefined;
  }): Promise<ClusterOperation> {
    const { book, clock, clusters, orders } = this.#deps;
    const { uuid, planHash, confirm, confirmCluster } = order;
    const operation = await orders.start(uuid, planHash, confirm, confirmCluster);
    book.take(uuid, operation, null);
    return summaryOf(uuid, operation, clock.now(), clusters.list());
  }

  /** @returns what will happen, in a sentence. @throws Failure NOT_FOUND | INVALID_INPUT */
  async ask(
    order: OperationPlace & { wish: OperationWish; confirmCluster?: string | undefined },
  ): Promise<{ message: string }> {
    const { uuid, id, wish, confirmCluster } = order;
    const message = await this.#deps.orders.ask({ uuid, id }, wish, confirmCluster);
    this.#followed.get(placeKey(order))?.follower.nudge();
    return { message };
  }

  /**
   * The newest first, as last heard.
   * @throws Failure where `uuid` is to be refreshed and cannot be asked; of all clusters the silent
   *   ones keep what was last heard of them
   */
  async list(wish: {
    uuid?: string | undefined;
    refresh: boolean;
    limit: number;
  }): Promise<ClusterOperation[]> {
    const { clusters, ear, book } = this.#deps;
    if (wish.refresh && wish.uuid !== undefined) await ear.look(wish.uuid);
    else if (wish.refresh) {
      const all = clusters.list().filter(({ kind, isActive }) => kind === 'clusteros' && isActive);
      const looks = await Promise.allSettled(all.map(({ uuid }) => ear.look(uuid)));
      for (const look of looks) {
        if (look.status === 'rejected' && !(look.reason instanceof Failure)) throw look.reason;
      }
    }
    return book.list(wish.uuid).slice(0, wish.limit);
  }

  /** Asked now, or as last heard with the reason. @throws Failure where nothing is known of it */
  async get(place: OperationPlace): Promise<ClusterOperationView> {
    const { clients, clock, book } = this.#deps;
    const { uuid, id } = place;
    try {
      const path = `/api/v1/operations/${id}`;
      const { data, endpoint } = await clients.get(uuid).get(path, { deadlineMs: GET_MS });
      const answer = readAnswer(data, endpoint);
      book.take(uuid, answer.operation, answer);
      const heardAt = clock.now();
      return { uuid, id, answer, hearing: { state: 'live', heardAt, endpoint, failure: null } };
    } catch (error) {
      const known = error instanceof Failure ? await book.known(place) : null;
      if (known === null || !(error instanceof Failure)) throw error;
      const { answer, heardAt } = known;
      const failure = error.view();
      return { uuid, id, answer, hearing: { state: 'lost', heardAt, endpoint: null, failure } };
    }
  }

  /** What is known at once, then at each change, until the signal aborts or the consumer stops. */
  async *watch(
    { uuid, id }: OperationPlace,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ClusterOperationView> {
    this.#deps.clusters.get(uuid);
    const { follower, started } = this.#join({ uuid, id });
    let wake: () => void = () => undefined;
    const ring = () => wake();
    const unsubscribe = follower.changes.subscribe(ring);
    signal?.addEventListener('abort', ring, { once: true });
    try {
      await started;
      for (let told: ClusterOperationView | null = null; signal?.aborted !== true; ) {
        const rung = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const view = follower.view();
        const isTold = told?.answer === view.answer && told.hearing === view.hearing;
        if (isTold) await rung;
        else yield view;
        told = view;
      }
    } finally {
      unsubscribe();
      signal?.removeEventListener('abort', ring);
      this.#leave({ uuid, id });
    }
  }

  /** @throws Failure NOT_FOUND where nothing is known of it, and of the call */
  async report(place: OperationPlace, format: ReportFormat): Promise<Report> {
    const { clusters, clock, store } = this.#deps;
    const { clusterId, name } = clusters.get(place.uuid);
    const { answer, hearing } = await this.get(place);
    if (answer === null) throw fail('NOT_FOUND', { remedy: 'Look at the list of operations.' });
    const heardAt = hearing.heardAt ?? clock.now();
    const ordered = ordersTo(store.read, place.id);
    const facts = { clusterId, name, heardAt, writtenAt: clock.now(), ordered };
    return reportOf(answer, facts, format);
  }

  isFollowed(place: OperationPlace): boolean {
    return this.#followed.has(placeKey(place));
  }

  clustersChanged(event: Pick<ClustersEvent, 'removed'>): void {
    this.#deps.book.clustersChanged(event);
  }

  /** Before the store is closed. */
  async close(): Promise<void> {
    const all = [...this.#followed.values()];
    this.#followed.clear();
    await Promise.all(all.map(({ follower }) => follower.close()));
    this.#deps.book.close();
  }

  /** All who watch the same operation share one connection. */
  #join(place: OperationPlace): Followed {
    const key = placeKey(place);
    const known = this.#followed.get(key);
    if (known !== undefined) {
      known.watchers += 1;
      return known;
    }
    const { clock, logger, clients, book } = this.#deps;
    const follower = new Follower(place, {
      clock,
      logger,
      client: () => clients.get(place.uuid),
      known: () => book.known(place),
      onAnswer: (answer) => book.take(place.uuid, answer.operation, answer),
    });
    const followed = { follower, started: follower.start(), watchers: 1 };
    this.#followed.set(key, followed);
    return followed;
  }

  #leave(place: OperationPlace): void {
    const key = placeKey(place);
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    followed.watchers -= 1;
    if (followed.watchers > 0) return;
    this.#followed.delete(key);
    void followed.follower.close();
  }
}
