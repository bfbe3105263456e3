import type { BlastItem, OperationPlan, PlanCheck } from '#shared/contract/agent/operations';
import { phaseOf } from '#shared/domain/merge-phases';
import { duration } from './words';

const SHOWN_ITEMS = 8;
const CHECK_WORDS: Record<PlanCheck['state'], string> = {
  ok: 'ok',
  warning: 'WARNING',
  failed: 'FAILED',
};

/** A plan as an admin reads it before approving it. */
export function planText(plan: OperationPlan): string {
  const { blast } = plan;
  const parts = [
    [
      plan.title,
      ...(plan.procedure === '' ? [] : [`Procedure ${plan.procedure}.`]),
      ...(plan.reason === '' ? [] : [plan.reason]),
    ],
    ['Checks', ...plan.checks.flatMap(checkLines)],
    ['Steps', ...stepLines(plan)],
    [
      pauseSentence(plan),
      ...phaseTimes(plan),
      ...touched('Go on', blast.goes_on),
      ...touched('Wait', blast.waits),
      ...touched('Cannot go on', blast.cannot),
    ],
    [
      ...plan.irreversible.map((sentence) => `For good: ${sentence}`),
      plan.rollback_ms > 0
        ? `It can be rolled back for ${duration(plan.rollback_ms)} after its end.`
        : 'It cannot be rolled back after its end.',
    ],
  ];
  return parts.map((lines) => lines.join('\n')).join('\n\n');
}

function checkLines({ state, title, detail, remedy, node }: PlanCheck): string[] {
  const where = node === undefined ? '' : `${node}: `;
  const line = `  ${CHECK_WORDS[state].padEnd(7)}  ${where}${title}  ${detail}`.trimEnd();
  return remedy === '' ? [line] : [line, `${' '.repeat(11)}${remedy}`];
}

/** With a line after the step that turns it: from there on it goes forward. */
function stepLines({ steps }: OperationPlan): string[] {
  const pivot = steps.findIndex(({ class: kind }) => kind !== 'idempotent');
  const width = Math.max(0, ...steps.map(({ title }) => title.length));
  return steps.flatMap(({ title, detail, expected_ms: expectedMs, class: kind }, at) => {
    const last = kind === 'irreversible' ? '  for good' : '';
    const line = `  ${String(at + 1).padStart(2)}  ${title.padEnd(width)}  ${duration(expectedMs)}${last}`;
    const lines = detail === '' ? [line] : [line, `      ${detail}`];
    return at === pivot ? [...lines, '  --  From here on it goes forward.'] : lines;
  });
}

function pauseSentence({
  expected_pause_ms: pauseMs,
  expected_ms: totalMs,
}: OperationPlan): string {
  const pause = pauseMs > 0 ? `Submissions wait about ${duration(pauseMs)}. ` : '';
  return `${pause}All of it takes about ${duration(totalMs)}.`;
}

/** How long each phase takes, where the steps name theirs; a job that is waited for comes on top. */
function phaseTimes({ steps }: OperationPlan): string[] {
  const times = new Map<string, number>();
  for (const { title, expected_ms: expectedMs } of steps) {
    const phase = phaseOf(title);
    if (phase !== null) times.set(phase, (times.get(phase) ?? 0) + expectedMs);
  }
  if (times.size === 0) return [];
  const each = [...times].map(([phase, ms]) => `${phase} ${duration(ms)}`);
  return [`By phase: ${each.join(', ')}; the end of running jobs is waited for besides.`];
}

function touched(what: string, { count, items }: OperationPlan['blast']['waits']): string[] {
  if (count === 0) return [];
  const shown = items.slice(0, SHOWN_ITEMS).map(itemText);
  const more = count - shown.length;
  return [`${what} (${count}): ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

function itemText({ id, name, user, note }: BlastItem): string {
  const inside = [name, user, note].filter((part) => part !== '');
  return inside.length === 0 ? id : `${id} (${inside.join(', ')})`;
}
