import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { Wizard } from '../handoff/wizard';
import { BeginMerge } from './begin-merge';
import { ChooseMerge } from './choose-merge';
import { partsOf } from './roles';
import { useMergeLook } from './use-merge-look';

/** Makes one cluster of two, from the choice to the approval. */
export function MergeWizard({ cluster }: { cluster: Cluster }) {
  const [otherId, setOther] = useParam('with');
  const [swap, setSwap] = useParam('swap');
  const [left, setLeft] = useParam('left');
  const [stage] = useParam('stage');
  const clusters = useLive((state) => state.clusters);
  const other = [...clusters.values()].find(
    (one) => one.clusterId === otherId && one.kind === 'clusteros' && one.uuid !== cluster.uuid,
  );
  const looking = useMergeLook(cluster, other, stage === null);
  const parts = other === undefined ? null : partsOf(looking.data, [cluster, other], swap !== null);
  const leftJobs = left === 'cancel' ? 'cancel' : 'wait';
  return (
    <Wizard
      cluster={parts?.gaining ?? cluster}
      title="Merge two clusters"
      lead={`${cluster.name}${other === undefined ? '' : ` and ${other.name}`} · running jobs end where they are, waiting ones are carried over`}
      wanted={
        parts === null
          ? null
          : {
              uuid: parts.gaining.uuid,
              kind: 'merge',
              params: { losing: parts.losingId, left_jobs: leftJobs },
            }
      }
      {...(parts !== null && { also: parts.losing })}
      from={cluster}
      begin={(goOn) => <BeginMerge parts={parts} goOn={goOn} />}
      choose={
        <ChooseMerge
          cluster={cluster}
          other={other}
          looking={looking}
          parts={parts}
          leftJobs={leftJobs}
          onOther={(id) => {
            setOther(id, { replace: true });
            setSwap(null, { replace: true });
          }}
          onSwap={() => setSwap(swap === null ? '1' : null, { replace: true })}
          onLeftJobs={(way) => setLeft(way === 'cancel' ? way : null, { replace: true })}
        />
      }
    />
  );
}
