import type {
  AgentOperation,
  OperationPlan,
  OperationWish,
} from '#shared/contract/agent/operations';

type Standing = Pick<AgentOperation, 'state' | 'pivot_passed' | 'steps' | 'rollback_until'>;

/** What can be asked of an operation as it stands, the most usual last. `now` in unix ms. */
export function offeredWishes(operation: Standing, now: number): OperationWish[] {
  const canGoBack = !operation.steps.some(
    (step) =>
      step.class === 'irreversible' && !['pending', 'undone', 'skipped'].includes(step.state),
  );
  switch (operation.state) {
    case 'running':
      return operation.pivot_passed ? ['pause'] : ['pause', 'abort'];
    case 'paused':
      if (!operation.pivot_passed) return ['abort', 'resume'];
      return canGoBack ? ['rollback', 'resume'] : ['resume'];
    case 'stuck':
      if (!operation.pivot_passed) {
        return stuckPart(operation) === null ? ['abort', 'retry'] : ['abort', 'skip', 'retry'];
      }
      return canGoBack ? ['rollback', 'retry'] : ['retry'];
    case 'done':
      return isReversible(operation, now) ? ['commit', 'rollback'] : [];
    case 'undoing':
    case 'undone':
      return [];
  }
}

/** What could be left out of an operation that is stuck, as a node's name; null where nothing can. */
export function stuckPart({ state, steps }: Pick<Standing, 'state' | 'steps'>): string | null {
  const isGoingBack = steps.some((step) => step.state === 'undoing' || step.state === 'undone');
  if (state !== 'stuck' || isGoingBack) return null;
  const stuck = steps.find((step) => step.state !== 'done' && step.state !== 'skipped');
  return stuck?.part ?? null;
}

/** Whether an operation that is done can still be taken back. */
export const isReversible = (
  { state, rollback_until }: Pick<Standing, 'state' | 'rollback_until'>,
  now: number,
): boolean => state === 'done' && rollback_until !== null && rollback_until > now;

export interface WishWords {
  label: string;
  title: string;
  /** the deed, on the button that does it */
  action: string;
  danger: boolean;
}

export const WISH_WORDS: Record<OperationWish, WishWords> = {
  pause: { label: 'Pause', title: 'Pause it?', action: 'Pause', danger: false },
  resume: { label: 'Resume', title: 'Go on with it?', action: 'Resume', danger: false },
  retry: { label: 'Try again', title: 'Try this step again?', action: 'Try again', danger: false },
  skip: {
    label: 'Leave it out',
    title: 'Go on without it?',
    action: 'Leave it out',
    danger: false,
  },
  abort: {
    label: 'Abort and undo',
    title: 'Abort it and undo what was done?',
    action: 'Abort and undo',
    danger: true,
  },
  rollback: { label: 'Roll back', title: 'Roll it back?', action: 'Roll back', danger: true },
  commit: { label: 'Keep it', title: 'Keep it for good?', action: 'Keep it', danger: false },
};

/** What will happen, in sentences. */
export function wishEffect(
  wish: OperationWish,
  operation: Pick<AgentOperation, 'steps' | 'state'>,
  plan: Pick<OperationPlan, 'expected_pause_ms'>,
): string[] {
  const touched = operation.steps.filter(
    ({ state }) => state === 'done' || state === 'intent',
  ).length;
  const mayWait =
    plan.expected_pause_ms > 0
      ? ['Submissions may have to wait for as long as it stands still in the middle.']
      : [];
  switch (wish) {
    case 'pause':
      return [
        'A step that waits is left; one that acts is finished first. Then nothing happens until somebody resumes it.',
        ...mayWait,
      ];
    case 'resume':
      return ['It looks where things stand and goes on from there.'];
    case 'retry':
      return ['It looks where things stand. What is missing is done once more, nothing is forced.'];
    case 'skip':
      return [
        `Only ${stuckPart(operation) ?? 'what is stuck'} is taken back and left out. What was done before stays, and it goes on with the rest.`,
        'Running jobs go on.',
      ];
    case 'abort':
      return [
        touched === 0
          ? 'Nothing was changed yet, so nothing has to be taken back.'
          : `What was done is taken back, the last step first (${touched} of ${operation.steps.length}).`,
        'Running jobs go on.',
      ];
    case 'rollback':
      return [
        'Every step is taken back, the last one first, and everything stands as before the operation.',
        'Running jobs go on. Where one of them forbids a step, it stops there and asks.',
      ];
    case 'commit':
      return ['It cannot be rolled back any more, and what was kept for that is given up.'];
  }
}
