import { Pencil, PlugZap } from 'lucide-react';
import type { ReactNode } from 'react';
import { type Timeframe, timeframe as timeframeSchema } from '#shared/contract/charts';
import type { Cluster, ClusterKind } from '#shared/contract/clusters';
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
import { JobList } from '../clusteros/job-list';
import { MembersTab } from '../clusteros/members-tab';
import { ClusterosOverview } from '../clusteros/overview';
import { PartitionsTab } from '../clusteros/partitions-tab';
import { PodList } from '../clusteros/pod-list';
import { ServicesTab } from '../clusteros/services-tab';
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

const TABS = {
  proxmox: ['overview', 'nodes', 'guests', 'storage', 'tasks', 'configuration'],
  clusteros: ['overview', 'nodes', 'jobs', 'pods', 'partitions', 'services', 'configuration'],
} as const satisfies Record<ClusterKind, readonly string[]>;
type Tab = (typeof TABS)[ClusterKind][number];

/** Those whose list fills the window and scrolls by itself. */
const FILLING: readonly Tab[] = ['guests', 'jobs', 'pods'];

interface ClusterPageProps {
  clusterId: string;
  tab: string | undefined;
}

/** One cluster: everything that is known of it and can be done with it. */
export default function ClusterPage({ clusterId, tab = 'overview' }: ClusterPageProps) {
  const cluster = useLive((state) => clusterWithId(state, clusterId));
  if (cluster === undefined) return <NotFound what="There is no such cluster on this desk." />;
  const current = TABS[cluster.kind].find((known) => known === tab);
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
  const fills = FILLING.includes(tab);
  return (
    <Page
      title={cluster.name}
      fill={fills}
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
      <div className={fills ? styles.fill : styles.column}>
        <Standing cluster={cluster} live={live} />
        <TabBody cluster={cluster} tab={tab} timeframe={timeframe} />
      </div>
    </Page>
  );
}

function TabBody(props: { cluster: Cluster; tab: Tab; timeframe: Timeframe }): ReactNode {
  const { cluster, tab, timeframe } = props;
  const isClusteros = cluster.kind === 'clusteros';
  switch (tab) {
    case 'overview':
      return isClusteros ? (
        <ClusterosOverview cluster={cluster} timeframe={timeframe} />
      ) : (
        <OverviewTab cluster={cluster} timeframe={timeframe} />
      );
    case 'nodes':
      return isClusteros ? (
        <MembersTab cluster={cluster} timeframe={timeframe} />
      ) : (
        <NodesTab cluster={cluster} timeframe={timeframe} />
      );
    case 'guests':
      return (
        <div className={styles.rest}>
          <GuestList
            only={cluster.uuid}
            name="cluster-guests"
            without={WITHOUT_CLUSTER}
            emptyNote="They appear as soon as the cluster has answered."
          />
        </div>
      );
    case 'jobs':
      return (
        <div className={styles.rest}>
          <JobList cluster={cluster} />
        </div>
      );
    case 'pods':
      return (
        <div className={styles.rest}>
          <PodList cluster={cluster} />
        </div>
      );
    case 'partitions':
      return <PartitionsTab cluster={cluster} />;
    case 'services':
      return <ServicesTab cluster={cluster} />;
    case 'storage':
      return <StorageTab cluster={cluster} />;
    case 'tasks':
      return <TaskList uuid={cluster.uuid} />;
    case 'configuration':
      return <ConfigurationTab cluster={cluster} />;
  }
}

const TAB_LABELS: Record<Tab, string> = {
  overview: 'Overview',
  nodes: 'Nodes',
  guests: 'Guests',
  jobs: 'Jobs',
  pods: 'Pods',
  partitions: 'Partitions',
  services: 'Services',
  storage: 'Storage',
  tasks: 'Tasks',
  configuration: 'Configuration',
};

function Tabs({ cluster, current }: { cluster: Cluster; current: Tab }) {
  const rows = useLive((state) => state.inventory.get(cluster.uuid));
  const counts: Partial<Record<Tab, number>> = rows
    ? {
        nodes: (cluster.kind === 'clusteros' ? rows.members : rows.nodes).ids.length,
        guests: rows.guests.ids.length,
        jobs: rows.jobs.ids.length,
        pods: rows.pods.ids.length,
        partitions: rows.partitions.ids.length,
        services: rows.services.ids.length,
        storage: storageViews([...rows.storages.byId.values()]).length,
      }
    : {};
  return (
    <TabLinks
      label={`Parts of ${cluster.name}`}
      current={current}
      tabs={TABS[cluster.kind].map((tab) => {
        const count = counts[tab];
        const href = `#${clusterHref(cluster.clusterId, tab === 'overview' ? undefined : tab)}`;
        return { tab, label: TAB_LABELS[tab], href, ...(count !== undefined && { count }) };
      })}
    />
  );
}
