import type { Timeframe } from '#shared/contract/charts';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { LiveCharts } from '../../charts/live-charts';
import { Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { FigureStrip } from './figure-strip';
import { figuresOf } from './figures';
import { NodesTable } from './nodes-table';
import { isOld } from './old';
import { useGuestsPerNode, useNodes } from './use-cluster-rows';

/** A cluster at a glance: its figures, four charts, its nodes. */
export function OverviewTab({ cluster, timeframe }: { cluster: Cluster; timeframe: Timeframe }) {
  const { uuid } = cluster;
  const live = useLive((state) => state.live.get(uuid));
  const nodes = useNodes(uuid);
  const guests = useGuestsPerNode(uuid);
  return (
    <Stack>
      <FigureStrip figures={figuresOf(live)} stale={isOld(live)} />
      <LiveCharts
        uuid={uuid}
        target={{ kind: 'cluster' }}
        timeframe={timeframe}
        shown={[
          { id: 'cpu', title: 'CPU by node', floors: FULL_SCALE },
          { id: 'memory', title: 'Memory by node', floors: FULL_SCALE },
          { id: 'network', title: 'Network' },
          { id: 'load', title: 'IO wait and load' },
        ]}
      />
      {nodes.length === 0 ? (
        (live === undefined || live.asOf === null) && <Skeleton height="100px" />
      ) : (
        <NodesTable nodes={nodes} guests={guests} stale={isOld(live)} />
      )}
    </Stack>
  );
}

/** Nodes are compared with each other and over days, so the axis always shows all of them. */
const FULL_SCALE = { fraction: 1 };
