import type { OperationPlan } from '#shared/contract/agent/operations';
import { about, countWords } from './words';

/** What differs between a plan that was approved and the one made now, in sentences. */
export function planChanges(before: OperationPlan, after: OperationPlan): string[] {
  const changes: string[] = [];
  if (before.title !== after.title) changes.push(`It is “${after.title}” now.`);
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
  const titles = (plan: OperationPlan) => plan.steps.map(({ title }) => title);
  const known = new Set(titles(before));
  for (const title of titles(after)) if (!known.has(title)) changes.push(`New step: ${title}.`);
  const kept = new Set(titles(after));
  for (const title of known) if (!kept.has(title)) changes.push(`No longer a step: ${title}.`);
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
