import type {
  BlastItem,
  OperationAnswer,
  OperationLogLine,
  OperationPlan,
  OperationStep,
} from '#shared/contract/agent/operations';
import { plain, took } from '#shared/domain/units';
import type { ReportFacts } from './report';

type Cell = string | number;

const STATE: Readonly<Record<OperationAnswer['operation']['state'], string>> = {
  running: 'under way',
  paused: 'paused',
  stuck: 'stuck, a person has to decide',
  undoing: 'being undone',
  done: 'done',
  undone: 'undone',
};
const STEP_STATE: Readonly<Record<OperationStep['state'], string>> = {
  pending: 'not begun',
  intent: 'under way',
  done: 'done',
  undoing: 'being undone',
  undone: 'undone',
  skipping: 'being left out',
  skipped: 'left out',
};

/** For people: from what was approved to what it brought. Times are UTC. */
export function markdownReport(answer: OperationAnswer, facts: ReportFacts): string {
  const { operation, plan } = answer;
  return `${[
    `# ${inline(operation.title)}`,
    ...summary(answer, facts),
    ...felt(answer),
    ...ordered(facts),
    '## Steps',
    table(
      ['#', 'Step', 'Class', 'State', 'Began', 'Took', 'Expected', 'Tries', 'Note'],
      operation.steps.map(stepRow),
    ),
    '## Checks before the start',
    table(
      ['Check', 'Result', 'Node', 'Found', 'Remedy'],
      plan.checks.map((each) => [
        each.title,
        each.state,
        each.node ?? '',
        each.detail,
        each.remedy,
      ]),
    ),
    ...approved(plan),
    '## Commands and what they printed',
    ...commands(answer),
  ].join('\n\n')}\n`;
}

function summary({ operation, plan }: OperationAnswer, facts: ReportFacts): string[] {
  const { created_at: createdAt, ended_at: endedAt, rollback_until: until } = operation;
  const rows: Cell[][] = [
    ['Cluster', `${facts.name} (${facts.clusterId})`],
    ['Result', STATE[operation.state]],
    ...(operation.reason === '' ? [] : [['Reason', operation.reason]]),
    ['Approved by', operation.created_by],
    ['Planned by', `${plan.made_by}, ${when(plan.made_at)}`],
    ['Plan', operation.plan_hash],
    ['Procedure', plan.procedure === '' ? 'the only one' : plan.procedure],
    ['Why this way', plan.reason],
    ['Began', when(createdAt)],
    ['Ended', endedAt === null ? 'not yet' : when(endedAt)],
    ['Took', plain(took(endedAt === null ? null : endedAt - createdAt))],
    ['Expected', plain(took(plan.expected_ms))],
    ['Can be rolled back until', until === null ? 'not any more' : when(until)],
    ['Carried out by', `${operation.coordinator}, epoch ${operation.epoch}`],
    ['Operation', operation.id],
    ['As heard', when(facts.heardAt)],
  ];
  return [table(['', ''], rows)];
}

function felt({ pulse, plan }: OperationAnswer): string[] {
  if (pulse === null) return [];
  const { points, longest_ms: longest, failed, jobs_found: found, jobs_known: known } = pulse;
  return [
    '## What users felt',
    table(
      ['', ''],
      [
        ['Longest wait of a submission', plain(took(longest))],
        ['Expected', plain(took(plan.expected_pause_ms))],
        ['Failed submissions', failed],
        ['Jobs accounted for', `${found} of ${known}`],
        ['Measurements kept', points.length],
      ],
    ),
  ];
}

function ordered({ ordered: orders }: ReportFacts): string[] {
  if (orders.length === 0) return [];
  return [
    '## Asked for from this desk',
    table(
      ['When', 'Who', 'What', 'Answer'],
      orders.map(({ at, who, what, result }) => [when(at), who, what, result]),
    ),
  ];
}

function stepRow(step: OperationStep, index: number): Cell[] {
  const { started_at: startedAt, ended_at: endedAt } = step;
  const span = startedAt === null || endedAt === null ? null : endedAt - startedAt;
  return [
    index + 1,
    step.title,
    step.class,
    step.found ? `${STEP_STATE[step.state]}, was so already` : STEP_STATE[step.state],
    startedAt === null ? '' : when(startedAt),
    plain(took(span)),
    plain(took(step.expected_ms)),
    step.attempts,
    step.error === '' ? (step.waiting_on ?? '') : step.error,
  ];
}

function approved(plan: OperationPlan): string[] {
  const lists: [string, OperationPlan['blast']['waits']][] = [
    ['Went on', plan.blast.goes_on],
    ['Had to wait', plan.blast.waits],
    ['Could not go on', plan.blast.cannot],
  ];
  const named = lists.filter(([, { count }]) => count > 0);
  return [
    '## What the plan said',
    named.length === 0
      ? 'No job or pod was concerned.'
      : named.map(([words, { count }]) => `- ${words}: ${count}`).join('\n'),
    ...named.flatMap(([words, { items }]) =>
      items.length === 0
        ? []
        : [
            `### ${words}`,
            table(['Id', 'Name', 'User', 'State', 'Nodes', 'Note'], items.map(blastRow)),
          ],
    ),
    ...(plan.irreversible.length === 0
      ? []
      : [
          '### What cannot be undone',
          plan.irreversible.map((each) => `- ${inline(each)}`).join('\n'),
        ]),
  ];
}

const blastRow = ({ id, name, user, state, nodes, note }: BlastItem): Cell[] => [
  id,
  name,
  user,
  state,
  nodes.join(', '),
  note,
];

/** Step by step, in the order of the steps; the engine's own words first. */
function commands({ operation, log }: OperationAnswer): string[] {
  if (log.length === 0) return ['Nothing was written down.'];
  const bySteps = Map.groupBy(log, ({ step }) => step);
  const titles = new Map(operation.steps.map(({ id, title }) => [id, title]));
  const order = ['', ...titles.keys()];
  const others = [...bySteps.keys()].filter((step) => !order.includes(step));
  return [...order, ...others].flatMap((step) => {
    const lines = bySteps.get(step);
    if (lines === undefined) return [];
    return [`### ${inline(step === '' ? 'The engine' : (titles.get(step) ?? step))}`, block(lines)];
  });
}

/** A code block that no line of it can end. */
function block(lines: readonly OperationLogLine[]): string {
  const text = lines
    .map(({ at, node, text: words }) => `${when(at)} ${node === '' ? '' : `${node}: `}${words}`)
    .join('\n');
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((each) => inline(String(each))).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** A text of somebody else as text: it neither ends a cell nor becomes markup. */
function inline(text: string): string {
  return text
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|]/g, '\\$&');
}

const when = (ms: number) => new Date(ms).toISOString();
