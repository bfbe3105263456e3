import { expect, test } from 'vitest';
import { SlurmCarrier, type SlurmSight } from '#electron/core/agents/slurm-carrier';
import type { AgentClient } from '#electron/core/agents/types';
import type { ItemRecord } from '#electron/core/operations/carriers';
import { waitingItem } from '#electron/core/operations/service';
import { type Failure, fail } from '#shared/contract/errors';
import type { JobRow, MemberRow } from '#shared/contract/inventory';
import type { OperationItem, SlurmAction } from '#shared/contract/operations';
import { FakeClock } from '#tests/support/fake-clock';
import { pass } from '#tests/support/watching';

const A = '00000000-0000-4000-8000-00000000000a';

const job = (changes: Partial<JobRow>): JobRow => ({
  id: 'job/7',
  job: '7',
  name: 'sim',
  state: 'PENDING',
  user: 'ada',
  partition: 'main',
  nodes: [],
  reason: 'Resources',
  cpus: 1,
  submittedAt: 0,
  startedAt: null,
  ...changes,
});

const member = (drain: MemberRow['drain']): MemberRow => ({
  id: 'member/a1',
  node: 'a1',
  nodeId: 'id-a1',
  status: 'alive',
  address: '',
  tailscaleIp: '',
  roles: [],
  leaderOf: [],
  authenticated: true,
  fingerprint: '',
  apiPort: 9090,
  arch: '',
  gpus: 0,
  lastSeen: null,
  joinedAt: 0,
  slurmState: 'idle',
  drain,
  drainReason: '',
  cpus: 8,
  cpusAllocated: 0,
  partitions: [],
  runningJobs: 0,
});

interface Seen {
  job?: JobRow;
  member?: MemberRow;
  failure?: Failure;
}

/** One item on a cluster that shows what a test says, look by look. */
function item(id: string, answer: () => unknown, looks: Seen[] = []) {
  const clock = new FakeClock();
  let now: Seen = {};
  const posts: string[] = [];
  const post: AgentClient['post'] = async (path) => {
    posts.push(path);
    return { data: await answer(), endpoint: 'a1:9090', latencyMs: 3 };
  };
  const client: AgentClient = {
    get: () => Promise.reject(new Error('not used')),
    post,
    delete: () => Promise.reject(new Error('not used')),
    events: async () => {},
    callsPerMinute: () => 0,
    close: async () => {},
  };
  const sight: SlurmSight = {
    async look() {
      now = looks.length > 1 ? (looks.shift() ?? {}) : (looks[0] ?? {});
      if (now.failure !== undefined) throw now.failure;
    },
    member: () => now.member,
    job: () => now.job,
  };
  let state: OperationItem = waitingItem(A, id, id);
  const messages: string[] = [];
  const record: ItemRecord = {
    read: () => state,
    change: (change) => {
      state = { ...state, ...change };
      if (change.message !== undefined) messages.push(change.message);
    },
    end: (end, message, failure) => {
      state = { ...state, state: end, message, failure: failure?.view() ?? null };
    },
    taken: () => new Set(),
  };
  const carrier = new SlurmCarrier({ clock, clients: { get: () => client }, sight });
  const run = async (work: Promise<void>) => {
    await pass(clock, 60_000, 500);
    await work;
    return state;
  };
  const { signal } = new AbortController();
  return {
    posts,
    messages,
    perform: (action: SlurmAction, body: object = {}) =>
      run(carrier.perform(action, body)(record, signal)),
    takeUp: (action: SlurmAction) => run(carrier.takeUp(action)(record, signal)),
  };
}

const lost = () => {
  throw fail('UNREACHABLE', { remedy: 'Look.', outcome: 'unknown' });
};

test('the agent’s word of what it read back is the end', async () => {
  const done = item('node/a1', () => ({ ok: true, state: 'draining', message: 'x' }));
  expect(await done.perform('drain')).toMatchObject({ state: 'done', message: 'draining' });
  expect(done.posts).toEqual(['/api/v1/slurm/nodes/a1/drain']);
});

test('names become a part of the path and nothing else', async () => {
  const done = item('job/12_[3-5]', () => ({ ok: true, state: 'held', message: 'x' }));
  await done.perform('hold');
  expect(done.posts).toEqual(['/api/v1/slurm/jobs/12_%5B3-5%5D/hold']);
});

test('a refusal is told with its remedy, and nothing is looked for', async () => {
  const refused = item('job/7', () => {
    throw fail('PERMISSION_DENIED', { remedy: 'Use an operator’s token.' }, 'May not.');
  });
  expect(await refused.perform('cancel')).toMatchObject({
    state: 'failed',
    message: 'May not.',
    failure: { code: 'PERMISSION_DENIED' },
  });
});

test.each<[SlurmAction, string, Seen, string]>([
  ['drain', 'node/a1', { member: member('drained') }, 'drained'],
  ['resume', 'node/a1', { member: member('none') }, 'idle'],
  ['hold', 'job/7', { job: job({ reason: 'JobHeldUser' }) }, 'held'],
  ['release', 'job/7', { job: job({ reason: 'Priority' }) }, 'PENDING'],
  ['cancel', 'job/7', {}, 'no longer there'],
  ['cancel', 'job/7', { job: job({ state: 'COMPLETING' }) }, 'COMPLETING'],
])('a lost %s is found by looking, and sent once', async (action, id, seen, word) => {
  const silent = { failure: fail('UNREACHABLE', { remedy: 'Wait.' }) };
  const found = item(id, lost, [silent, { job: job({}), member: member(null) }, seen]);
  const wanted = action === 'release' ? { state: 'done' } : { state: 'done', message: word };
  expect(await found.perform(action)).toMatchObject(wanted);
  expect(found.posts).toHaveLength(1);
});

test('what cannot be found out is unknown, and is not sent again', async () => {
  const unsure = item('node/a1', lost, [{ member: member('none') }]);
  expect(await unsure.perform('drain')).toMatchObject({
    state: 'unknown',
    failure: { code: 'UNREACHABLE' },
  });
  expect(unsure.posts).toHaveLength(1);
});

test('an item of an earlier run is only looked for', async () => {
  const left = item('node/a1', lost, [{ member: member('draining') }]);
  expect(await left.takeUp('drain')).toMatchObject({ state: 'done', message: 'draining' });
  expect(left.posts).toEqual([]);
});
