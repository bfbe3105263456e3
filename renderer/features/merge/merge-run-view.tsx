import type { MergeParties } from '#shared/contract/agent/merge';
import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import type { Hearing } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Panel } from '../../ui/card';
import { useMembers } from '../clusteros/use-members';
import { LogPanel } from '../handoff/log-panel';
import { PhaseSteps } from '../handoff/phase-steps';
import { PulsePanel } from '../handoff/pulse-panel';
import styles from '../handoff/run-page.module.css';
import { storyOf } from '../handoff/story';
import { useFineNow } from '../handoff/use-fine-now';
import { useFreshInventory } from '../handoff/use-fresh-inventory';
import { CrossingPanel } from './crossing-panel';
import { GainingJobs, LosingJobs } from './merge-jobs-panel';
import { cardOf } from './merged';

interface MergeRunViewProps {
  cluster: Cluster;
  parties: MergeParties;
  answer: OperationAnswer;
  hearing: Hearing;
  leadMs: number;
}

/** A merge as it runs: its story, the nodes on their way, and the jobs of both clusters. */
export default function MergeRunView(props: MergeRunViewProps) {
  const { cluster, parties, answer, hearing, leadMs } = props;
  const { operation, plan, log, pulse } = answer;
  const isMoving = operation.state === 'running' || operation.state === 'undoing';
  const now = useFineNow(isMoving && hearing.state === 'live');
  const losing = useLive((state) => cardOf(state, parties.losing.uuid));
  const gaining = useLive((state) => cardOf(state, parties.gaining.uuid)) ?? cluster;
  useFreshInventory(gaining.uuid, isMoving, 'quick');
  useFreshInventory((losing ?? gaining).uuid, isMoving, 'quick');
  const crossing = new Set(parties.nodes.map(({ name }) => name));
  const before = useMembers(gaining.uuid)
    .map(({ member }) => member.node)
    .filter((node) => !crossing.has(node));
  return (
    <div className={styles.columns}>
      <div className={styles.side}>
        <Panel
          title="Steps"
          note={
            isOver(operation)
              ? 'carried out by the clusters themselves'
              : 'running in the clusters; closing this window changes nothing'
          }
        >
          <PhaseSteps lines={storyOf(operation, plan)} now={now + leadMs} />
        </Panel>
      </div>
      <div className={styles.side}>
        <div className={styles.pulse}>
          <CrossingPanel operation={operation} parties={parties} before={before} />
        </div>
        <LosingJobs cluster={losing} parties={parties} answer={answer} />
        <GainingJobs cluster={gaining} parties={parties} answer={answer} />
        {pulse !== null && (
          <div>
            <PulsePanel
              pulse={pulse}
              state={operation.state}
              expectedMs={plan.expected_pause_ms}
              stale={hearing.state === 'lost'}
            />
          </div>
        )}
        <div className={styles.log}>
          <LogPanel log={log} />
        </div>
      </div>
    </div>
  );
}
