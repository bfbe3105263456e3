import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import type { Hearing } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { Panel } from '../../ui/card';
import { JobPanel } from './job-panel';
import { LogPanel } from './log-panel';
import { NodePanel } from './node-panel';
import { PulsePanel } from './pulse-panel';
import styles from './run-page.module.css';
import { StepList } from './step-list';
import { storyOf } from './story';
import { useFineNow } from './use-fine-now';
import { useFreshInventory } from './use-fresh-inventory';

interface RunViewProps {
  cluster: Cluster;
  answer: OperationAnswer;
  hearing: Hearing;
  leadMs: number;
}

/** An operation as it runs: its story at the left, what it means for people and nodes at the right. */
export function RunView({ cluster, answer, hearing, leadMs }: RunViewProps) {
  const { operation, plan, log, pulse } = answer;
  const isMoving = operation.state === 'running' || operation.state === 'undoing';
  const now = useFineNow(isMoving && hearing.state === 'live');
  useFreshInventory(cluster.uuid, isMoving, pulse === null ? 'slow' : 'quick');
  return (
    <div className={styles.columns}>
      <div className={styles.side}>
        <Panel
          title="Steps"
          note={
            isOver(operation)
              ? 'carried out by the cluster itself'
              : 'running in the cluster; closing this window changes nothing'
          }
        >
          <StepList lines={storyOf(operation, plan)} now={now + leadMs} />
        </Panel>
        <div className={styles.nodes}>
          <NodePanel cluster={cluster} answer={answer} />
        </div>
      </div>
      <div className={styles.side}>
        <div className={styles.pulse}>
          <PulsePanel
            pulse={pulse}
            state={operation.state}
            expectedMs={plan.expected_pause_ms}
            stale={hearing.state === 'lost'}
          />
        </div>
        <JobPanel cluster={cluster} answer={answer} />
        <div className={styles.log}>
          <LogPanel log={log} />
        </div>
      </div>
    </div>
  );
}
