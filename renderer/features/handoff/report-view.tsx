import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import type { OperationAnswer, OperationStep } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText, CopyButton } from '../../ui/code';
import { elapsed } from '../../ui/elapsed';
import { Facts } from '../../ui/facts';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import type { Tone } from '../../ui/tone';
import { saveText } from '../bundles/save-file';
import { CheckList } from './checks-stage';
import { LogPanel } from './log-panel';
import styles from './report-view.module.css';
import { resultSentence } from './result';
import { about, OPERATION_STATES, shortHash } from './words';

const FORMATS = [
  { format: 'markdown', label: 'Markdown' },
  { format: 'json', label: 'JSON' },
] as const;

/** What was done, by whom, how long each step took, what was run and what it said. */
export function ReportView({ cluster, answer }: { cluster: Cluster; answer: OperationAnswer }) {
  const { operation, plan, log } = answer;
  const isWithSteps = operation.steps.some(({ started_at }) => started_at !== null);
  return (
    <Stack>
      <Panel
        title={titleOf(answer)}
        note={answer.operation.reason === '' ? resultSentence(answer) : answer.operation.reason}
        aside={<Export cluster={cluster} id={operation.id} />}
      >
        <Facts facts={factsOf(cluster, answer)} />
      </Panel>
      <Panel title="Steps" {...(!isWithSteps && { note: 'It ended before any step had begun.' })}>
        <div className={styles.scroll}>
          <StepTable steps={operation.steps} />
        </div>
      </Panel>
      <Panel title="Checks" note="As they were when it was approved.">
        <CheckList checks={plan.checks} />
      </Panel>
      <LogPanel log={log} tall />
    </Stack>
  );
}

function titleOf({ operation: { state, created_at, ended_at } }: OperationAnswer): string {
  if (state === 'undone') return 'It was undone: everything is as before';
  return ended_at === null ? 'Not over yet' : `Done in ${elapsed(ended_at - created_at)}`;
}

function Export({ cluster, id }: { cluster: Cluster; id: string }) {
  const client = useClient();
  const onError = useFailureToast();
  const save = useMutation({
    mutationFn: (format: (typeof FORMATS)[number]['format']) =>
      client.clusterOperations.report({ uuid: cluster.uuid, id, format }),
    onSuccess: ({ fileName, text }) => saveText(fileName, text, document),
    onError,
  });
  return (
    <Stack direction="row" gap="small">
      {FORMATS.map(({ format, label }) => (
        <Button
          key={format}
          small
          icon={Download}
          busy={save.isPending && save.variables === format}
          onClick={() => save.mutate(format)}
        >
          {`Save as ${label}`}
        </Button>
      ))}
    </Stack>
  );
}

function factsOf(cluster: Cluster, { operation, plan }: OperationAnswer): [string, ReactNode][] {
  const { ended_at, created_at } = operation;
  return [
    ['Result', <StateDot key="result" {...OPERATION_STATES[operation.state]} showWord />],
    ['Cluster', cluster.name],
    ['Approved by', operation.created_by],
    ['Begun', <Moment key="begun" at={created_at} />],
    [
      'Took',
      ended_at === null
        ? 'not over yet'
        : `${elapsed(ended_at - created_at)}, ${about(plan.expected_ms)} expected`,
    ],
    ...(plan.procedure === '' ? [] : ([['Procedure', plan.procedure]] as [string, ReactNode][])),
    ['Carried out by', operation.coordinator === '' ? '–' : operation.coordinator],
    ['Epoch', operation.epoch],
    [
      'Plan',
      <span key="plan" className={styles.hash}>
        <CodeText quiet>{shortHash(operation.plan_hash)}</CodeText>
        <CopyButton text={operation.plan_hash} label="Copy the plan’s hash" />
      </span>,
    ],
  ];
}

const STEP_STATES: Record<OperationStep['state'], { tone: Tone; word: string }> = {
  pending: { tone: 'idle', word: 'not begun' },
  intent: { tone: 'busy', word: 'at work' },
  done: { tone: 'ok', word: 'done' },
  undoing: { tone: 'warning', word: 'being undone' },
  undone: { tone: 'idle', word: 'undone' },
  skipping: { tone: 'warning', word: 'being left out' },
  skipped: { tone: 'idle', word: 'left out' },
};

function StepTable({ steps }: { steps: readonly OperationStep[] }) {
  return (
    <Table label="Steps" className={styles.table}>
      <thead>
        <tr>
          <HeadCell>Step</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>What happened</HeadCell>
          <HeadCell numeric>Took</HeadCell>
          <HeadCell numeric>Expected</HeadCell>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr key={step.id}>
            <Cell>{step.title}</Cell>
            <Cell>
              <StateDot {...STEP_STATES[step.state]} showWord />
            </Cell>
            <Cell quiet>{whatHappened(step)}</Cell>
            <Cell numeric>
              {step.started_at === null || step.ended_at === null
                ? '–'
                : elapsed(step.ended_at - step.started_at)}
            </Cell>
            <Cell numeric quiet>
              {about(step.expected_ms)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function whatHappened(step: OperationStep): string {
  if (step.error !== '') return step.error;
  if (step.found) return 'It was so already.';
  return step.attempts > 1 ? `It took ${step.attempts} attempts.` : '';
}
