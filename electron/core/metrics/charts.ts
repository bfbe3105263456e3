import type { Chart, ChartTarget, Timeframe } from '#shared/contract/charts';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterLive, GuestRow, InventoryRows } from '#shared/contract/inventory';
import type { Clock } from '../ports';
import type { PveClients } from '../pve/types';
import type { MetricHistory } from './history';
import { entityCharts, localKeys, PLANS } from './one-entity';
import { type RrdRow, readRrd } from './rrd';
import { storageEntity } from './samples';
import { axisOf, freshFor } from './timeframes';
import { clusterCharts, clusterKeys, type NodeSource } from './whole-cluster';

export interface ChartAnswer {
  charts: Chart[];
  note: string | null;
  asOf: number;
}

export interface ChartsDeps {
  clock: Clock;
  clients: Pick<PveClients, 'get'>;
  history: Pick<MetricHistory, 'read'>;
  watcher: {
    view(uuid: string): ClusterLive;
    rows(uuid: string): InventoryRows;
    guest(uuid: string, guestId: string): GuestRow | undefined;
  };
}

const DEADLINE_MS = 10_000;
const MAX_NODES = 8;
const MAX_CACHED = 64;
const OWN_HISTORY = 'This is what this desk recorded itself.';

/** Draws on the server's rrddata and on this desk's own history where there is no server. */
export class Charts {
  readonly #deps: ChartsDeps;
  readonly #cache = new Map<string, { until: number; rows: Promise<RrdRow[]> }>();

  constructor(deps: ChartsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND; a silent server is no failure but a note */
  async get(uuid: string, target: ChartTarget, timeframe: Timeframe): Promise<ChartAnswer> {
    const asOf = this.#deps.clock.now();
    const { charts, note } =
      target.kind === 'cluster'
        ? await this.#ofCluster(uuid, timeframe, asOf)
        : await this.#ofEntity(uuid, target, timeframe, asOf);
    return { charts, note, asOf };
  }

  async #ofCluster(uuid: string, timeframe: Timeframe, now: number) {
    const all = this.#deps.watcher.rows(uuid).nodes;
    const busiest = all
      .toSorted((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1))
      .slice(0, MAX_NODES)
      .toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
    const silent: string[] = [];
    const sources = await Promise.all(
      busiest.map(async ({ node, maxCpu }): Promise<NodeSource> => {
        const rows = await this.#served(uuid, `/nodes/${node}/rrddata`, timeframe);
        if (rows instanceof Failure) silent.push(node);
        return { node, maxCpu, rows: rows instanceof Failure ? null : rows };
      }),
    );
    const axis = axisOf(timeframe, now);
    const local = this.#deps.history.read(uuid, clusterKeys(sources), axis.fromMs, now);
    const notes = [
      ...silenceNote(silent, sources.length),
      ...(all.length > MAX_NODES
        ? [`The ${MAX_NODES} busiest of ${all.length} nodes are shown.`]
        : []),
    ];
    return {
      charts: clusterCharts(sources, local, axis),
      note: notes.length === 0 ? null : notes.join(' '),
    };
  }

  async #ofEntity(
    uuid: string,
    target: Exclude<ChartTarget, { kind: 'cluster' }>,
    timeframe: Timeframe,
    now: number,
  ) {
    const { path, entity } = this.#place(uuid, target);
    const served = await this.#served(uuid, path, timeframe);
    const axis = axisOf(timeframe, now);
    const plans = PLANS[target.kind];
    const local = this.#deps.history.read(uuid, localKeys(plans, entity), axis.fromMs, now);
    const rows = served instanceof Failure ? [] : served;
    const charts = entityCharts(plans, entity, { rows, local, axis });
    if (!(served instanceof Failure)) return { charts, note: null };
    const rest =
      target.kind === 'guest' ? 'Only the server keeps the history of guests.' : OWN_HISTORY;
    return { charts, note: `${served.message} ${rest}` };
  }

  /** Only what the inventory has is asked for, so no name of a caller's making reaches a path. */
  #place(uuid: string, target: Exclude<ChartTarget, { kind: 'cluster' }>) {
    const rows = this.#deps.watcher.rows(uuid);
    switch (target.kind) {
      case 'node': {
        const node = rows.nodes.find((each) => each.node === target.node);
        if (node === undefined) throw unknown('node');
        return { path: `/nodes/${node.node}/rrddata`, entity: node.id };
      }
      case 'guest': {
        const guest = this.#deps.watcher.guest(uuid, target.guestId);
        if (guest === undefined) throw unknown('guest');
        return { path: `/nodes/${guest.node}/${guest.id}/rrddata`, entity: guest.id };
      }
      case 'storage': {
        const row = rows.storages.find(
          ({ node, storage }) => node === target.node && storage === target.storage,
        );
        if (row === undefined) throw unknown('storage');
        const path = `/nodes/${row.node}/storage/${row.storage}/rrddata`;
        return { path, entity: storageEntity(row) };
      }
    }
  }

  /** The server's rows, or why there are none; a cluster known to be silent is not asked. */
  async #served(uuid: string, path: string, timeframe: Timeframe): Promise<RrdRow[] | Failure> {
    const { failure } = this.#deps.watcher.view(uuid);
    if (failure !== null) return fail(failure.code, failure.data, failure.message);
    try {
      return await this.#cached(uuid, path, timeframe);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  /** Several screens and quick returns share one request. */
  #cached(uuid: string, path: string, timeframe: Timeframe): Promise<RrdRow[]> {
    const key = `${uuid} ${path} ${timeframe}`;
    const now = this.#deps.clock.now();
    const known = this.#cache.get(key);
    if (known !== undefined && known.until > now) return known.rows;
    const rows = this.#deps.clients
      .get(uuid)
      .call('GET', path, { timeframe, cf: 'AVERAGE' }, { deadlineMs: DEADLINE_MS })
      .then((answer) => readRrd(answer.data));
    this.#cache.delete(key);
    this.#cache.set(key, { until: now + freshFor(timeframe), rows });
    rows.catch(() => this.#cache.delete(key));
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
    return rows;
  }
}

function unknown(what: string): Failure {
  return fail('NOT_FOUND', {
    remedy: `Look at the list again: the ${what} may have been removed.`,
  });
}

function silenceNote(silent: readonly string[], asked: number): string[] {
  if (silent.length === 0) return [];
  if (silent.length === asked) return [`The server does not answer. ${OWN_HISTORY}`];
  const names = silent.toSorted().join(', ');
  return [`Of ${names} only what this desk recorded is shown; the server has nothing to tell.`];
}
