import { agentEvent } from '#shared/contract/agent/dashboard';
import { isOpen, type OperationPlace } from '#shared/contract/cluster-operations';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import type { Clock, Logger } from '../../ports';
import type { AgentClients } from '../types';
import type { OperationBook } from './book';
import { readAnswer, readOperations } from './read';

export interface EarDeps {
  clock: Clock;
  logger: Logger;
  clients: Pick<AgentClients, 'get'>;
  book: Pick<OperationBook, 'list' | 'take' | 'takeAll'>;
  /** whether somebody follows it, and so hears it anyway */
  isFollowed(place: OperationPlace): boolean;
}

const EVERY_MS = 60_000;
const EVERY_OPEN_MS = 10_000;
/** An agent of before there were operations is not asked at each look. */
const WITHOUT_MS = 900_000;
const WITHOUT: readonly ErrorCode[] = ['NOT_FOUND', 'UNSUPPORTED', 'NOT_AGENT'];
/** A running operation tells of itself several times a second. */
const GAP_MS = 1_000;

/** Keeps the lists of all clusters' operations fresh: by their events, and by looking now and then. */
export class OperationsEar {
  readonly #deps: EarDeps;
  readonly #dueAt = new Map<string, number>();
  readonly #looks = new Map<string, Promise<void>>();
  readonly #told = new Map<string, Set<string>>();
  readonly #runs = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #started = false;

  constructor(deps: EarDeps) {
    this.#deps = deps;
  }

  /** Begins to ask by itself; before it only {@link look} asks a cluster. */
  start(): void {
    this.#started = true;
  }

  /** A cluster was looked at and answers: it is asked for its operations where that is due. */
  seen({ uuid, state, clusteros }: Pick<ClusterLive, 'uuid' | 'state' | 'clusteros'>): void {
    const isDue = this.#started && this.#deps.clock.now() >= (this.#dueAt.get(uuid) ?? 0);
    if (clusteros === null || state !== 'active' || !isDue || this.#looks.has(uuid)) return;
    this.#run(this.look(uuid));
  }

  /** An event of a cluster's agents, unchecked. */
  heard(uuid: string, data: unknown): void {
    const event = agentEvent.safeParse(data).data;
    if (event?.kind !== 'operation' || this.#end.signal.aborted) return;
    const { subject } = event;
    if (subject === undefined) return this.#run(this.look(uuid));
    if (this.#deps.isFollowed({ uuid, id: subject })) return;
    const waiting = this.#told.get(uuid);
    if (waiting !== undefined) {
      waiting.add(subject);
      return;
    }
    this.#told.set(uuid, new Set([subject]));
    this.#run(this.#askAll(uuid));
  }

  /** Asks a cluster for all its operations; several who ask share one request. @throws Failure */
  look(uuid: string): Promise<void> {
    const known = this.#looks.get(uuid);
    if (known !== undefined) return known;
    const look = this.#look(uuid).finally(() => this.#looks.delete(uuid));
    this.#looks.set(uuid, look);
    return look;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#runs);
  }

  async #look(uuid: string): Promise<void> {
    const { clients, clock, book } = this.#deps;
    const askedAt = clock.now();
    this.#dueAt.set(uuid, askedAt + EVERY_OPEN_MS);
    try {
      const { signal } = this.#end;
      const { data, endpoint } = await clients.get(uuid).get('/api/v1/operations', { signal });
      book.takeAll(uuid, readOperations(data, endpoint), askedAt);
    } catch (error) {
      const lacks = error instanceof Failure && WITHOUT.includes(error.code);
      this.#dueAt.set(uuid, askedAt + (lacks ? WITHOUT_MS : EVERY_MS));
      throw error;
    }
    const everyMs = book.list(uuid).some(isOpen) ? EVERY_OPEN_MS : EVERY_MS;
    this.#dueAt.set(uuid, askedAt + everyMs);
  }

  /** Asks for those that were told of, until none is left. */
  async #askAll(uuid: string): Promise<void> {
    const { clients, clock, book } = this.#deps;
    const { signal } = this.#end;
    try {
      for (let ids = this.#taken(uuid); ids.length > 0; ids = this.#taken(uuid)) {
        for (const id of ids) {
          const client = clients.get(uuid);
          const { data, endpoint } = await client.get(`/api/v1/operations/${id}`, { signal });
          const answer = readAnswer(data, endpoint);
          book.take(uuid, answer.operation, answer);
        }
        await clock.sleep(GAP_MS, signal);
      }
    } finally {
      this.#told.delete(uuid);
    }
  }

  #taken(uuid: string): string[] {
    const waiting = this.#told.get(uuid) ?? new Set();
    const ids = [...waiting];
    waiting.clear();
    return ids;
  }

  /** What cannot be asked now is asked at the next look; the cluster's card tells what is wrong. */
  #run(work: Promise<void>): void {
    const run = work
      .catch((error: unknown) => {
        if (this.#end.signal.aborted || error instanceof Failure) return;
        this.#deps.logger.error({ error }, 'Operations of a cluster could not be heard');
      })
      .finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }
}
