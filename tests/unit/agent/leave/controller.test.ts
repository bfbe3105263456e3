import { expect, test, vi } from 'vitest';
import { NO_BLAST } from '#agent/operations/departure/checks';
import type { Draft, PlannedStep, RoleHandoff } from '#agent/operations/types';
import type { Candidate } from '#shared/contract/agent/operations';
import { LeaveStage, voters } from './stage';

vi.setConfig({ testTimeout: 60_000 });

const leave = (node: string, reboot = false) => ({ kind: 'leave', params: { node, reboot } });
const CONFIG = {
  clusterName: 'forge',
  controllers: ['id-a1', 'id-a2'],
  stateSaveLocation: '/shared',
  shared: true,
  stateId: 'x',
  firstJobId: 1,
  slurmUser: 'slurm',
  containment: 'linuxproc',
  slurmctldTimeoutMs: 10_000,
  slurmdTimeoutMs: 300_000,
  partitions: [],
  extra: [],
  revision: 1,
};

/** SLURM's controller moves from a1 by one step; afterwards a1 relays for jobs from before. */
class StagedHandoff implements RoleHandoff {
  readonly role = 'slurm-controller';
  readonly version = 3;
  readonly moves: unknown[] = [];
  readonly #stage: LeaveStage;
  candidate: Candidate = { node: 'a2', holds: false, fit: true, reasons: ['It is ready.'] };

  constructor(stage: LeaveStage) {
    this.#stage = stage;
  }
  isThere() {
    return true;
  }
  async candidates() {
    return [{ node: 'a1', holds: true, fit: true, reasons: [] }, this.candidate];
  }
  async draft(to: string): Promise<Draft> {
    return {
      title: `SLURM controller: a1 to ${to}`,
      params: { role: this.role, to },
      facts: { to },
      procedure: 'A',
      reason: 'Both see one folder.',
      checks: [],
      expectedPauseMs: 600,
      blast: NO_BLAST,
      irreversible: [],
      confirm: to,
      rollbackMs: 1_000,
    };
  }
  steps(params: Parameters<RoleHandoff['steps']>[0]): PlannedStep[] {
    const { state } = this.#stage;
    return [
      {
        id: 'slurm-start',
        title: 'Start the controller',
        detail: '',
        class: 'pivot',
        expectedMs: 1,
        deadlineMs: 30_000,
        probe: async () => (this.moves.length > 0 ? 'done' : 'absent'),
        do: async () => {
          this.moves.push(params);
          const relays = [{ from: 'id-a1', to: 'id-a2', since: 1 }];
          const put = { ...CONFIG, controllers: ['id-a2', 'id-a1'], held: ['id-a1'], relays };
          await state.commit([], [{ key: 'slurm/config', put }]);
        },
        verify: async () => null,
      },
    ];
  }
}

async function withControllers() {
  const stage = new LeaveStage();
  stage.seats = voters('a3', 'a2', 'a1');
  for (const name of ['a3', 'a2', 'a1']) {
    stage.add(name, { roles: ['slurm-controller', 'slurm-worker'] });
  }
  await stage.state.commit([], [{ key: 'slurm/config', put: CONFIG }]);
  const handoff = new StagedHandoff(stage);
  stage.controller = handoff;
  return { stage, handoff };
}

test('the controller moves before its node goes, which stays until no job reports to it', async () => {
  const { stage, handoff } = await withControllers();
  const plan = await stage.operations.plan(leave('a1'), 'a test');
  expect(plan).toMatchObject({ procedure: 'A', expected_pause_ms: 600, confirm: 'a1' });
  const { id } = await stage.operations.start(plan.hash, 'a1', 'a test');
  const relay = async () => {
    const { operation } = await stage.operations.get(id);
    return operation.steps.find((step) => step.id === 'slurm-relay')?.waiting_on;
  };
  await expect.poll(relay, { timeout: 30_000 }).toContain('jobs to end that began before');
  // everything that waits for somebody came before the point of no return
  const { operation: now } = await stage.operations.get(id);
  expect(now.steps.map((step) => step.id)).toEqual([
    'slurm-drain',
    'slurm-empty',
    'etcd-lead',
    'slurm-start',
    'slurm-relay',
    'etcd-seat',
    'stop',
    'return',
    'goodbye',
    'slurm-forget',
  ]);
  expect(stage.node('a1').hasLeft).toBe(false);
  const moved = { ...CONFIG, controllers: ['id-a2', 'id-a1'], held: [], relays: [], revision: 5 };
  await stage.state.commit([], [{ key: 'slurm/config', put: moved }]);
  expect((await stage.end(id)).operation.state).toBe('done');
  expect(handoff.moves).toEqual([{ role: 'slurm-controller', to: 'a2' }]);
  // nobody waits for a controller that is gone
  expect((await stage.state.get('slurm/config'))?.value).toMatchObject({
    controllers: ['id-a2'],
    revision: 6,
  });
});

test('the last controller does not leave; for a reboot it is told what that means', async () => {
  const { stage, handoff } = await withControllers();
  const put = { ...CONFIG, controllers: ['id-a1'] };
  await stage.state.commit([], [{ key: 'slurm/config', put }]);
  handoff.candidate = { node: 'a2', holds: false, fit: false, reasons: ['slurmctld is missing.'] };
  const good = await stage.operations.plan(leave('a1'), 'a test');
  const check = good.checks.find(({ id }) => id === 'slurm-controller');
  expect(check).toMatchObject({ state: 'failed' });
  expect(check?.detail).toContain('a2: slurmctld is missing.');
  const reboot = await stage.operations.plan(leave('a1', true), 'a test');
  expect(reboot.checks.find(({ id }) => id === 'slurm-controller')?.state).toBe('warning');
  expect(reboot.steps.map(({ id }) => id)).not.toContain('slurm-start');
});

test('a standby that cannot take over now is mended first, also for a reboot', async () => {
  const { stage, handoff } = await withControllers();
  handoff.candidate = { node: 'a2', holds: false, fit: false, reasons: ['It was not heard.'] };
  const check = { id: 'munge', title: '', detail: 'No.', remedy: 'Mend.' };
  vi.spyOn(handoff, 'draft').mockImplementation(async (to) => ({
    ...(await new StagedHandoff(stage).draft(to)),
    checks: [{ ...check, state: 'failed' as const }],
  }));
  const plan = await stage.operations.plan(leave('a1', true), 'a test');
  expect(plan.checks.filter(({ state }) => state === 'failed').map(({ id }) => id)).toEqual([
    'munge',
  ]);
  Object.assign(stage.node('a2').member, { status: 'failed' });
  const dead = await stage.operations.plan(leave('a1', true), 'a test');
  expect(dead.checks.find(({ id }) => id === 'slurm-controller')?.state).toBe('failed');
});

test('a standby leaves without any handoff, and off the list', async () => {
  const { stage, handoff } = await withControllers();
  const { operation } = await stage.carryOut(leave('a2'));
  expect([operation.state, handoff.moves]).toEqual(['done', []]);
  expect((await stage.state.get('slurm/config'))?.value).toMatchObject({
    controllers: ['id-a1'],
    revision: 2,
  });
});

test('the lead of the shared state goes to a voter that is up to date', async () => {
  const { stage } = await withControllers();
  const seats = voters('a3', 'a2', 'a1');
  stage.seats = seats;
  const to = (node: string) => ({ kind: 'handoff', params: { role: 'etcd', to: node } });
  const failedOf = async (node: string) => {
    const { checks } = await stage.operations.plan(to(node), 'a test');
    return checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
  };
  expect(await failedOf('a2')).toEqual([]);
  const [, second, third] = seats.members;
  if (second === undefined || third === undefined) throw new Error('no voters');
  third.isLearner = true;
  expect(await failedOf('a1')).toEqual(['vote']);
  third.isLearner = false;
  seats.members[0] = { ...second, node: 'id-a3', memberId: 'm-a3', raftIndex: 50_000 };
  expect(await failedOf('a1')).toEqual(['behind']);
  for (const one of seats.members) one.raftIndex = 1;
  const { handoff } = await stage.operations.candidates();
  const etcd = handoff.find(({ role }) => role === 'etcd');
  expect(etcd?.candidates.map(({ node, holds, fit }) => [node, holds, fit])).toEqual([
    ['a3', true, false],
    ['a2', false, true],
    ['a1', false, true],
  ]);
  expect((await stage.carryOut(to('a2'))).operation.state).toBe('done');
  expect(stage.seats?.leader).toBe('id-a2');
});
