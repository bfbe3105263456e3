import type {
  AgentOperation,
  OperationPlan,
  OperationStep,
} from '#shared/contract/agent/operations';
import { turningPoint } from './words';

/** How a step is drawn: `now` is at work, `next` is about to be, `held` stands still. */
export type StepMark =
  | 'done'
  | 'now'
  | 'held'
  | 'failed'
  | 'coming'
  | 'undone'
  | 'undoing'
  | 'left';

/** A step as the story tells it. */
export interface StepLine {
  id: string;
  title: string;
  mark: StepMark;
  /** what happens or happened in it, what it waits for, or why it failed */
  note: string;
  isTrouble: boolean;
  class: OperationStep['class'];
  expectedMs: number;
  /** ms it took; null where it has not ended */
  tookMs: number | null;
  /** unix ms by the cluster's clock since which it is at work; null where it is not */
  since: number | null;
  /** fraction 0..1; null where it cannot be told */
  progress: number | null;
  attempts: number;
  /** after it one only goes forward */
  isTurn: boolean;
}

/** The steps of an operation in the words of its plan, with what became of each. */
export function storyOf(
  operation: Pick<AgentOperation, 'state' | 'steps'>,
  plan: Pick<OperationPlan, 'steps'>,
): StepLine[] {
  const turn = turningPoint(operation.steps);
  const at = presentStep(operation);
  return operation.steps.map((step, index) => {
    const mark = markOf(operation.state, step, index === at);
    const isTrouble = step.error !== '' && !['done', 'undone', 'left'].includes(mark);
    return {
      id: step.id,
      title: step.title,
      mark,
      note: noteOf(step, mark, plan.steps.find(({ id }) => id === step.id)?.detail ?? ''),
      isTrouble,
      class: step.class,
      expectedMs: step.expected_ms,
      tookMs: tookOf(step),
      since: mark === 'now' || mark === 'undoing' ? step.started_at : null,
      progress: mark === 'now' ? step.progress : null,
      attempts: step.attempts,
      isTurn: index === turn,
    };
  });
}

/** Index of the step that is at work or comes next; -1 where none is. */
export function presentStep({ state, steps }: Pick<AgentOperation, 'state' | 'steps'>): number {
  if (state === 'done' || state === 'undone') return -1;
  const isGoingBack =
    state === 'undoing' ||
    steps.some((step) => step.state === 'undoing' || step.state === 'undone');
  if (isGoingBack) {
    const gone: OperationStep['state'][] = ['pending', 'undone', 'skipped'];
    return steps.findLastIndex((step) => !gone.includes(step.state));
  }
  const leaving = steps.findLastIndex((step) => step.state === 'skipping');
  if (leaving >= 0) return leaving;
  return steps.findIndex((step) => step.state !== 'done' && step.state !== 'skipped');
}

function markOf(state: AgentOperation['state'], step: OperationStep, isPresent: boolean): StepMark {
  if (step.state === 'undone') return 'undone';
  if (step.state === 'skipped') return 'left';
  if (isPresent) {
    if (state === 'stuck') return 'failed';
    if (state === 'paused') return 'held';
    if (state === 'undoing' || step.state === 'skipping') return 'undoing';
    return 'now';
  }
  if (step.state === 'done') return 'done';
  if (step.error !== '') return 'failed';
  return step.state === 'undoing' || step.state === 'skipping' ? 'undoing' : 'coming';
}

function noteOf(step: OperationStep, mark: StepMark, detail: string): string {
  if (step.error !== '' && mark !== 'done') return step.error;
  if (step.waiting_on !== null && step.waiting_on !== '' && mark !== 'done') {
    return `waits for ${step.waiting_on}`;
  }
  if (mark === 'done' && step.found) return 'It was so already; nothing was done.';
  return detail;
}

function tookOf({ started_at, ended_at }: OperationStep): number | null {
  return started_at === null || ended_at === null ? null : Math.max(0, ended_at - started_at);
}

/** The whole of an operation in one sentence, for its head and for screen readers. */
export function standing(operation: AgentOperation): string {
  const done = operation.steps.filter(({ state }) => state === 'done').length;
  const all = operation.steps.length;
  const leftOut = operation.steps.filter(({ state }) => state === 'skipped').length;
  const step = operation.steps[presentStep(operation)];
  switch (operation.state) {
    case 'running':
      return step === undefined
        ? 'It is about to end.'
        : `Step ${done + 1} of ${all}: ${step.title}`;
    case 'paused':
      return step === undefined ? 'It is paused.' : `Paused before “${step.title}”.`;
    case 'undoing':
      return step === undefined ? 'It is being undone.' : `Undoing “${step.title}”.`;
    case 'stuck':
      return operation.reason === '' ? 'It cannot go on by itself.' : operation.reason;
    case 'done':
      return leftOut === 0
        ? `All ${all} steps are done.`
        : `${all - leftOut} of ${all} steps are done, the others were left out.`;
    case 'undone':
      return operation.reason === '' ? 'Everything is as it was before.' : operation.reason;
  }
}

/** The same for a plan, of which nothing has begun. */
export function storyOfPlan({ steps }: Pick<OperationPlan, 'steps'>): StepLine[] {
  const turn = turningPoint(steps);
  return steps.map((step, index) => ({
    id: step.id,
    title: step.title,
    mark: 'coming',
    note: step.detail,
    isTrouble: false,
    class: step.class,
    expectedMs: step.expected_ms,
    tookMs: null,
    since: null,
    progress: null,
    attempts: 0,
    isTurn: index === turn,
  }));
}
