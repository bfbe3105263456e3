import { describe, expect, it } from 'vitest';
import type {
  AgentOperation,
  OperationAnswer,
  OperationPlan,
  OperationStep,
} from '#shared/contract/agent/operations';
import type { ClusterOperation, ClusterOperationView } from '#shared/contract/cluster-operations';
import type { JobRow, PodRow } from '#shared/contract/inventory';
import { handoffHref, leaveHref } from '../../../renderer/features/handoff/address';
import { clockLead } from '../../../renderer/features/handoff/clock-lead';
import { jobLines } from '../../../renderer/features/handoff/job-lines';
import { partsOf } from '../../../renderer/features/handoff/parts';
import { planChanges } from '../../../renderer/features/handoff/plan-changes';
import { pulsePaths, pulseSpanMs } from '../../../renderer/features/handoff/pulse-paths';
import { resultSentence } from '../../../renderer/features/handoff/result';
import { presentStep, standing, storyOf } from '../../../renderer/features/handoff/story';
import { isReversible, offeredWishes } from '../../../renderer/features/handoff/wishes';
import { about, placeWord } from '../../../renderer/features/handoff/words';
import { clusterSummary, justTurned } from '../../../renderer/features/operations/cluster-summary';

const ID = '4f7e2a7e-1111-4222-8333-0123456789ab';
const UUID = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';

function step(id: string, changes: Partial<OperationStep> = {}): OperationStep {
  return {
    id,
    title: `Title of ${id}`,
    class: 'idempotent',
    state: 'pending',
    found: false,
    expected_ms: 400,
    deadline_ms: 10_000,
    attempts: 0,
    started_at: null,
    ended_at: null,
    waiting_on: null,
    progress: null,
    error: '',
    ...changes,
  };
}

const done = (id: string, changes: Partial<OperationStep> = {}): OperationStep =>
  step(id, { state: 'done', attempts: 1, started_at: 1000, ended_at: 1350, ...changes });

function operation(changes: Partial<AgentOperation> = {}): AgentOperation {
  return {
    id: ID,
    kind: 'handoff',
    version: 1,
    title: 'SLURM controller: a1 to a2',
    plan_hash: 'a'.repeat(64),
    params: { role: 'slurm-controller', to: 'a2' },
    state: 'running',
    steps: [],
    pivot_passed: false,
    epoch: 1,
    serial: 1,
    coordinator: 'a3',
    notes: {},
    created_by: 'ada',
    created_at: 1000,
    ended_at: null,
    rollback_until: null,
    reason: '',
    ...changes,
  };
}

const item = (id: string, changes: object = {}) => ({
  id,
  name: `job ${id}`,
  user: 'mei',
  state: 'RUNNING',
  nodes: ['a4'],
  note: '',
  ...changes,
});

function plan(changes: Partial<OperationPlan> = {}): OperationPlan {
  return {
    hash: 'a'.repeat(64),
    kind: 'handoff',
    version: 1,
    title: 'SLURM controller: a1 to a2',
    params: {},
    procedure: 'A',
    reason: '',
    checks: [],
    steps: [],
    expected_pause_ms: 500,
    expected_ms: 3000,
    blast: {
      goes_on: { count: 0, items: [] },
      waits: { count: 0, items: [] },
      cannot: { count: 0, items: [] },
    },
    irreversible: [],
    confirm: 'a2',
    rollback_ms: 0,
    made_at: 0,
    made_by: 'ada',
    ...changes,
  };
}

const planned = (id: string, detail: string) => ({
  id,
  title: `Title of ${id}`,
  detail,
  class: 'idempotent' as const,
  expected_ms: 400,
  deadline_ms: 10_000,
});

describe('the story of an operation', () => {
  const steps = [
    done('hold'),
    step('start', { class: 'pivot', state: 'intent', attempts: 1, started_at: 1400 }),
    step('prove'),
  ];

  it('says what was done, what is at work, and where one can no longer turn', () => {
    const lines = storyOf(operation({ steps }), plan({ steps: [planned('hold', 'kept')] }));
    expect(lines.map(({ mark }) => mark)).toEqual(['done', 'now', 'coming']);
    expect(lines.map(({ isTurn }) => isTurn)).toEqual([false, true, false]);
    expect(lines[0]).toMatchObject({ note: 'kept', tookMs: 350, since: null });
    expect(lines[1]).toMatchObject({ since: 1400, tookMs: null });
  });

  it('says what is waited for, and that nothing had to be done', () => {
    const waiting = steps.map((one, index) =>
      index === 1 ? { ...one, waiting_on: 'a1 to save', progress: 0.5 } : { ...one, found: true },
    );
    const lines = storyOf(operation({ steps: waiting }), plan());
    expect(lines[0]?.note).toBe('It was so already; nothing was done.');
    expect(lines[1]).toMatchObject({ note: 'waits for a1 to save', progress: 0.5 });
  });

  it('tells a stuck step from one that is paused', () => {
    const failed = steps.map((one, index) => (index === 1 ? { ...one, error: 'No.' } : one));
    const stuck = storyOf(operation({ steps: failed, state: 'stuck' }), plan());
    expect(stuck[1]).toMatchObject({ mark: 'failed', note: 'No.', isTrouble: true, since: null });
    const paused = storyOf(operation({ steps, state: 'paused' }), plan());
    expect(paused[1]).toMatchObject({ mark: 'held', since: null });
  });

  it('goes backwards while it is undone', () => {
    const back = [done('a'), done('b'), step('c', { state: 'undone' }), step('d')];
    expect(presentStep(operation({ steps: back, state: 'undoing' }))).toBe(1);
    const lines = storyOf(operation({ steps: back, state: 'undoing' }), plan());
    expect(lines.map(({ mark }) => mark)).toEqual(['done', 'undoing', 'undone', 'coming']);
    expect(standing(operation({ steps: back, state: 'undoing' }))).toBe('Undoing “Title of b”.');
  });

  it('sums it up in one sentence', () => {
    expect(standing(operation({ steps }))).toBe('Step 2 of 3: Title of start');
    expect(standing(operation({ state: 'stuck', steps, reason: 'A pod stays.' }))).toBe(
      'A pod stays.',
    );
    expect(standing(operation({ state: 'done', steps }))).toBe('All 3 steps are done.');
  });
});

describe('what can be asked', () => {
  const NOW = 50_000;
  it('is to undo before the turning point, and only to go on after one that is irreversible', () => {
    expect(offeredWishes(operation(), NOW)).toEqual(['pause', 'abort']);
    expect(offeredWishes(operation({ pivot_passed: true }), NOW)).toEqual(['pause']);
    const stuck = operation({ state: 'stuck', pivot_passed: true });
    expect(offeredWishes(stuck, NOW)).toEqual(['rollback', 'retry']);
    const removed = [done('remove', { class: 'irreversible' })];
    expect(offeredWishes({ ...stuck, steps: removed }, NOW)).toEqual(['retry']);
    expect(offeredWishes(operation({ state: 'stuck' }), NOW)).toEqual(['abort', 'retry']);
    expect(offeredWishes(operation({ state: 'undoing' }), NOW)).toEqual([]);
  });

  it('is to roll back a done one only as long as that is possible', () => {
    const over = operation({ state: 'done', rollback_until: NOW + 1 });
    expect(offeredWishes(over, NOW)).toEqual(['commit', 'rollback']);
    expect(offeredWishes(over, NOW + 1)).toEqual([]);
    expect(isReversible({ ...over, rollback_until: null }, NOW)).toBe(false);
  });
});

describe('a stale plan', () => {
  it('is told by what differs', () => {
    const before = plan({ checks: [{ ...check('state', 'ok'), detail: 'It is shared.' }] });
    const after = plan({
      procedure: 'B',
      checks: [{ ...check('state', 'warning'), detail: 'It is not shared.' }],
      blast: { ...before.blast, goes_on: { count: 3, items: [] } },
      expected_pause_ms: 900,
    });
    expect(planChanges(before, after)).toEqual([
      'The procedure is B now, not A.',
      'Title of state: It is not shared.',
      '3 jobs go on now, not 0.',
      'The expected pause is about 0.9 s now.',
    ]);
    expect(planChanges(before, before)).toEqual([]);
    const other = plan({
      title: 'SLURM controller: a3 to a2',
      checks: before.checks,
      steps: [planned('copy', '')],
    });
    expect(planChanges(before, other)).toEqual([
      'It is “SLURM controller: a3 to a2” now.',
      'New step: Title of copy.',
    ]);
  });

  const check = (id: string, state: 'ok' | 'warning' | 'failed') => ({
    id,
    title: `Title of ${id}`,
    state,
    detail: '',
    remedy: '',
  });
});

describe('what users feel', () => {
  it('is drawn over the last minute, broken where a submission failed, flat while one waits', () => {
    const paths = pulsePaths(
      [
        [0, 900],
        [70_000, 10],
        [79_800, null],
        [90_000, 10],
        [99_500, 300],
      ],
      { width: 600, height: 100 },
    );
    expect(paths.topMs).toBe(500);
    expect(paths.failed).toEqual([399.8 / 600].map((share) => expect.closeTo(share, 3)));
    expect(paths.line.match(/M/g)).toHaveLength(2);
    // the oldest one is out of sight; the newest lasts until the right edge
    expect(paths.line).not.toContain('M0,');
    expect(paths.line).toMatch(/L597,40.8L600,40.8$/);
  });

  it('is drawn over what was measured, in whole tens of seconds', () => {
    const at = (ms: number): [number, number] => [ms, 5];
    expect(pulseSpanMs([])).toBe(10_000);
    expect(pulseSpanMs([at(0), at(12_000)])).toBe(20_000);
    expect(pulseSpanMs([at(0), at(400_000)])).toBe(60_000);
  });

  it('names a pod by its namespace, and a job by its number', () => {
    expect(placeWord(item('4711'))).toBe('4711');
    expect(placeWord({ id: 'default/web-0', name: 'web-0' })).toBe('default');
  });

  it('is summed up with every job accounted for, or not', () => {
    const pulse = { points: [], longest_ms: 280, failed: 0, jobs_found: 17, jobs_known: 17 };
    const measured = { ...pulse, points: [[1, 280]] as [number, number][] };
    expect(resultSentence({ pulse: measured })).toBe(
      'The longest wait of a submission was 0.28 s. No submission failed, all 17 jobs are accounted for.',
    );
    expect(resultSentence({ pulse: { ...pulse, failed: 1, jobs_found: 15 } })).toBe(
      '1 submission failed, 2 of 17 jobs are not accounted for.',
    );
    expect(resultSentence({ pulse: null })).toBe('');
  });

  it('says how long something takes as people would', () => {
    expect([20, 400, 2940, 300_000].map(about)).toEqual([
      'at once',
      'about 0.4 s',
      'about 3 s',
      'about 5 min',
    ]);
  });
});

describe('the jobs before one’s eyes', () => {
  const job = (number: string, state = 'RUNNING'): JobRow => ({
    id: `job/${number}`,
    job: number,
    name: `job ${number}`,
    state,
    user: 'mei',
    partition: 'debug',
    nodes: ['a4'],
    reason: '',
    cpus: 1,
    submittedAt: 0,
    startedAt: 1,
  });
  const known = plan({
    blast: {
      goes_on: { count: 2, items: [item('1'), item('2')] },
      waits: { count: 1, items: [item('3', { state: 'PENDING', nodes: [] })] },
      cannot: { count: 0, items: [] },
    },
  });

  it('are those of the plan as they stand now, then the others, new ones marked', () => {
    const jobs = [job('1'), job('3'), job('8'), { ...job('9'), submittedAt: 5000 }];
    const lines = jobLines(known, { jobs, pods: new Map() }, 1000);
    expect(lines.map(({ id, job: now, isNew }) => [id, now?.state ?? null, isNew])).toEqual([
      ['1', 'RUNNING', false],
      ['2', null, false],
      ['3', 'RUNNING', false],
      ['8', 'RUNNING', false],
      ['9', 'RUNNING', true],
    ]);
  });

  it('are pods where the plan is about pods, without every job beside them', () => {
    const pod: PodRow = {
      id: 'pod/default/web-0',
      name: 'web-0',
      namespace: 'default',
      phase: 'Running',
      node: 'a2',
      ready: true,
      restarts: 0,
    };
    const pods = new Map([[pod.id, pod]]);
    const about = plan({
      blast: {
        ...known.blast,
        goes_on: { count: 1, items: [item('default/web-0')] },
        waits: known.blast.cannot,
      },
    });
    const lines = jobLines(about, { jobs: [job('1')], pods }, 0);
    expect(lines.map(({ id, nodes }) => [id, nodes])).toEqual([['default/web-0', ['a2']]]);
  });
});

describe('the cluster’s clock', () => {
  const answer = (changes: Partial<OperationAnswer> = {}): OperationAnswer => ({
    operation: operation({ created_at: 10_000 }),
    plan: plan(),
    log: [],
    pulse: null,
    wish: null,
    ...changes,
  });
  const view = (told: OperationAnswer): ClusterOperationView => ({
    uuid: UUID,
    id: ID,
    answer: told,
    hearing: { state: 'live', heardAt: 0, endpoint: null, failure: null },
  });

  it('is found to be ahead, and not to be behind merely because nothing was written', () => {
    expect(clockLead(0, view(answer()), 9000)).toBe(1000);
    expect(clockLead(1000, view(answer()), 11_000)).toBe(1000);
    expect(clockLead(0, view(answer()), 90_000)).toBe(0);
  });

  it('is found to be behind where something is measured all the time', () => {
    const pulse = {
      points: [[20_000, 5]] as [number, number][],
      longest_ms: 5,
      failed: 0,
      jobs_found: 0,
      jobs_known: 0,
    };
    expect(clockLead(0, view(answer({ pulse })), 25_000)).toBe(-5000);
    expect(clockLead(-5000, view(answer({ pulse })), 24_900)).toBe(-4900);
  });
});

describe('nodes and addresses', () => {
  it('say what a node has to do with an operation', () => {
    expect(partsOf('a2', operation())).toEqual(['takes over']);
    expect(partsOf('a3', operation())).toEqual(['carries it out']);
    expect(partsOf('a3', operation({ state: 'done' }))).toEqual([]);
    const leave = operation({ kind: 'leave', params: { node: 'a3', reboot: true } });
    expect(partsOf('a3', leave)).toEqual(['reboots', 'carries it out']);
  });

  it('name what was chosen already', () => {
    expect(handoffHref('forge', { role: 'etcd', to: 'a b' })).toBe(
      '/clusters/forge/handoff?role=etcd&to=a+b',
    );
    expect(handoffHref('forge')).toBe('/clusters/forge/handoff?');
    expect(leaveHref('forge', 'a1', 'reboot')).toBe('/clusters/forge/leave/a1?way=reboot');
  });
});

describe('the operations of clusters in a list', () => {
  const entry = (changes: Partial<ClusterOperation> = {}): ClusterOperation => ({
    uuid: UUID,
    id: ID,
    kind: 'handoff',
    title: 'SLURM controller: a1 to a2',
    state: 'running',
    pivotPassed: false,
    steps: { done: 3, total: 9 },
    step: { title: 'Start slurmctld', waitingOn: 'a1 to save', startedAt: 0 },
    coordinator: 'a3',
    createdBy: 'ada',
    createdAt: 1000,
    endedAt: null,
    rollbackUntil: null,
    reason: '',
    heardAt: 1000,
    merge: null,
    ...changes,
  });

  it('say how far each is, or how it ended', () => {
    expect(clusterSummary(entry())).toBe('step 4 of 9: Start slurmctld, waits for a1 to save');
    expect(clusterSummary(entry({ state: 'done', endedAt: 4600 }))).toBe('in 3.60 s');
    expect(clusterSummary(entry({ state: 'stuck', reason: 'A pod stays.' }))).toBe('A pod stays.');
  });

  it('tell once of an end or a need, and not of old news', () => {
    const now = (changes: Partial<ClusterOperation>) => new Map([['k', entry(changes)]]);
    expect(justTurned(new Map([['k', 'running']]), now({ state: 'done' }), 0)).toMatchObject([
      { tone: 'ok', detail: 'It is done.' },
    ]);
    expect(
      justTurned(new Map([['k', 'running']]), now({ state: 'stuck', reason: 'A pod stays.' }), 0),
    ).toMatchObject([{ tone: 'bad', detail: 'It needs a decision. A pod stays.' }]);
    expect(justTurned(new Map([['k', 'done']]), now({ state: 'done' }), 0)).toEqual([]);
    expect(justTurned(new Map(), now({ state: 'done' }), 2000)).toEqual([]);
    expect(justTurned(new Map(), now({ state: 'done' }), 500)).toHaveLength(1);
    expect(justTurned(new Map([['k', 'running']]), now({}), 0)).toEqual([]);
  });
});
