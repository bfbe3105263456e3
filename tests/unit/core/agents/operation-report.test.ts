import { expect, test } from 'vitest';
import { reportOf } from '#electron/core/agents/operations/report';
import { operationAnswer } from '#shared/contract/agent/operations';
import { answerOf, HASH, planOf, STARTED } from '#tests/support/operation-agents';

const facts = {
  clusterId: 'atelier',
  name: 'Atelier',
  heardAt: STARTED + 9000,
  writtenAt: STARTED + 9500,
  ordered: [{ at: STARTED, who: 'ada@desk-3', what: 'start', result: 'SLURM controller' }],
};

const done = () =>
  answerOf(
    { state: 'done', ended_at: STARTED + 4200, rollback_until: STARTED + 3_600_000 },
    {
      pulse: {
        points: [
          [STARTED, 20],
          [STARTED + 250, null],
        ],
        longest_ms: 412,
        failed: 1,
        jobs_found: 3,
        jobs_known: 3,
      },
    },
    4,
  );

test('a report for people tells who, what, how long, what was run and what users felt', () => {
  const { fileName, text } = reportOf(done(), facts, 'markdown');
  expect(fileName).toBe('clusterdeck-atelier-handoff-2026-11-21T1200.md');
  for (const said of [
    '# SLURM controller: a1 to a2',
    '| Cluster | Atelier (atelier) |',
    '| Result | done |',
    "| Approved by | ada's desk |",
    `| Plan | ${HASH} |`,
    '| Procedure | A |',
    '| Took | 4.2 s |',
    '| Can be rolled back until | 2026-11-21T13:00:00.000Z |',
    '| Longest wait of a submission | 412 ms |',
    '| Failed submissions | 1 |',
    '| Jobs accounted for | 3 of 3 |',
    '| Clocks are in step | ok |  | 4 ms apart. |  |',
    '| 3 | Start a2 | pivot | done | 2026-11-21T12:00:00.800Z | 230 ms | 500 ms | 1 |  |',
    '| 2026-11-21T12:00:00.000Z | ada@desk-3 | start | SLURM controller |',
    '- Went on: 1',
    '| 1042 | train | ada | RUNNING | a3 |  |',
    '2026-11-21T12:00:00.010Z a1: scontrol ping: UP',
  ]) {
    expect(text).toContain(said);
  }
});

test('one for programs holds all of it, in the words of the agents', () => {
  const answer = done();
  const { fileName, text } = reportOf(answer, facts, 'json');
  expect(fileName).toMatch(/\.json$/);
  const { operation, plan, log, pulse, ...head } = JSON.parse(text);
  expect(operationAnswer.parse({ operation, plan, log, pulse, wish: null })).toEqual(answer);
  expect(head).toEqual({
    report: 'clusterdeck-operation',
    version: 1,
    cluster: { cluster_id: 'atelier', name: 'Atelier' },
    heard_at: facts.heardAt,
    written_at: facts.writtenAt,
    ordered: facts.ordered,
  });
});

test('one that has not ended says so', () => {
  const stuck = answerOf({ state: 'stuck', reason: 'Jobs of a1 still run.', pivot_passed: true });
  const { text } = reportOf(stuck, facts, 'markdown');
  expect(text).toContain('| Result | stuck, a person has to decide |');
  expect(text).toContain('| Reason | Jobs of a1 still run. |');
  expect(text).toContain('| Ended | not yet |');
  expect(text).toContain('port 6817 of a1 to close');
  expect(text).not.toContain('What users felt');
});

test.each(['markdown', 'json'] as const)('no form of a secret gets into a report: %s', (format) => {
  const token = 'cdk_abc_0123456789abcdef';
  const answer = answerOf(
    { reason: `It said ${token}.` },
    {
      log: [
        { at: STARTED, step: 'step-1', node: 'a1', text: `Authorization: Bearer ${token}` },
        { at: STARTED, step: '', node: '', text: 'StoragePassword=hunter22' },
      ],
    },
  );
  for (const step of answer.operation.steps) step.error = `failed with ${token}`;
  const { text } = reportOf(answer, facts, format);
  expect(text).not.toContain('0123456789abcdef');
  expect(text).not.toContain('hunter22');
  expect(text).toContain('[hidden]');
});

test('names and outputs stay text: they end no cell and no block, and are no markup', () => {
  const plan = planOf({
    title: 'A | B <script>alert(1)</script>\n# Chapter',
    reason: 'See [here](http://x) and `this`.',
  });
  const log = [{ at: STARTED, step: 'step-1', node: 'a1', text: '```\n# Not a chapter' }];
  const { text } = reportOf(answerOf({}, { plan, log }), facts, 'markdown');
  expect(text).toContain('# A \\| B &lt;script>alert(1)&lt;/script> # Chapter\n');
  expect(text).toContain('\\[here\\](http://x) and \\`this\\`.');
  expect(text).not.toContain('<script>');
  const [, block = ''] = /````text\n([\s\S]*)\n````/.exec(text) ?? [];
  expect(block).toContain('# Not a chapter');
});
