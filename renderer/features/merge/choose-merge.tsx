import { ArrowLeftRight, ArrowRight, Combine } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { MergeLook } from '#shared/contract/merge';
import { useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { EmptyState, ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { Badge, StateDot } from '../../ui/state';
import { clusterState, nodesWord } from '../clusters/state-words';
import optionStyles from '../handoff/choose.module.css';
import { Option } from '../handoff/option';
import styles from './choose-merge.module.css';
import { type Parts, RULE_WORDS } from './roles';
import { SameCluster } from './same-cluster';
import { SideCard } from './side-card';
import type { MergeLooking } from './use-merge-look';

type LeftJobs = 'wait' | 'cancel';

interface ChooseMergeProps {
  cluster: Cluster;
  other: Cluster | undefined;
  looking: MergeLooking;
  parts: Parts | null;
  leftJobs: LeftJobs;
  onOther: (clusterId: string) => void;
  onSwap: () => void;
  onLeftJobs: (way: LeftJobs) => void;
}

/** With which other one, who takes up whom and why, and what becomes of jobs that cannot be carried. */
export function ChooseMerge(props: ChooseMergeProps) {
  const { cluster, other, looking, parts, onOther } = props;
  const same = looking.data?.same ?? null;
  const clusters = useLive((state) => state.clusters);
  const others = [...clusters.values()].filter(
    (one) => one.kind === 'clusteros' && one.uuid !== cluster.uuid,
  );
  if (others.length === 0) {
    return (
      <EmptyState icon={Combine} title={`${cluster.name} is the only ClusterOS cluster here`}>
        Add the other one to this deck with a token of the role admin. Then they can be merged.
      </EmptyState>
    );
  }
  return (
    <Stack>
      <Panel title={`With which cluster ${cluster.name} is merged`}>
        <fieldset className={styles.others}>
          <legend className="visually-hidden">The other cluster</legend>
          {others.map((one) => (
            <Other
              key={one.uuid}
              cluster={one}
              chosen={one.uuid === other?.uuid}
              onOther={onOther}
            />
          ))}
        </fieldset>
      </Panel>
      {other !== undefined && (
        <>
          {looking.isError && (
            <ErrorNotice
              problem={problemOf(looking.error)}
              action={
                <Button small busy={looking.isFetching} onClick={() => void looking.refetch()}>
                  Try again
                </Button>
              }
            />
          )}
          {same !== null && <SameCluster of={cluster} words={same} />}
          <Sides {...props} other={other} look={looking.data} />
          {parts !== null && <LeftJobsChoice {...props} losing={parts.losing} />}
        </>
      )}
    </Stack>
  );
}

interface OtherProps {
  cluster: Cluster;
  chosen: boolean;
  onOther: (clusterId: string) => void;
}

function Other({ cluster, chosen, onOther }: OtherProps) {
  const live = useLive((state) => state.live.get(cluster.uuid));
  return (
    <Option
      name="other"
      checked={chosen}
      onChoose={() => onOther(cluster.clusterId)}
      title={cluster.name}
      aside={live === undefined ? '' : (nodesWord(live) ?? '')}
    >
      <StateDot {...clusterState(live)} showWord />
    </Option>
  );
}

interface SidesProps extends ChooseMergeProps {
  other: Cluster;
  look: MergeLook | undefined;
}

/** The one that is taken up at the left, the one that stays at the right, as they will be drawn on. */
function Sides({ cluster, other, look, parts, onSwap }: SidesProps) {
  const [left, right] = parts === null ? [cluster, other] : [parts.losing, parts.gaining];
  const sideOf = (one: Cluster) => look?.sides.find(({ uuid }) => uuid === one.uuid);
  const by = parts?.isSwapped === true ? 'admin' : look?.decision?.by;
  return (
    <section aria-label="Who takes up whom" className={styles.sides}>
      <SideCard cluster={left} side={sideOf(left)} part={parts === null ? null : 'losing'} />
      <div className={styles.between}>
        <span className={styles.arrow} aria-hidden>
          <ArrowRight size={22} strokeWidth={1.75} />
        </span>
        <Button small icon={ArrowLeftRight} disabled={parts === null} onClick={onSwap}>
          Swap
        </Button>
      </div>
      <SideCard cluster={right} side={sideOf(right)} part={parts === null ? null : 'gaining'} />
      <div className={styles.reason} aria-live="polite">
        {parts !== null ? (
          <Notice
            tone={parts.isSwapped ? 'warning' : 'information'}
            title={
              <>
                {parts.gaining.name} stays and takes up {parts.losing.name}.{' '}
                {by !== undefined && <Badge>{RULE_WORDS[by]}</Badge>}
              </>
            }
          >
            {parts.reason}
          </Notice>
        ) : look === undefined ? (
          <Skeleton height="58px" />
        ) : null}
      </div>
    </section>
  );
}

const WAYS: Record<LeftJobs, { title: string; words: string }> = {
  wait: {
    title: 'It waits for them',
    words:
      'None of them begins meanwhile. What can be carried by then goes along; while one is left, the last node does not cross, and you are asked.',
  },
  cancel: {
    title: 'They are cancelled',
    words:
      'Before the last node crosses. Whoever submitted them has to submit them again; nothing brings them back.',
  },
};
const WAY_NAMES: readonly LeftJobs[] = ['wait', 'cancel'];

function LeftJobsChoice({ losing, leftJobs, onLeftJobs }: ChooseMergeProps & { losing: Cluster }) {
  return (
    <Panel
      title="Waiting jobs that cannot be carried over"
      note={`Such as those that wait for a job which runs in ${losing.name}. The plan names each with its reason.`}
    >
      <fieldset className={optionStyles.options}>
        <legend className="visually-hidden">What becomes of them</legend>
        {WAY_NAMES.map((way) => (
          <Option
            key={way}
            name="left"
            checked={way === leftJobs}
            onChoose={() => onLeftJobs(way)}
            title={WAYS[way].title}
          >
            <p>{WAYS[way].words}</p>
          </Option>
        ))}
      </fieldset>
    </Panel>
  );
}
