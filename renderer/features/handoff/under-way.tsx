import { Workflow } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/feedback';
import { clusterSummary } from '../operations/cluster-summary';
import { operationHref } from './address';
import { useOpenOperation } from './use-open-operation';
import { OPERATION_STATES } from './words';

interface UnderWayProps {
  cluster: Cluster;
  /** what that means here, in a sentence */
  children?: string;
}

/** Says that an operation is under way in a cluster, and leads to it; nothing while none is. */
export function UnderWay({ cluster, children }: UnderWayProps) {
  const operation = useOpenOperation(cluster.uuid);
  const asked = useLive((state) => state.clusters.get(operation?.uuid ?? '')) ?? cluster;
  const [, navigate] = useLocation();
  if (operation === undefined) return null;
  return (
    <Notice
      tone={operation.state === 'stuck' ? 'bad' : 'information'}
      icon={Workflow}
      title={`${operation.title}: ${OPERATION_STATES[operation.state].word}`}
      action={
        <Button small onClick={() => navigate(`${operationHref(asked.clusterId, operation.id)}?`)}>
          Watch it
        </Button>
      }
    >
      <p>{clusterSummary(operation)}</p>
      {operation.merge?.cards.includes(cluster.uuid) === true && (
        <p>
          Its nodes cross over to {operation.merge.gaining.name}. Until the end, what this card
          shows may come from either cluster.
        </p>
      )}
      {children !== undefined && <p>{children}</p>}
    </Notice>
  );
}
