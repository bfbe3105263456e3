import type { Chart } from '#shared/contract/charts';
import { bucketMeans, type Measurement, type TimeAxis } from '#shared/domain/downsample';
import { Filling, isKnown, shares, type Values } from './filling';
import { type RrdRow, rrdSeries } from './rrd';
import { type SeriesKey, seriesKey } from './samples';

type Local = ReadonlyMap<SeriesKey, readonly Measurement[]>;

/** One node's part of a cluster's charts. */
export interface NodeSource {
  node: string;
  maxCpu: number | null;
  /** null: the server did not tell */
  rows: readonly RrdRow[] | null;
}

/** The series of this desk's history that can stand in. */
export function clusterKeys(nodes: readonly NodeSource[]): SeriesKey[] {
  const perNode = nodes.flatMap(({ node }) =>
    ['cpu', 'mem', 'memTotal'].map((metric) => seriesKey(`node/${node}`, metric)),
  );
  return [...perNode, seriesKey('', 'netIn'), seriesKey('', 'netOut')];
}

/**
 * The overview of a cluster: CPU and memory by node, network, IO wait and load. Nodes measure at
 * different times, so all series are means over one axis. Network is the sum of the nodes' own
 * traffic; where only this desk knows, of their guests' traffic.
 */
export function clusterCharts(nodes: readonly NodeSource[], local: Local, axis: TimeAxis): Chart[] {
  const build = new Build(local, axis);
  const byNode = (value: (source: NodeSource) => Values) =>
    nodes.map((source) => ({ key: source.node, label: source.node, values: value(source) }));
  const charts = [
    build.chart('cpu', 'fraction', () => byNode((source) => build.cpu(source))),
    build.chart('memory', 'fraction', () => byNode((source) => build.memory(source))),
    build.chart('network', 'bytesPerSecond', () => [
      { key: 'in', label: 'In', values: build.sum(nodes, 'netin', seriesKey('', 'netIn')) },
      { key: 'out', label: 'Out', values: build.sum(nodes, 'netout', seriesKey('', 'netOut')) },
    ]),
    build.chart('load', 'load', () => [
      { key: 'iowait', label: 'IO wait', values: build.iowait(nodes) },
      { key: 'load', label: 'Load', values: build.sum(nodes, 'loadavg', null) },
    ]),
  ];
  return charts.filter(({ series }) => series.some(({ values }) => values.some(isKnown)));
}

/** What the nodes measured, on one axis. */
class Build extends Filling {
  readonly #local: Local;

  constructor(local: Local, axis: TimeAxis) {
    super(axis);
    this.#local = local;
  }

  cpu({ node, rows }: NodeSource): Values {
    return this.filled(this.#means(rows, 'cpu'), this.#recorded(seriesKey(`node/${node}`, 'cpu')));
  }

  memory({ node, rows }: NodeSource): Values {
    const served = shares(this.#means(rows, 'memused'), this.#means(rows, 'memtotal'));
    const entity = `node/${node}`;
    const own = shares(
      this.#recorded(seriesKey(entity, 'mem')),
      this.#recorded(seriesKey(entity, 'memTotal')),
    );
    return this.filled(served, own);
  }

  /**
   * The sum over nodes; a moment in which a node is silent has the sum of the others. What this desk
   * knows is the guests' traffic, another quantity: it stands in for a whole line, never for its end.
   */
  sum(nodes: readonly NodeSource[], key: string, own: SeriesKey | null): Values {
    const served = added(nodes.map(({ rows }) => this.#means(rows, key)));
    const standsIn = own !== null && !served.some(isKnown);
    return this.filled(served, standsIn ? this.#recorded(own) : []);
  }

  /** The mean over nodes, each weighing as much as it has cores. */
  iowait(nodes: readonly NodeSource[]): Values {
    const parts = nodes.map(({ rows, maxCpu }) => {
      const values = this.#means(rows, 'iowait');
      const cores = maxCpu ?? 1;
      return {
        weighed: values.map((value) => (value === null ? null : value * cores)),
        cores: values.map((value) => (value === null ? null : cores)),
      };
    });
    const mean = shares(
      added(parts.map((part) => part.weighed)),
      added(parts.map((part) => part.cores)),
    );
    return this.filled(mean, []);
  }

  #means(rows: readonly RrdRow[] | null, key: string): Values {
    return rows === null ? [] : bucketMeans(rrdSeries(rows, key), this.axis);
  }

  #recorded(key: SeriesKey): Values {
    return bucketMeans(this.#local.get(key) ?? [], this.axis);
  }
}

function added(series: Values[]): Values {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, index) => {
    const parts = series.map((values) => values[index] ?? null).filter(isKnown);
    return parts.length === 0 ? null : parts.reduce((sum, value) => sum + value, 0);
  });
}
