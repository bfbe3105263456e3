import { z } from 'zod';
import {
  type AgentOperation,
  isOver,
  type OperationWish,
  operationWish,
} from '#shared/contract/agent/operations';
import { type Failure, fail } from '#shared/contract/errors';

/** What somebody asked for, as it waits for the coordinator. */
export const askedWish = z.object({ wish: operationWish, by: z.string() });
export type AskedWish = z.infer<typeof askedWish>;

/**
 * The operation after a wish was heard; null where it changes nothing, as one that comes too late.
 * Wishes at an operation that is over are not the coordinator's.
 */
export function wished(operation: AgentOperation, { wish, by }: AskedWish): AgentOperation | null {
  if (refusalOf(operation, wish) !== null || isOver(operation)) return null;
  switch (wish) {
    case 'pause':
      return { ...operation, state: 'paused' };
    case 'resume':
      return { ...operation, state: 'running', reason: '' };
    case 'retry':
      return { ...operation, state: isGoingBack(operation) ? 'undoing' : 'running' };
    case 'skip':
      return skipped(operation);
    case 'abort':
      // after the pivot it is finished safely: that is what going on does
      if (operation.pivot_passed) return { ...operation, state: 'running' };
      return { ...operation, state: 'undoing', reason: `It was aborted by ${by}.` };
    case 'rollback':
      return { ...operation, state: 'undoing', reason: `It was rolled back by ${by}.` };
    case 'commit':
      return null;
  }
}

/** Whether a wish must be heard while a step still acts or waits, and not only at its end. */
export function interrupts(
  operation: AgentOperation,
  wish: OperationWish,
): 'now' | 'waiting' | null {
  if (operation.state !== 'running' || operation.pivot_passed) return null;
  if (wish === 'abort' || wish === 'rollback') return 'now';
  return wish === 'pause' ? 'waiting' : null;
}

/** Why it cannot be had of an operation as it is now; null where it can. */
export function refusalOf(operation: AgentOperation, wish: OperationWish): Failure | null {
  const { state } = operation;
  const only = (states: readonly string[], why: string, remedy: string) =>
    states.includes(state) ? null : refused(why, remedy);
  switch (wish) {
    case 'pause':
      return only(['running'], 'Only what is running can be paused.', 'Look at its state.');
    case 'resume':
      return only(['paused'], 'It is not paused.', 'Look at its state.');
    case 'retry':
      return only(['stuck'], 'It is not stuck.', 'Look at its state.');
    case 'skip':
      if (state !== 'stuck') return refused('It is not stuck.', 'Look at its state.');
      return partOf(operation) === null
        ? refused('What is stuck cannot be left out.', 'Retry it, or roll it back.')
        : null;
    case 'abort':
      if (state === 'stuck' && operation.pivot_passed) {
        return refused('It is too late to abort it.', 'Retry it, or roll it back.');
      }
      return only(
        ['running', 'paused', 'stuck'],
        state === 'undoing' ? 'It is being undone already.' : 'It is over.',
        'Wait for its end.',
      );
    case 'rollback':
      if (state === 'undoing' || state === 'undone') {
        return refused('It is undone already, or about to be.', 'Nothing needs to be done.');
      }
      return irreversible(operation);
    case 'commit':
      return only(['done'], 'It is not done yet.', 'Wait for its end.');
  }
}

function irreversible({ steps }: AgentOperation): Failure | null {
  const done = steps.find(
    (step) => step.class === 'irreversible' && !['pending', 'skipped'].includes(step.state),
  );
  if (done === undefined) return null;
  return refused(`Nothing brings back what "${done.title}" did.`, 'Let it go on to its end.');
}

/** What could be left out of an operation that is stuck; null where nothing can. */
export function partOf(operation: Pick<AgentOperation, 'steps'>): string | null {
  if (isGoingBack(operation)) return null;
  const { steps } = operation;
  const stuck = steps.find(({ state }) => state !== 'done' && state !== 'skipped');
  const isPast = steps.some((one) => one.class !== 'idempotent' && one.state !== 'pending');
  return isPast ? null : (stuck?.part ?? null);
}

/** The part of the stuck step is undone alone, as far as it was begun. */
function skipped(operation: AgentOperation): AgentOperation | null {
  const part = partOf(operation);
  if (part === null) return null;
  const steps = operation.steps.map((step) => {
    if (step.part !== part || step.state === 'skipped') return step;
    const next = step.state === 'pending' ? ('skipped' as const) : ('skipping' as const);
    return { ...step, state: next, error: '', waiting_on: null, progress: null };
  });
  return { ...operation, steps, state: 'running', reason: '' };
}

const refused = (why: string, remedy: string): Failure => fail('INVALID_INPUT', { remedy }, why);

/** Whether its steps are being undone, from the last one on. */
const isGoingBack = ({ steps }: Pick<AgentOperation, 'steps'>): boolean =>
  steps.some(({ state }) => state === 'undoing' || state === 'undone');
