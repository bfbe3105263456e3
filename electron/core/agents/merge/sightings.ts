import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import type { ClusterSightings } from '#shared/contract/merge';
import type { ClusterReader, ClustersEvent } from '../../clusters/types';
import { Channel } from '../../events';
import type { Clock, Logger } from '../../ports';
import type { AgentClients } from '../types';
import { readSightings } from './read';

export interface SightingsDeps {
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  clients: Pick<AgentClients, 'get'>;
  clusters: Pick<ClusterReader, 'list'>;
}

const EVERY_MS = 60_000;
/** An agent of before there were merges is not asked at each look. */
const WITHOUT_MS = 900_000;
const WITHOUT: readonly ErrorCode[] = ['NOT_FOUND', 'UNSUPPORTED', 'NOT_AGENT'];

/** What the agents of all clusters see of other clusters, asked now and then while they answer. */
export class Sightings {
  readonly events: Channel<ClusterSightings[]>;
  readonly #deps: SightingsDeps;
  readonly #known = new Map<string, ClusterSightings>();
  readonly #dueAt = new Map<string, number>();
  readonly #looks = new Map<string, Promise<void>>();
  readonly #end = new AbortController();
  #started = false;

  constructor(deps: SightingsDeps) {
    this.#deps = deps;
    this.events = new Channel((error) =>
      deps.logger.error({ error }, 'A listener of sightings failed'),
    );
  }

  /** Begins to ask by itself; before it only {@link look} asks a cluster. */
  start(): void {
    this.#started = true;
  }

  /** Of those that told any, as last heard. */
  list(uuid?: string): ClusterSightings[] {
    return [...this.#known.values()].filter(
      (each) => each.sightings.length > 0 && (uuid === undefined || each.uuid === uuid),
    );
  }

  /** A cluster was looked at and answers: it is asked where that is due. */
  seen({ uuid, state, clusteros }: Pick<ClusterLive, 'uuid' | 'state' | 'clusteros'>): void {
    const isDue = this.#started && this.#deps.clock.now() >= (this.#dueAt.get(uuid) ?? 0);
    if (clusteros === null || state !== 'active' || !isDue || this.#looks.has(uuid)) return;
    // what cannot be asked now is asked later; the cluster's card tells what is wrong
    this.look(uuid).catch((error: unknown) => {
      if (this.#end.signal.aborted || error instanceof Failure) return;
      this.#deps.logger.error({ error }, 'A cluster could not be asked what it sees');
    });
  }

  /** Asks now; several who ask share one request. @throws Failure */
  look(uuid: string): Promise<void> {
    const known = this.#looks.get(uuid);
    if (known !== undefined) return known;
    const look = this.#look(uuid).finally(() => this.#looks.delete(uuid));
    this.#looks.set(uuid, look);
    return look;
  }

  /** @throws Failure where `uuid` is to be asked and does not answer */
  async heard(wish: { uuid?: string | undefined; refresh: boolean }): Promise<ClusterSightings[]> {
    if (wish.refresh && wish.uuid !== undefined) await this.look(wish.uuid);
    else if (wish.refresh) {
      const all = this.#deps.clusters
        .list()
        .filter(({ kind, isActive }) => kind === 'clusteros' && isActive);
      const looks = await Promise.allSettled(all.map(({ uuid }) => this.look(uuid)));
      for (const look of looks) {
        if (look.status === 'rejected' && !(look.reason instanceof Failure)) throw look.reason;
      }
    }
    return this.list(wish.uuid);
  }

  clustersChanged({ removed }: Pick<ClustersEvent, 'removed'>): void {
    const gone = removed.filter((uuid) => this.#known.delete(uuid));
    if (gone.length > 0) this.events.emit(this.list());
  }

  /** Ends what is being asked. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#looks.values());
  }

  async #look(uuid: string): Promise<void> {
    const { clients, clock, clusters } = this.#deps;
    this.#dueAt.set(uuid, clock.now() + EVERY_MS);
    try {
      const { signal } = this.#end;
      const sightings = readSightings(await clients.get(uuid).get('/api/v1/split', { signal }));
      if (!clusters.list().some((cluster) => cluster.uuid === uuid)) return;
      const before = this.#known.get(uuid)?.sightings ?? [];
      this.#known.set(uuid, { uuid, sightings, heardAt: clock.now() });
      if (before.length + sightings.length > 0) this.events.emit(this.list());
    } catch (error) {
      const lacks = error instanceof Failure && WITHOUT.includes(error.code);
      if (lacks) this.#dueAt.set(uuid, clock.now() + WITHOUT_MS);
      throw error;
    }
  }
}
