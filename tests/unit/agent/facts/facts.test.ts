import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Clock } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import {
  clusterAnswer,
  leadersAnswer,
  nodesAnswer,
  statusAnswer,
} from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { member, READING, type StagedAgent, stageAgent } from '#tests/support/agent';
import { sweptFolder } from '#tests/support/temp-folder';

/** Everything happens fifty times as often; what is measured in ms stays as it is. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
  monotonic: () => systemClock.monotonic() * 50,
};

/** Generous: other tests run beside this one. */
const GENEROUS = { timeout: 15_000 };

async function get(agent: StagedAgent, name: string): Promise<unknown> {
  return (await fetch(`${agent.plainUrl}/api/v1/${name}`)).json();
}

const nodeOf = async (agent: StagedAgent, name: string) =>
  nodesAnswer.parse(await get(agent, 'nodes')).nodes.find((node) => node.name === name);

/** Two nodes of one cluster, each with its own view of one shared state. */
async function pair(clockOfOther: Clock = hurried) {
  const store = new SqliteStore(':memory:', hurried);
  onTestFinished(() => store.close());
  const [a1, a2] = [member('a1'), member('a2', { roles: ['slurm-worker', 'k3s-agent'] })];
  const first = await stageAgent({
    own: a1,
    others: [a2],
    state: createSqliteState(store, hurried),
    clock: hurried,
  });
  const otherState = createSqliteState(store, hurried);
  const role = {
    name: 'slurm-worker' as const,
    running: false,
    healthy: false,
    is_leader: false,
    error: 'slurmd ended.',
  };
  const problem = {
    severity: 'bad' as const,
    code: 'munge-mismatch',
    title: 'The munge key of a2 is another one',
    detail: '',
    remedy: 'Copy it.',
    node: 'a2',
  };
  const other = await stageAgent({
    own: a2,
    others: [a1],
    state: otherState,
    clock: clockOfOther,
    roles: () => [role],
    facts: {
      problems: () => [problem],
      machine: { read: async () => ({ ...READING, cpuCores: 4, gpus: 0, cpuUsed: 0.75 }) },
    },
  });
  return { first, other, otherState };
}

test('each node shows what the others measured, and their problems', async () => {
  const { first } = await pair();
  await expect.poll(async () => (await nodeOf(first, 'a2'))?.load?.cpu, GENEROUS).toBe(0.75);
  expect(await nodeOf(first, 'a2')).toMatchObject({ capabilities: { cpu: 4, gpu: 0 } });
  expect(clusterAnswer.parse(await get(first, 'cluster')).capacity).toEqual({
    total_cpu_cores: 12,
    total_ram: '32GB',
    total_gpus: 2,
  });
  const { problems } = statusAnswer.parse(await get(first, 'status'));
  expect(problems).toContainEqual(expect.objectContaining({ code: 'munge-mismatch', node: 'a2' }));
});

test('the load of a node whose agent ended is not told any more, what it has is', async () => {
  const { first, other, otherState } = await pair();
  await expect.poll(async () => (await nodeOf(first, 'a2'))?.load, GENEROUS).not.toBeNull();
  await other.close();
  await otherState.close();
  await expect.poll(async () => (await nodeOf(first, 'a2'))?.load, GENEROUS).toBeNull();
  expect(await nodeOf(first, 'a2')).toMatchObject({ capabilities: { cpu: 4 } });
});

test('who is elected leads with its epoch as soon as SLURM answers there, and no longer', async () => {
  const { first, otherState } = await pair();
  const leader = async () =>
    leadersAnswer.parse(await get(first, 'leaders')).leaders['slurm-controller'];
  const lease = await otherState.lease(60_000);
  const signal = new AbortController().signal;
  const held = await otherState.campaign('slurm-controller', { nodeId: 'id-a2' }, lease, signal);
  expect(await leader()).toEqual({ status: 'no_leader' });
  first.slurm.show({ primary: 'a2', asOf: Date.now() });
  await expect
    .poll(leader, GENEROUS)
    .toMatchObject({ node_id: 'id-a2', name: 'a2', epoch: held.epoch });
  first.membership.change('a2', { status: 'failed' });
  await expect.poll(leader, GENEROUS).toEqual({ status: 'no_leader' });
});

test('a clock that is wrong is told of', async () => {
  const ahead = { ...hurried, now: () => systemClock.now() + 90_000 };
  const { first } = await pair(ahead);
  const skew = async () =>
    statusAnswer
      .parse(await get(first, 'status'))
      .problems.find(({ code }) => code === 'clock-skew');
  await expect.poll(skew, GENEROUS).toMatchObject({ severity: 'bad', node: 'a2' });
  expect((await skew())?.detail).toBe('a2 is ahead.');
});

test('what each node measured becomes samples', async () => {
  const { first } = await pair();
  await expect
    .poll(() => Object.keys(first.facts.samples(60).series).toSorted(), GENEROUS)
    .toEqual(
      expect.arrayContaining([
        'cluster/cpu',
        'cluster/nodes/alive',
        'node/a1/cpu',
        'node/a1/disk',
        'node/a1/memory',
        'node/a2/cpu',
      ]),
    );
  await expect
    .poll(() => first.facts.samples(60).series['cluster/cpu']?.at(-1), GENEROUS)
    .toBeGreaterThan(0.25);
  const answer = await fetch(`${first.plainUrl}/api/v1/samples?minutes=0`);
  expect(answer.status).toBe(400);
  const day = await (await fetch(`${first.plainUrl}/api/v1/samples?minutes=1440`)).json();
  expect(day).toMatchObject({ step_s: 60 });
});

test('samples outlive a restart of the agent', async () => {
  const samplesPath = join(sweptFolder(), 'samples.json');
  const first = await stageAgent({ clock: hurried, facts: { samplesPath } });
  const measured = (agent: StagedAgent) =>
    agent.facts.samples(60).series['node/a1/cpu']?.filter((point) => point !== null).length ?? 0;
  await expect.poll(() => measured(first), GENEROUS).toBeGreaterThan(0);
  await first.close();
  expect(statSync(samplesPath).mode & 0o777).toBe(0o600);
  const second = await stageAgent({
    facts: { samplesPath, machine: { read: () => Promise.reject(new Error('no machine')) } },
  });
  expect(measured(second)).toBeGreaterThan(0);
});

/** A state that can be taken away. */
function breakable(state: State) {
  const now: { trouble: 'none' | 'no quorum' | 'hangs' } = { trouble: 'none' };
  const refuse = async () => {
    if (now.trouble === 'hangs') await new Promise(() => {});
    throw fail('NO_QUORUM', { remedy: 'Bring back the missing nodes.' });
  };
  const guarded =
    <T extends unknown[], R>(work: (...parts: T) => Promise<R>) =>
    (...parts: T): Promise<R> =>
      now.trouble === 'none' ? work(...parts) : refuse();
  const kept: State = {
    get: guarded(state.get.bind(state)),
    list: (prefix, options) =>
      now.trouble === 'no quorum' && options?.stale === true
        ? state.list(prefix, options)
        : guarded(state.list.bind(state))(prefix, options),
    commit: guarded(state.commit.bind(state)),
    lease: guarded(state.lease.bind(state)),
    campaign: guarded(state.campaign.bind(state)),
    leader: (name, options) => (now.trouble === 'hangs' ? refuse() : state.leader(name, options)),
    watch: state.watch.bind(state),
    revision: guarded(state.revision.bind(state)),
    health: async () =>
      now.trouble === 'none' ? 'ok' : now.trouble === 'hangs' ? refuse() : 'read-only',
    close: () => state.close(),
  };
  return { state: kept, now };
}

test('without quorum everything is still told, marked as the last that was known', async () => {
  const store = new SqliteStore(':memory:', hurried);
  onTestFinished(() => store.close());
  const { state, now } = breakable(createSqliteState(store, hurried));
  const agent = await stageAgent({ state, clock: hurried, others: [member('a2')] });
  const answer = async () => nodesAnswer.parse(await get(agent, 'nodes'));
  agent.slurm.show({ primary: 'a1', asOf: Date.now() });
  await expect.poll(async () => (await answer()).stale, GENEROUS).toBe(false);
  now.trouble = 'no quorum';
  await expect.poll(async () => (await answer()).stale, GENEROUS).toBe(true);
  expect((await answer()).nodes).toHaveLength(2);
  const status = statusAnswer.parse(await get(agent, 'status'));
  expect(status.agent.state).toBe('read-only');
  expect(status.problems.map(({ code }) => code)).toContain('state-no-quorum');
  now.trouble = 'none';
  await expect.poll(async () => (await answer()).stale, GENEROUS).toBe(false);
});

test('a state that hangs holds up nothing', async () => {
  const store = new SqliteStore(':memory:', hurried);
  onTestFinished(() => store.close());
  const { state, now } = breakable(createSqliteState(store, hurried));
  const agent = await stageAgent({ state, clock: hurried });
  await expect.poll(() => agent.facts.snapshot().state, GENEROUS).toBe('ok');
  now.trouble = 'hangs';
  await expect.poll(() => agent.facts.snapshot().state, GENEROUS).toBe('unreachable');
  agent.machine.reading = { ...READING, cpuUsed: 0.9 };
  const cpu = async () => statusAnswer.parse(await get(agent, 'status')).resources.cpu_used;
  await expect.poll(cpu, GENEROUS).toBe(0.9);
  now.trouble = 'none';
});

test('a machine that cannot be read is told as old, and the agent goes on', async () => {
  const readings = { fails: false };
  const agent = await stageAgent({
    clock: hurried,
    facts: {
      machine: {
        read: async () => {
          if (readings.fails) throw new Error('statfs failed');
          return READING;
        },
      },
    },
  });
  expect(statusAnswer.parse(await get(agent, 'status')).stale).toBe(false);
  readings.fails = true;
  agent.membership.change('a1', { status: 'alive' });
  expect((await fetch(`${agent.plainUrl}/health`)).status).toBe(200);
  await expect
    .poll(
      () => agent.log.lines.some(({ message }) => message.includes('could not be read')),
      GENEROUS,
    )
    .toBe(true);
});
