import { useLocation } from 'wouter';
import type { Timeframe } from '#shared/contract/charts';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterosLive } from '#shared/contract/inventory';
import { useLive } from '../../app/context';
import { LiveCharts } from '../../charts/live-charts';
import { Panel } from '../../ui/card';
import { Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { StateDot } from '../../ui/state';
import { FigureStrip } from '../cluster/figure-strip';
import { isOld } from '../cluster/old';
import { clusterHref } from '../clusters/use-cluster-actions';
import { clusterosFigures } from './figures';
import styles from './members.module.css';
import { MembersTable } from './members-table';
import { ServiceLink } from './service-link';
import { useMembers, useOrderedRows } from './use-members';
import { componentWord, roleWord, SERVICE_STATES, shownLeaders } from './words';

/** A ClusterOS cluster at a glance: figures, charts, who leads, what runs, its services, its nodes. */
export function ClusterosOverview(props: { cluster: Cluster; timeframe: Timeframe }) {
  const { cluster, timeframe } = props;
  const live = useLive((state) => state.live.get(cluster.uuid));
  const members = useMembers(cluster.uuid);
  const [, navigate] = useLocation();
  const open = (node: string) =>
    navigate(`${clusterHref(cluster.clusterId, 'nodes')}?node=${encodeURIComponent(node)}`);
  const stale = isOld(live);
  return (
    <Stack>
      <FigureStrip figures={clusterosFigures(live)} stale={stale} />
      <LiveCharts
        uuid={cluster.uuid}
        target={{ kind: 'cluster' }}
        timeframe={timeframe}
        shown={[
          { id: 'cpu', title: 'CPU by node', floors: FULL_SCALE },
          { id: 'memory', title: 'Memory by node', floors: FULL_SCALE },
          { id: 'jobs', title: 'Jobs' },
          { id: 'storage', title: 'Disk' },
        ]}
      />
      {live?.clusteros ? (
        <div className={styles.panels}>
          <Panel title="Leaders">
            <Leaders own={live.clusteros} onOpen={open} />
          </Panel>
          <Panel title="Parts" note={`As ${live.clusteros.node} sees them.`}>
            <Components own={live.clusteros} stale={stale} />
          </Panel>
          <Panel title="Services">
            <Services cluster={cluster} stale={stale} />
          </Panel>
        </div>
      ) : (
        (live === undefined || live.asOf === null) && <Skeleton height="150px" />
      )}
      {members.length > 0 && <MembersTable members={members} stale={stale} onOpen={open} />}
    </Stack>
  );
}

/** Nodes are compared with each other and over days, so the axis always shows all of them. */
const FULL_SCALE = { fraction: 1 };

function Leaders({ own, onOpen }: { own: ClusterosLive; onOpen: (node: string) => void }) {
  return (
    <ul className={styles.lines}>
      {shownLeaders(own).map(({ role, node, epoch }) => (
        <li key={role} className={styles.line}>
          <span className={styles.name}>{LEADER_NAMES[role] ?? roleWord(role)}</span>
          {node === null ? (
            <StateDot tone="bad" word="nobody leads" showWord />
          ) : (
            <button type="button" className={styles.node} onClick={() => onOpen(node)}>
              <StateDot tone="ok" word={node} showWord />
            </button>
          )}
          <span className={styles.number} title="It grows with each change of the leader.">
            {epoch === null ? '' : `term ${epoch}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

const LEADER_NAMES: Readonly<Record<string, string>> = { raft: 'Shared state' };

/** What is stopped by choice stays quiet: it is not a part of this cluster. */
function Components({ own, stale }: { own: ClusterosLive; stale: boolean }) {
  return (
    <ul className={styles.lines}>
      {own.components.map(({ name, status, message }) => (
        <li key={name} className={styles.line}>
          <span className={styles.name}>{componentWord(name)}</span>
          <span className={styles.where} title={message}>
            {message}
          </span>
          <span className={styles.end}>
            {stale ? (
              <StateDot tone="idle" word={`was ${SERVICE_STATES[status].word}`} showWord />
            ) : (
              <StateDot {...SERVICE_STATES[status]} showWord />
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

const MOST = 8;

function Services({ cluster, stale }: { cluster: Cluster; stale: boolean }) {
  const services = useOrderedRows(cluster.uuid, 'services', byState);
  if (services.length === 0) return <p className={styles.where}>No node offers any.</p>;
  return (
    <ul className={styles.lines}>
      {services.slice(0, MOST).map((service) => (
        <li key={service.id} className={styles.line}>
          <ServiceLink cluster={cluster} service={service} />
          <span className={styles.where}>{service.node}</span>
          <span className={styles.end}>
            {stale ? (
              <StateDot tone="idle" word="not known now" showWord />
            ) : (
              <StateDot {...SERVICE_STATES[service.status]} showWord />
            )}
          </span>
        </li>
      ))}
      {services.length > MOST && (
        <li className={styles.line}>
          <a href={`#${clusterHref(cluster.clusterId, 'services')}`}>All {services.length}</a>
        </li>
      )}
    </ul>
  );
}

/** Trouble first, then by name and node. */
const byState = (service: { status: string; name: string; node: string }) =>
  `${service.status === 'error' ? 0 : 1} ${service.name} ${service.node}`;
