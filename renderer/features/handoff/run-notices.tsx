import { CircleCheck, History, PauseCircle, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import type { Hearing } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { duration, plain } from '#shared/domain/units';
import { Ago } from '../../ui/ago';
import { elapsed } from '../../ui/elapsed';
import { Notice } from '../../ui/feedback';
import { useNow } from '../../ui/now';
import { Stack } from '../../ui/stack';
import { resultSentence } from './result';
import { presentStep } from './story';
import { isReversible, stuckPart, WISH_WORDS } from './wishes';

interface RunNoticesProps {
  cluster: Cluster;
  answer: OperationAnswer;
  hearing: Hearing;
  /** the button that opens the report; null: it is open, and says the result itself */
  report: ReactNode | null;
}

/** What is to be known at once: not heard, stuck, undone, done, asked for; nothing while it runs. */
export function RunNotices({ cluster, answer, hearing, report }: RunNoticesProps) {
  return (
    <Stack gap="small">
      {hearing.state === 'lost' && <Lost cluster={cluster} hearing={hearing} />}
      {answer.wish !== null && (
        <Notice
          tone="information"
          icon={History}
          title={`${WISH_WORDS[answer.wish].label}: asked.`}
        >
          It is heard at the next safe moment.
        </Notice>
      )}
      {(report !== null || !isOver(answer.operation)) && (
        <StateNotice answer={answer} report={report} />
      )}
      {report === null && <RollbackTime answer={answer} />}
    </Stack>
  );
}

function Lost({ cluster, hearing }: { cluster: Cluster; hearing: Hearing }) {
  const { failure, heardAt } = hearing;
  return (
    <Notice tone="warning" title={`No agent of ${cluster.name} answers.`}>
      {failure !== null && <p>{failure.message}</p>}
      <p>
        {heardAt === null ? (
          'Nothing was heard yet. '
        ) : (
          <>
            What is shown was heard <Ago at={heardAt} />.{' '}
          </>
        )}
        It is asked again and again. The operation needs nobody who watches.
      </p>
    </Notice>
  );
}

function StateNotice({ answer, report }: { answer: OperationAnswer; report: ReactNode }) {
  const { operation } = answer;
  const step = operation.steps[presentStep(operation)];
  const waitingOn = step?.waiting_on ?? '';
  const part = stuckPart(operation);
  switch (operation.state) {
    case 'running':
      return null;
    case 'paused':
      return (
        <Notice
          tone="warning"
          icon={PauseCircle}
          title={step === undefined ? 'It is paused.' : `It is paused before “${step.title}”.`}
        >
          Nothing happens until somebody resumes it or takes it back.
        </Notice>
      );
    case 'undoing':
      return (
        <Notice tone="warning" icon={Undo2} title="What was done is being taken back.">
          {operation.reason}
        </Notice>
      );
    case 'stuck':
      return (
        <Notice
          tone="bad"
          title={
            step === undefined ? 'It cannot go on by itself.' : `“${step.title}” needs a decision.`
          }
        >
          <p>{operation.reason}</p>
          {waitingOn !== '' && waitingOn !== operation.reason && <p>It waits for {waitingOn}.</p>}
          <p>
            Nothing is forced. Remove what is in the way and try again
            {part === null ? ', or take it back.' : `, leave ${part} out, or take it all back.`}
          </p>
        </Notice>
      );
    case 'undone':
      return (
        <Notice
          tone="warning"
          icon={Undo2}
          title="It was undone: everything is as before."
          action={report}
        >
          {operation.reason}
        </Notice>
      );
    case 'done':
      return (
        <Notice
          tone="information"
          icon={CircleCheck}
          title={
            operation.ended_at === null
              ? 'It is done.'
              : `Done in ${elapsed(operation.ended_at - operation.created_at)}.`
          }
          action={report}
        >
          {resultSentence(answer)}
          <RollbackTime answer={answer} />
        </Notice>
      );
  }
}

/** How long the way back is open. */
function RollbackTime({ answer: { operation } }: { answer: OperationAnswer }) {
  const now = useNow();
  if (!isReversible(operation, now) || operation.rollback_until === null) return null;
  const left = plain(duration((operation.rollback_until - now) / 1000));
  return (
    <p>
      It can be rolled back for another <strong>{left}</strong>. “Keep it” ends that time and gives
      up what is kept for it.
    </p>
  );
}
