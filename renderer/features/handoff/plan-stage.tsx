import { TriangleAlert } from 'lucide-react';
import type { OperationPlan } from '#shared/contract/agent/operations';
import { duration, plain } from '#shared/domain/units';
import { Panel } from '../../ui/card';
import { CodeText, CopyButton } from '../../ui/code';
import { elapsed } from '../../ui/elapsed';
import { Badge } from '../../ui/state';
import { Value } from '../../ui/value';
import { BlastTable } from './blast-table';
import { PhaseSteps } from './phase-steps';
import styles from './plan-stage.module.css';
import { storyOfPlan } from './story';
import { about, fateWords } from './words';

/** What would be done, how long it takes, whom it touches, and what cannot be taken back. */
export function PlanStage({ plan }: { plan: OperationPlan }) {
  return (
    <div className={styles.columns}>
      <Panel
        title="Steps"
        note={`${about(plan.expected_ms)} in all, one after another, each proved before the next`}
      >
        <PhaseSteps lines={storyOfPlan(plan)} now={0} isPlan />
      </Panel>
      <div className={styles.side}>
        <Panel title="What users feel">
          <dl className={styles.figures}>
            <Figure
              {...split(plan.expected_pause_ms === 0 ? '0 s' : elapsed(plan.expected_pause_ms))}
              words={
                plan.expected_pause_ms === 0
                  ? 'submissions do not wait'
                  : 'submissions wait, none is refused'
              }
            />
            <Figure
              value={`${plan.blast.goes_on.count}`}
              words={fateWords(plan, 'goes_on').figure}
            />
            <Figure value={`${plan.blast.waits.count}`} words={fateWords(plan, 'waits').figure} />
            <Figure
              value={`${plan.blast.cannot.count}`}
              words={fateWords(plan, 'cannot').figure}
              isBad={plan.blast.cannot.count > 0}
            />
          </dl>
          <BlastTable plan={plan} />
        </Panel>
        <Panel
          title={plan.procedure === '' ? 'Why like this' : `Why procedure ${plan.procedure}`}
          aside={plan.procedure !== '' && <Badge tone="busy">procedure {plan.procedure}</Badge>}
        >
          <p>{plan.reason}</p>
        </Panel>
        <Panel title="What can be taken back">
          <TakingBack plan={plan} />
        </Panel>
        <p className={styles.hash}>
          Plan <CodeText quiet>{plan.hash}</CodeText>
          <CopyButton text={plan.hash} label="Copy the plan’s hash" />
        </p>
      </div>
    </div>
  );
}

/** `280 ms` as number and unit. */
function split(words: string): { value: string; unit: string } {
  const [value = '', unit = ''] = words.split(' ');
  return { value, unit };
}

interface FigureProps {
  value: string;
  unit?: string;
  words: string;
  isBad?: boolean;
}

function Figure({ value, unit = '', words, isBad = false }: FigureProps) {
  return (
    <div className={isBad ? styles.bad : undefined}>
      <dt className={styles.label}>{words}</dt>
      <dd>
        <Value size="large" value={value} unit={unit} />
      </dd>
    </div>
  );
}

function TakingBack({ plan }: { plan: OperationPlan }) {
  const hasTurn = plan.steps.some((step) => step.class !== 'idempotent');
  return (
    <div className={styles.lines}>
      <p>
        {hasTurn
          ? 'Until the turning point an abort takes everything back. After it the operation is finished safely.'
          : 'An abort takes everything back at any time.'}
      </p>
      <p>
        {plan.rollback_ms === 0
          ? 'When it is done it cannot be rolled back; the way back is another operation.'
          : `When it is done it can be rolled back for ${plain(duration(plan.rollback_ms / 1000))}.`}
      </p>
      {plan.irreversible.length > 0 && (
        <ul aria-label="What nothing brings back" className={styles.irreversible}>
          {plan.irreversible.map((sentence) => (
            <li key={sentence}>
              <TriangleAlert size={15} strokeWidth={1.75} aria-hidden />
              <span>{sentence}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
