import type { OperationPlan } from '#shared/contract/agent/operations';
import { about, countWords } from './words';

/** What differs between a plan that was approved and the one made now, in sentences. */
export function planChanges(before: OperationPlan, after: OperationPlan): string[] {
  const changes: string[] = [];
  if (before.procedure !== after.procedure) {
    changes.push(
      `The procedure is ${after.procedure === '' ? 'another' : after.procedure} now, not ${
        before.procedure === '' ? 'the one shown' : before.procedure
      }.`,
    );
  }
  for (const check of after.checks) {
    const known = before.checks.find(({ id, node }) => id === check.id && node === check.node);
    if (known?.state !== check.state || known.detail !== check.detail) {
      changes.push(`${check.title}: ${check.detail}`);
    }
  }
  if (before.steps.map(({ id }) => id).join() !== after.steps.map(({ id }) => id).join()) {
    changes.push(
      `It has ${countWords(after.steps.length, 'step')} now, not ${before.steps.length}.`,
    );
  }
  const BLAST = [
    ['goes_on', 'go on'],
    ['waits', 'wait'],
    ['cannot', 'cannot go on'],
  ] as const;
  for (const [key, words] of BLAST) {
    const now = after.blast[key].count;
    if (before.blast[key].count !== now) {
      changes.push(`${countWords(now, 'job')} ${words} now, not ${before.blast[key].count}.`);
    }
  }
  if (before.expected_pause_ms !== after.expected_pause_ms) {
    changes.push(`The expected pause is ${about(after.expected_pause_ms)} now.`);
  }
  if (before.confirm !== after.confirm) changes.push(`“${after.confirm}” is to be typed now.`);
  return changes;
}
