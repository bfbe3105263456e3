import type { ClusterLive, ClusterosLive } from '#shared/contract/inventory';
import { bytes, count } from '#shared/domain/units';
import {
  callsFigure,
  cpuFigure,
  type Figure,
  memoryFigure,
  NOTHING,
  ofTotal,
  plural,
  shareFigure,
} from '../cluster/figures';

/** The figures of a ClusterOS cluster's overview, in reading order. */
export function clusterosFigures(live: ClusterLive | undefined): Figure[] {
  const totals = live?.totals ?? null;
  const own = live?.clusteros ?? null;
  return [
    cpuFigure(totals, [0.95, 1.01]),
    memoryFigure(totals),
    shareFigure(
      'disk',
      'Disk',
      totals?.storage ?? NOTHING,
      ({ used, total }) => ofTotal(bytes(used, 'si'), bytes(total, 'si')),
      [0.8, 0.92],
    ),
    {
      key: 'jobs',
      label: 'Jobs',
      quantity: count(own?.jobs.running ?? null),
      words: own === null ? 'not known' : jobWords(own.jobs),
      tone: 'plain',
    },
    nodeFigure(totals?.nodes, own),
    callsFigure(live),
  ];
}

function jobWords({ waiting, total }: ClusterosLive['jobs']): string {
  return `of ${total} run, ${waiting} ${waiting === 1 ? 'waits' : 'wait'}`;
}

function nodeFigure(
  nodes: NonNullable<ClusterLive['totals']>['nodes'] | undefined,
  own: ClusterosLive | null,
): Figure {
  const all = nodes && nodes.online + nodes.offline + nodes.unknown;
  const parts = [
    all !== undefined && `of ${all}`,
    own !== null && own.drained > 0 && `${own.drained} drained`,
    own !== null && own.gpus > 0 && plural(own.gpus, 'GPU'),
  ].filter((part) => typeof part === 'string');
  return {
    key: 'nodes',
    label: 'Nodes',
    quantity: count(nodes?.online ?? null),
    words: parts.length === 0 ? 'not known' : parts.join(', '),
    tone: nodes && nodes.offline > 0 ? 'warning' : 'plain',
  };
}
