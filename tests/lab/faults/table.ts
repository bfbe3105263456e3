import type { Outcome } from '#tests/lab/faults/run';

const HEAD = [
  'fault',
  'ended',
  'took',
  'longest wait',
  'jobs',
  'refused',
  'in control',
  'exactly once',
];

/** One line per fault, as they are printed. */
export function tableOf(outcomes: readonly Omit<Outcome, 'states'>[]): string {
  const rows = [HEAD, ...outcomes.map(rowOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const [head = [], ...rest] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(line)].join(
    '\n',
  );
}

function rowOf({ fault, ending, tookMs, found, holder, wrong }: Omit<Outcome, 'states'>): string[] {
  return [
    fault,
    ending,
    seconds(tookMs),
    seconds(found.longestMs),
    `${found.submitted}`,
    `${found.refused.length}`,
    holder,
    wrong.length === 0 ? 'yes' : wrong.join('; '),
  ];
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
