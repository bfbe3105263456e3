import type { ClusterOperation } from '#shared/contract/cluster-operations';
import { isOpen } from '#shared/contract/cluster-operations';
import { useLive } from '../../app/context';
import { Ago } from '../../ui/ago';
import { Moment } from '../../ui/moment';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import { operationHref } from '../handoff/address';
import { OPERATION_STATES } from '../handoff/words';
import { clusterSummary } from './cluster-summary';
import styles from './operations.module.css';

/** What the agents of a cluster carry out or have carried out, in one line. */
export function ClusterOperationLine({ operation }: { operation: ClusterOperation }) {
  const cluster = useLive((state) => state.clusters.get(operation.uuid));
  const stale = useLive((state) => isOld(state.live.get(operation.uuid)));
  if (cluster === undefined) return null;
  const { done, total } = operation.steps;
  const { tone, word } = OPERATION_STATES[operation.state];
  const open = isOpen(operation);
  return (
    <li className={styles.line}>
      <span className={styles.state}>
        <StateDot
          tone={stale && open ? 'idle' : tone}
          word={stale && open ? `was ${word}` : word}
          showWord
        />
      </span>
      <span className={styles.what}>
        <a className={styles.open} href={`#${operationHref(cluster.clusterId, operation.id)}`}>
          {operation.title}
        </a>
        <span className={styles.cluster}>{cluster.name}</span>
      </span>
      <div aria-hidden className={styles.bar}>
        {done > 0 && <span className={styles.done} style={{ flexGrow: done }} />}
        {total > done && (
          <span
            className={operation.state === 'stuck' ? styles.failed : styles.waiting}
            style={{ flexGrow: total - done }}
          />
        )}
      </div>
      <span className={styles.summary} title={clusterSummary(operation)}>
        {stale && open ? (
          <>
            heard <Ago at={operation.heardAt} />
          </>
        ) : (
          clusterSummary(operation)
        )}
      </span>
      <span className={styles.time}>
        <Moment at={operation.createdAt} />
      </span>
    </li>
  );
}
