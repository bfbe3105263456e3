import { handoffRole } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { ChooseHandoff } from './choose-handoff';
import { ClusterPlace } from './cluster-place';
import { WithCandidates } from './with-candidates';
import { Wizard } from './wizard';

/** Hands a role of a ClusterOS cluster to another node. */
export default function HandoffPage({ clusterId }: { clusterId: string }) {
  return (
    <ClusterPlace clusterId={clusterId}>{(cluster) => <Handoff cluster={cluster} />}</ClusterPlace>
  );
}

function Handoff({ cluster }: { cluster: Cluster }) {
  const [namedRole, setRole] = useParam('role');
  const [to, setTo] = useParam('to');
  const role = handoffRole.safeParse(namedRole).data ?? null;
  return (
    <Wizard
      cluster={cluster}
      title="Hand over a role"
      lead={`${cluster.name} · jobs and pods go on where they are`}
      wanted={
        role === null || to === null
          ? null
          : { uuid: cluster.uuid, kind: 'handoff', params: { role, to } }
      }
      choose={
        <WithCandidates cluster={cluster}>
          {(candidates) => (
            <ChooseHandoff
              candidates={candidates}
              role={role}
              to={to}
              onChange={(nextRole, node) => {
                setRole(nextRole, { replace: true });
                setTo(node, { replace: true });
              }}
            />
          )}
        </WithCandidates>
      }
    />
  );
}
