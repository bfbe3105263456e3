import { Server } from 'lucide-react';
import type { Timeframe } from '#shared/contract/charts';
import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { LiveCharts } from '../../charts/live-charts';
import { EmptyState } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { NodesTable } from './nodes-table';
import { isOld } from './old';
import { useGuestsPerNode, useNodes } from './use-cluster-rows';

/** The nodes, and one of them with its charts. */
export function NodesTab({ cluster, timeframe }: { cluster: Cluster; timeframe: Timeframe }) {
  const { uuid } = cluster;
  const nodes = useNodes(uuid);
  const guests = useGuestsPerNode(uuid);
  const stale = useLive((state) => isOld(state.live.get(uuid)));
  const [chosen, choose] = useParam('node');
  const opened = nodes.find(({ node }) => node === chosen) ?? nodes[0];
  if (opened === undefined) {
    return (
      <EmptyState icon={Server} title="No node is known yet">
        Nodes appear as soon as the cluster has answered.
      </EmptyState>
    );
  }
  return (
    <Stack>
      <NodesTable
        {...{ nodes, guests, stale }}
        opened={opened.node}
        onOpen={(node) => choose(node, { replace: true })}
      />
      <h2>{opened.node}</h2>
      <LiveCharts
        uuid={uuid}
        target={{ kind: 'node', node: opened.node }}
        timeframe={timeframe}
        heading="h3"
        shown={[
          { id: 'cpu', title: 'CPU and IO wait' },
          { id: 'memory', title: 'Memory' },
          { id: 'network', title: 'Network' },
          { id: 'load', title: 'Load' },
        ]}
      />
    </Stack>
  );
}
