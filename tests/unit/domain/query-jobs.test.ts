import { describe, expect, it } from 'vitest';
import { isHeld, jobPhase, jobQuery, type QueriedJob } from '#shared/domain/query-jobs';
import { PODS } from '#shared/domain/query-pods';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;
const JOBS = jobQuery(() => NOW);
const job: QueriedJob = {
  job: '1042_3',
  name: 'train-resnet',
  state: 'RUNNING',
  user: 'ada',
  partition: 'gpu',
  nodes: ['a1', 'a2'],
  reason: '',
  cpus: 16,
  submittedAt: NOW - 30 * HOUR,
  startedAt: NOW - 3 * HOUR,
};

function fits(text: string, changes: Partial<QueriedJob> = {}): boolean {
  const parsed = JOBS.parse(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return JOBS.matcher(parsed.query)({ ...job, ...changes });
}

describe('the query about jobs', () => {
  it.each([
    'resnet user:ada,bo cpus:>=16',
    'node:a2 partition:gpu is:running',
    'elapsed:>2h age:>1d job:1042',
    '-is:waiting -user:root state:running',
    'name:train*',
    '1042_3',
  ])('finds the job by %s', (text) => expect(fits(text)).toBe(true));

  it.each(['user:ad', 'elapsed:>4h', 'is:held', 'node:a3', 'cpus:<8', 'cpu'])(
    'leaves it out for %s',
    (text) => expect(fits(text)).toBe(false),
  );

  it('does not say how long a job runs that has not begun', () => {
    expect(fits('elapsed:<1h', { startedAt: null, state: 'PENDING' })).toBe(false);
    expect(fits('is:waiting reason:resour', { state: 'PENDING', reason: 'Resources' })).toBe(true);
  });

  it('says what is wrong and where, with an example of the field', () => {
    const parsed = JOBS.parse('user:ada cpus:many');
    expect(parsed).toMatchObject({ ok: false, error: { from: 14, to: 18 } });
    expect(parsed.ok ? '' : parsed.error.message).toContain('cpus:>=16');
    const unknown = JOBS.parse('vmid:100');
    expect(unknown.ok ? '' : unknown.error.message).toContain('Fields are is, user');
  });

  it('gives an example of every field, each of which can be read', () => {
    const wrong = [JOBS, PODS].flatMap((language) =>
      language.help.filter(({ example }) => !language.parse(example).ok),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the states of jobs', () => {
  it('sorts SLURM’s words into what a person asks for', () => {
    expect(jobPhase('COMPLETING')).toBe('running');
    expect(jobPhase('CONFIGURING')).toBe('waiting');
    expect(jobPhase('SUSPENDED')).toBe('stopped');
    expect(jobPhase('OUT_OF_MEMORY')).toBe('ended');
  });

  it('knows what somebody holds', () => {
    expect(isHeld({ reason: 'JobHeldAdmin' })).toBe(true);
    expect(isHeld({ reason: 'Resources' })).toBe(false);
  });
});

describe('the query about pods', () => {
  const pod = {
    name: 'web-0',
    namespace: 'default',
    phase: 'Running',
    node: 'a1',
    ready: false,
    restarts: 41,
  };
  it('finds what restarts often and is not ready', () => {
    const parsed = PODS.parse('restarts:>3 -is:ready namespace:default');
    expect(parsed.ok && PODS.matcher(parsed.query)(pod)).toBe(true);
    const ready = PODS.parse('is:ready');
    expect(ready.ok && PODS.matcher(ready.query)(pod)).toBe(false);
  });
});
