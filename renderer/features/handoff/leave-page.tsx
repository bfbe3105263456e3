import type { Candidate } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { Panel } from '../../ui/card';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import type { LeaveWay } from './address';
import styles from './choose.module.css';
import { ClusterPlace } from './cluster-place';
import { Option } from './option';
import { WithCandidates } from './with-candidates';
import { Wizard } from './wizard';

const WAYS = {
  good: {
    title: 'It leaves for good',
    words:
      'Its roles go to others, its seat in the shared state and in k3s is given up, and its services are stopped.',
  },
  reboot: {
    title: 'It only reboots',
    words:
      'It is emptied and its leads go to others. It keeps its seats, and after its start it is made ready again by itself.',
  },
} as const satisfies Record<LeaveWay, { title: string; words: string }>;
const WAY_NAMES: readonly LeaveWay[] = ['good', 'reboot'];

interface LeavePageProps {
  clusterId: string;
  node: string;
}

/** Takes a node out of its cluster without disturbing what runs, for good or for a reboot. */
export default function LeavePage({ clusterId, node }: LeavePageProps) {
  return (
    <ClusterPlace clusterId={clusterId}>
      {(cluster) => <Leave cluster={cluster} node={node} />}
    </ClusterPlace>
  );
}

function Leave({ cluster, node }: { cluster: Cluster; node: string }) {
  const [named, setWay] = useParam('way');
  const way = WAY_NAMES.find((known) => known === named) ?? null;
  return (
    <Wizard
      cluster={cluster}
      title={`Take out ${node}`}
      lead={`${cluster.name} · it waits until the node is empty and forces nothing`}
      wanted={
        way === null
          ? null
          : { uuid: cluster.uuid, kind: 'leave', params: { node, reboot: way === 'reboot' } }
      }
      choose={
        <WithCandidates cluster={cluster}>
          {({ leave }) => (
            <Stack>
              <Fitness candidate={leave.find((one) => one.node === node)} node={node} />
              <Panel title={`How ${node} goes`}>
                <fieldset className={styles.options}>
                  <legend className="visually-hidden">{`How ${node} goes`}</legend>
                  {WAY_NAMES.map((known) => (
                    <Option
                      key={known}
                      name="way"
                      checked={known === way}
                      onChoose={() => setWay(known, { replace: true })}
                      title={WAYS[known].title}
                    >
                      <p>{WAYS[known].words}</p>
                    </Option>
                  ))}
                </fieldset>
              </Panel>
            </Stack>
          )}
        </WithCandidates>
      }
    />
  );
}

/** Stands only where the node cannot leave now; the checks then say the same with their remedy. */
function Fitness({ candidate, node }: { candidate: Candidate | undefined; node: string }) {
  if (candidate === undefined) {
    return (
      <Notice tone="warning" title={`The cluster knows no node ${node} that could leave.`}>
        It may have left already. Look at its nodes.
      </Notice>
    );
  }
  if (candidate.fit) return null;
  return (
    <Notice tone="warning" title={`${node} cannot leave as things stand.`}>
      {candidate.reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
    </Notice>
  );
}
