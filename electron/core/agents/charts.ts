import type { SamplesAnswer } from '#shared/contract/agent/dashboard';
import type { Chart, ChartTarget, Timeframe } from '#shared/contract/charts';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterLive, ClusterTotals, InventoryRows } from '#shared/contract/inventory';
import { bucketMeans, type Measurement, type TimeAxis } from '#shared/domain/downsample';
import type { ChartAnswer } from '../metrics/charts';
import { Filling, isKnown, shares, type Values } from '../metrics/filling';
import type { MetricHistory } from '../metrics/history';
import { type SeriesKey, seriesKey } from '../metrics/samples';
import { axisOf, freshFor } from '../metrics/timeframes';
import type { Clock } from '../ports';
import { asBackfill, readSamples } from './samples';
import type { AgentClients } from './types';

export interface ClusterosChartsDeps {
  clock: Clock;
  clients: Pick<AgentClients, 'get'>;
  history: Pick<MetricHistory, 'read'>;
  watcher: {
    view(uuid: string): ClusterLive;
    rows(uuid: string): InventoryRows;
  };
}

type Points = ReadonlyMap<SeriesKey, readonly Measurement[]>;

const DEADLINE_MS = 10_000;
const MAX_NODES = 8;
const MAX_CACHED = 32;
const OWN_HISTORY = 'This is what this desk recorded itself.';
const NODE_METRICS = ['cpu', 'mem', 'memTotal', 'disk'] as const;
const CLUSTER_METRICS = ['storage', 'storageTotal', 'jobsRunning', 'jobsWaiting'] as const;
/** The agents keep a day; a longer line has its older part from this desk. */
const MINUTES: Record<Timeframe, number> = {
  hour: 60,
  day: 1440,
  week: 1440,
  month: 1440,
  year: 1440,
};

/** Charts of a ClusterOS cluster: what its agents measured, and this desk's history where they have none. */
export class ClusterosCharts {
  readonly #deps: ClusterosChartsDeps;
  readonly #cache = new Map<string, { until: number; samples: Promise<SamplesAnswer> }>();

  constructor(deps: ClusterosChartsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND; a silent agent is no failure but a note */
  async get(uuid: string, target: ChartTarget, timeframe: Timeframe): Promise<ChartAnswer> {
    const asOf = this.#deps.clock.now();
    const rows = this.#deps.watcher.rows(uuid);
    const nodes = chosenNodes(rows, target);
    const served = await this.#served(uuid, timeframe);
    const axis = axisOf(timeframe, asOf);
    const keys = [
      ...nodes.flatMap(({ id }) => NODE_METRICS.map((metric) => seriesKey(id, metric))),
      ...CLUSTER_METRICS.map((metric) => seriesKey('', metric)),
    ];
    const local = this.#deps.history.read(uuid, keys, axis.fromMs, asOf);
    const totals = this.#deps.watcher.view(uuid).totals;
    const server = served instanceof Failure ? new Map() : measurementsOf(served, rows, totals);
    const build = new Build(server, local, axis);
    const charts = target.kind === 'node' ? nodeCharts(build, nodes) : clusterCharts(build, nodes);
    const notes = [
      ...(served instanceof Failure ? [`${served.message} ${OWN_HISTORY}`] : []),
      ...(target.kind === 'cluster' && rows.nodes.length > MAX_NODES
        ? [`The ${MAX_NODES} busiest of ${rows.nodes.length} nodes are shown.`]
        : []),
    ];
    return {
      charts: charts.filter(({ series }) => series.some(({ values }) => values.some(isKnown))),
      note: notes.length === 0 ? null : notes.join(' '),
      asOf,
    };
  }

  /** A cluster known to be silent is not asked. */
  async #served(uuid: string, timeframe: Timeframe): Promise<SamplesAnswer | Failure> {
    const { failure } = this.#deps.watcher.view(uuid);
    if (failure !== null) return fail(failure.code, failure.data, failure.message);
    try {
      return await this.#cached(uuid, timeframe);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  /** Several screens and quick returns share one request. */
  #cached(uuid: string, timeframe: Timeframe): Promise<SamplesAnswer> {
    const minutes = MINUTES[timeframe];
    const key = `${uuid} ${minutes}`;
    const now = this.#deps.clock.now();
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.until > now) return cached.samples;
    const samples = this.#deps.clients
      .get(uuid)
      .get(`/api/v1/samples?minutes=${minutes}`, { deadlineMs: DEADLINE_MS })
      .then(({ data, endpoint }) => readSamples(data, endpoint));
    this.#cache.delete(key);
    this.#cache.set(key, { until: now + freshFor(timeframe), samples });
    samples.catch(() => this.#cache.delete(key));
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
    return samples;
  }
}

function chosenNodes({ nodes }: InventoryRows, target: ChartTarget): InventoryRows['nodes'] {
  if (target.kind === 'cluster') {
    return nodes
      .toSorted((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1))
      .slice(0, MAX_NODES)
      .toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  }
  const found = nodes.filter(({ node }) => target.kind === 'node' && node === target.node);
  if (found.length > 0) return found;
  const remedy = 'Look at the list again: the node may have been removed.';
  throw fail('NOT_FOUND', { remedy });
}

function measurementsOf(
  samples: SamplesAnswer,
  rows: InventoryRows,
  totals: ClusterTotals | null,
): Map<SeriesKey, Measurement[]> {
  const { fromMs, stepMs, series } = asBackfill(samples, rows, totals);
  return new Map(
    [...series].map(([key, values]): [SeriesKey, Measurement[]] => [
      key,
      values.flatMap((value, index): Measurement[] =>
        value === null ? [] : [[fromMs + (index + 1) * stepMs, value, stepMs]],
      ),
    ]),
  );
}

function clusterCharts(build: Build, nodes: InventoryRows['nodes']): Chart[] {
  const byNode = (values: (id: string) => Values) =>
    nodes.map(({ id, node }) => ({ key: node, label: node, values: values(id) }));
  return [
    build.chart('cpu', 'fraction', () => byNode((id) => build.values(id, 'cpu'))),
    build.chart('memory', 'fraction', () =>
      byNode((id) => shares(build.values(id, 'mem'), build.values(id, 'memTotal'))),
    ),
    build.chart('jobs', 'count', () => [
      { key: 'running', label: 'Running', values: build.values('', 'jobsRunning') },
      { key: 'waiting', label: 'Waiting', values: build.values('', 'jobsWaiting') },
    ]),
    build.chart('storage', 'bytes', () => [
      { key: 'used', label: 'Used', values: build.values('', 'storage') },
      { key: 'total', label: 'Total', values: build.values('', 'storageTotal') },
    ]),
  ];
}

function nodeCharts(build: Build, [node]: InventoryRows['nodes']): Chart[] {
  const id = node?.id ?? '';
  return [
    build.chart('cpu', 'fraction', () => [
      { key: 'cpu', label: 'CPU', values: build.values(id, 'cpu') },
    ]),
    build.chart('memory', 'bytes', () => [
      { key: 'used', label: 'Used', values: build.values(id, 'mem') },
      { key: 'total', label: 'Total', values: build.values(id, 'memTotal') },
    ]),
    build.chart('disk', 'bytes', () => [
      { key: 'used', label: 'Used', values: build.values(id, 'disk') },
    ]),
  ];
}

/** Two sets of series on one axis, the cluster's own first. */
class Build extends Filling {
  readonly #server: Points;
  readonly #local: Points;

  constructor(server: Points, local: Points, axis: TimeAxis) {
    super(axis);
    this.#server = server;
    this.#local = local;
  }

  values(entity: string, metric: string): Values {
    const key = seriesKey(entity, metric);
    const means = (points: Points) => bucketMeans(points.get(key) ?? [], this.axis);
    return this.filled(means(this.#server), means(this.#local));
  }
}
