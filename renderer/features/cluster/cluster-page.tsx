import { Pencil, PlugZap } from 'lucide-react';
import { type Timeframe, timeframe as timeframeSchema } from '#shared/contract/charts';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import type { LiveState } from '../../app/live-store';
import { NotFound } from '../../app/not-found';
import { Button } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { Page } from '../../ui/page';
import { useSessionState } from '../../ui/session-state';
import { StateDot } from '../../ui/state';
import { TabLinks } from '../../ui/tabs';
import { ClusterMenu } from '../clusters/cluster-menu';
import { clusterState } from '../clusters/state-words';
import { clusterHref, useClusterActions } from '../clusters/use-cluster-actions';
import { GuestList } from '../guests/guest-list';
import { TaskList } from '../tasks/task-list';
import { ClusterLead } from './cluster-lead';
import styles from './cluster-page.module.css';
import { ConfigurationTab } from './configuration-tab';
import { NodesTab } from './nodes-tab';
import { OverviewTab } from './overview-tab';
import { Standing } from './standing';
import { StorageTab } from './storage-tab';
import { storageViews } from './storage-view';

const TABS = ['overview', 'nodes', 'guests', 'storage', 'tasks', 'configuration'] as const;
type Tab = (typeof TABS)[number];

interface ClusterPageProps {
  clusterId: string;
  tab: string | undefined;
}

/** One cluster: everything that is known of it and can be done with it. */
export default function ClusterPage({ clusterId, tab = 'overview' }: ClusterPageProps) {
  const cluster = useLive((state) => clusterWithId(state, clusterId));
  const current = TABS.find((known) => known === tab);
  if (cluster === undefined) return <NotFound what="There is no such cluster on this desk." />;
  if (current === undefined) return <NotFound />;
  return <OpenCluster cluster={cluster} tab={current} />;
}

function clusterWithId({ clusters }: LiveState, clusterId: string): Cluster | undefined {
  for (const cluster of clusters.values()) if (cluster.clusterId === clusterId) return cluster;
  return undefined;
}

const TIMEFRAMES = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
  { value: 'year', label: 'Year' },
] as const satisfies { value: Timeframe; label: string }[];
const WITHOUT_CLUSTER = ['cluster'] as const;

function OpenCluster({ cluster, tab }: { cluster: Cluster; tab: Tab }) {
  const { uuid } = cluster;
  const live = useLive((state) => state.live.get(uuid));
  const group = useLive((state) => state.groups.find((one) => one.uuid === cluster.groupUuid));
  const actions = useClusterActions(cluster);
  const [timeframe, setTimeframe] = useSessionState('cluster.timeframe', timeframeSchema, 'hour');
  const withCharts = tab === 'overview' || tab === 'nodes';
  return (
    <Page
      title={cluster.name}
      fill={tab === 'guests'}
      mark={<StateDot {...clusterState(live)} />}
      aside={<CodeText quiet>{cluster.clusterId}</CodeText>}
      crumbs={[
        { label: 'Deck', href: '#/' },
        ...(group ? [{ label: group.name, href: `#/groups/${group.uuid}` }] : []),
      ]}
      lead={<ClusterLead cluster={cluster} live={live} />}
      actions={
        <>
          <Button icon={PlugZap} onClick={actions.test}>
            Test connection
          </Button>
          <Button icon={Pencil} onClick={actions.edit}>
            Edit
          </Button>
          <ClusterMenu cluster={cluster} state={live?.state} />
        </>
      }
      bar={
        <div className={styles.bar}>
          <Tabs cluster={cluster} current={tab} />
          <div className={styles.span}>
            {withCharts && (
              <Segmented
                label="Span of the charts"
                value={timeframe}
                options={TIMEFRAMES}
                onChange={setTimeframe}
              />
            )}
          </div>
        </div>
      }
    >
      <div className={tab === 'guests' ? styles.fill : styles.column}>
        <Standing cluster={cluster} live={live} />
        {tab === 'overview' && <OverviewTab cluster={cluster} timeframe={timeframe} />}
        {tab === 'nodes' && <NodesTab cluster={cluster} timeframe={timeframe} />}
        {tab === 'guests' && (
          <div className={styles.rest}>
            <GuestList
              only={uuid}
              name="cluster-guests"
              without={WITHOUT_CLUSTER}
              emptyNote="They appear as soon as the cluster has answered."
            />
          </div>
        )}
        {tab === 'storage' && <StorageTab cluster={cluster} />}
        {tab === 'tasks' && <TaskList uuid={uuid} />}
        {tab === 'configuration' && <ConfigurationTab cluster={cluster} />}
      </div>
    </Page>
  );
}

const TAB_LABELS: Record<Tab, string> = {
  overview: 'Overview',
  nodes: 'Nodes',
  guests: 'Guests',
  storage: 'Storage',
  tasks: 'Tasks',
  configuration: 'Configuration',
};

function Tabs({ cluster, current }: { cluster: Cluster; current: Tab }) {
  const rows = useLive((state) => state.inventory.get(cluster.uuid));
  const counts: Partial<Record<Tab, number>> = rows
    ? {
        nodes: rows.nodes.ids.length,
        guests: rows.guests.ids.length,
        storage: storageViews([...rows.storages.byId.values()]).length,
      }
    : {};
  return (
    <TabLinks
      label={`Parts of ${cluster.name}`}
      current={current}
      tabs={TABS.map((tab) => {
        const count = counts[tab];
        const href = `#${clusterHref(cluster.clusterId, tab === 'overview' ? undefined : tab)}`;
        return { tab, label: TAB_LABELS[tab], href, ...(count !== undefined && { count }) };
      })}
    />
  );
}
