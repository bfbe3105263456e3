import { PauseCircle, Wrench } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive, Problem } from '#shared/contract/inventory';
import { Age } from '../../ui/age';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { ProblemButton } from '../clusters/problem-button';
import { useClusterActions } from '../clusters/use-cluster-actions';
import { UnderWay } from '../handoff/under-way';
import { QuietNotices } from '../merge/quiet-notices';
import styles from './cluster-page.module.css';

interface StandingProps {
  cluster: Cluster;
  live: ClusterLive | undefined;
}

/** What is the matter with a cluster, with the button that helps; nothing while all is well. */
export function Standing({ cluster, live }: StandingProps) {
  const actions = useClusterActions(cluster);
  if (live === undefined) return null;
  const failure = live.problems.length === 0 ? live.failure : null;
  return (
    <Stack gap="small">
      <UnderWay cluster={cluster} />
      {live.state === 'maintenance' && (
        <Notice
          tone="information"
          icon={Wrench}
          title="In maintenance: it is not watched."
          action={
            <Button
              small
              busy={actions.changing}
              onClick={() => actions.change({ isActive: true })}
            >
              End it
            </Button>
          }
        >
          Nothing is asked of it until then.
        </Notice>
      )}
      {live.state === 'paused' && (
        <Notice
          tone="information"
          icon={PauseCircle}
          title="Watching is paused."
          action={
            <Button small onClick={() => actions.pause(false)}>
              Watch again
            </Button>
          }
        >
          Nothing is asked of it until then.
        </Notice>
      )}
      {failure !== null && (
        <Notice
          tone="bad"
          title={failure.message}
          action={
            <Button small busy={actions.refreshing} onClick={actions.refresh}>
              Try now
            </Button>
          }
        >
          {failure.data.remedy}
        </Notice>
      )}
      {live.problems.map((problem) => (
        <ProblemNotice
          key={`${problem.title} ${problem.node ?? ''}`}
          cluster={cluster}
          problem={problem}
        />
      ))}
      <QuietNotices cluster={cluster} />
      {live.state !== 'active' && live.state !== 'connecting' && <Remembered asOf={live.asOf} />}
    </Stack>
  );
}

function ProblemNotice({ cluster, problem }: { cluster: Cluster; problem: Problem }) {
  return (
    <Notice
      tone={problem.severity}
      title={problem.title}
      action={<ProblemButton cluster={cluster} problem={problem} />}
    >
      {problem.detail}
      {problem.remedy !== undefined && <p className={styles.remedy}>{problem.remedy}</p>}
    </Notice>
  );
}

function Remembered({ asOf }: { asOf: number | null }) {
  return (
    <p className={styles.quiet}>
      {asOf === null ? (
        'Nothing was measured yet.'
      ) : (
        <>
          What is shown was measured <Age at={asOf} stale />.
        </>
      )}
    </p>
  );
}
