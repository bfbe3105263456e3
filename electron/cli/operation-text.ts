import {
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationStep,
} from '#shared/contract/agent/operations';
import type { ClusterOperationView } from '#shared/contract/cluster-operations';
import { plain, took } from '#shared/domain/units';
import { table } from './output';

const span = (ms: number | null) => plain(took(ms));
const time = (ms: number) => new Date(ms).toISOString();

/** A plan as a person reads it before approving it. */
export function planText(plan: OperationPlan): string {
  const { goes_on: goesOn, waits, cannot } = plan.blast;
  const way = plan.procedure === '' ? '' : `Procedure ${plan.procedure}. `;
  return [
    `${plan.title}\n${way}${plan.reason}`.trim(),
    table(
      ['CHECK', 'RESULT', 'NODE', 'FOUND', 'REMEDY'],
      plan.checks.map(({ title, state, node = '', detail, remedy }) => [
        title,
        state,
        node,
        detail,
        remedy,
      ]),
    ),
    table(
      ['STEP', 'CLASS', 'EXPECTED', 'WHAT HAPPENS'],
      plan.steps.map(({ title, class: kind, expected_ms: ms, detail }) => [
        title,
        kind,
        span(ms),
        detail,
      ]),
    ),
    [
      `${pauseWords(plan)} All of it takes ${span(plan.expected_ms)}.`,
      `Jobs and pods: ${goesOn.count} go on, ${waits.count} wait, ${cannot.count} cannot.`,
      ...plan.irreversible.map((each) => `Cannot be undone: ${each}`),
      plan.rollback_ms === 0
        ? 'It cannot be rolled back after its end.'
        : `It can be rolled back for ${span(plan.rollback_ms)} after its end.`,
      `Plan ${plan.hash}`,
    ].join('\n'),
  ].join('\n\n');
}

const pauseWords = ({ expected_pause_ms: ms }: OperationPlan): string =>
  ms === 0 ? 'Submissions do not wait.' : `Submissions wait ${span(ms)}.`;

/** All of one, as last heard. */
export function viewText({ answer, hearing }: ClusterOperationView): string {
  if (answer === null) return 'Nothing is known of it.';
  const { operation, pulse } = answer;
  const { reason, rollback_until: until } = operation;
  return [
    `${operation.title}: ${operation.state}${reason === '' ? '' : `. ${reason}`}`,
    table(
      ['STEP', 'STATE', 'TOOK', 'WAITS FOR OR FAILED'],
      operation.steps.map((step) => [
        step.title,
        step.found ? `${step.state} (was so)` : step.state,
        span(tookMs(step)),
        step.error === '' ? (step.waiting_on ?? '') : step.error,
      ]),
    ),
    [
      `Approved by ${operation.created_by}, carried out by ${operation.coordinator}.`,
      ...(pulse === null
        ? []
        : [
            `Submissions waited up to ${span(pulse.longest_ms)}, ${pulse.failed} failed; ` +
              `${pulse.jobs_found} of ${pulse.jobs_known} jobs are accounted for.`,
          ]),
      ...(until === null ? [] : [`It can be rolled back until ${time(until)}.`]),
      ...(hearing.state === 'live' || hearing.heardAt === null
        ? []
        : [`As heard at ${time(hearing.heardAt)}.`]),
    ].join('\n'),
  ].join('\n\n');
}

/** What is new since the last look, one line each. @param before null: nothing was seen yet */
export function newsOf(before: OperationAnswer | null, now: OperationAnswer): string[] {
  const { steps, state } = now.operation;
  const lines = steps.flatMap((step, index) => {
    const was = before?.operation.steps[index];
    const isNew = step.state !== (was?.state ?? 'pending') || step.attempts > (was?.attempts ?? 0);
    const isWaiting = step.waiting_on !== null && step.waiting_on !== was?.waiting_on;
    const place = `${index + 1}/${steps.length} ${step.title}`;
    return [
      ...(isNew ? [`${place}: ${stepWords(step)}`] : []),
      ...(isWaiting ? [`${place}: waits for ${step.waiting_on}`] : []),
    ];
  });
  const isTurn = !isOver(now.operation) && state !== 'running' && state !== before?.operation.state;
  return isTurn ? [...lines, `It is ${state}.`] : lines;
}

function stepWords(step: OperationStep): string {
  if (step.error !== '') return step.error;
  if (step.state !== 'done') return step.state === 'intent' ? 'begun' : step.state;
  return step.found ? 'was so already' : `done in ${span(tookMs(step))}`;
}

const tookMs = ({ started_at: from, ended_at: to }: OperationStep) =>
  from === null || to === null ? null : to - from;
