import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { Returning, type ReturningDeps } from '#agent/operations/leave/returning';
import { bootOf } from '#agent/operations/leave/routes';
import { stepsHere } from '#agent/roles/slurm/steps-here';
import type { Role } from '#agent/roles/types';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { RoleName } from '#shared/contract/agent/dashboard';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { member, StagedMembership } from '#tests/support/agent';
import { StagedCommands } from '#tests/support/slurm';
import { sweptFolder } from '#tests/support/temp-folder';
import { Work } from './stage';

const OPERATION = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';
const REASON = `leaves (operation ${OPERATION})`;
const RETURN = 'operations/return/id-a1';
const SEAT = 'leaving/id-a1';

function operation(state: AgentOperation['state']): AgentOperation {
  return {
    id: OPERATION,
    kind: 'leave',
    version: 1,
    title: '',
    plan_hash: '',
    params: {},
    state,
    steps: [],
    pivot_passed: false,
    epoch: 1,
    serial: 1,
    coordinator: '',
    notes: {},
    created_by: '',
    created_at: 0,
    ended_at: null,
    rollback_until: null,
    reason: '',
  };
}

class Stage {
  readonly state = createSqliteState(new SqliteStore(':memory:', systemClock), systemClock);
  readonly work = new Work();
  readonly uncordoned: string[] = [];
  readonly healthy = new Map<RoleName, boolean>([
    ['slurm-worker', true],
    ['k3s-agent', true],
  ]);
  isKubeDown = false;

  constructor() {
    this.work.nodes.set('a1', { state: 'drained', reason: REASON });
  }

  /** A start of the agent. */
  agent(): Returning {
    const role = (name: RoleName): Role => ({
      name,
      start: async () => undefined,
      stop: async () => undefined,
      state: () => {
        const healthy = this.healthy.get(name) ?? false;
        return { name, running: healthy, healthy, is_leader: false, error: '' };
      },
      problems: () => [],
    });
    const deps: ReturningDeps = {
      state: this.state,
      membership: new StagedMembership(member('a1')),
      roles: [role('slurm-worker'), role('k3s-agent')],
      slurm: { actOnNode: (name, action, reason) => this.work.act(name, action, reason) },
      commands: this.work.commands(new StagedCommands()),
      hostName: () => 'a1',
      uncordon: async (id) => {
        if (this.isKubeDown) throw fail('NODE_UNREACHABLE', { remedy: '' });
        this.uncordoned.push(id);
      },
      clock: systemClock,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    };
    return new Returning(deps);
  }

  put(key: string, put: unknown): Promise<number | null> {
    return this.state.commit([], [{ key, put }]);
  }
  async left(boot: string, isCordoned = true): Promise<void> {
    await this.put(`operations/list/${OPERATION}`, operation('done'));
    await this.put(RETURN, { operation: OPERATION, boot, drainReason: REASON, isCordoned });
  }
  isDrained(): boolean {
    return this.work.nodes.get('a1')?.state === 'drained';
  }
}

test('after a reboot it takes jobs and pods again, once', async () => {
  const stage = new Stage();
  await stage.left('an earlier boot');
  await stage.agent().look();
  expect(stage.isDrained()).toBe(false);
  expect(stage.uncordoned).toEqual([OPERATION]);
  expect(await stage.state.get(RETURN)).toBeNull();
  await stage.agent().look();
  expect(stage.uncordoned).toHaveLength(1);
});

test('a restart of the agent alone is no return', async () => {
  const stage = new Stage();
  await stage.left(await bootOf());
  await stage.agent().look();
  expect([stage.isDrained(), stage.uncordoned.length]).toEqual([true, 0]);
  expect(await stage.state.get(RETURN)).not.toBeNull();
});

test('nothing comes back while the operation is under way', async () => {
  const stage = new Stage();
  await stage.left('an earlier boot');
  await stage.put(SEAT, { operation: OPERATION });
  await stage.put(`operations/list/${OPERATION}`, operation('running'));
  const agent = stage.agent();
  await agent.look();
  expect(stage.isDrained()).toBe(true);
  expect(await stage.state.get(SEAT)).not.toBeNull();
  await stage.put(`operations/list/${OPERATION}`, operation('done'));
  await agent.look();
  expect(stage.isDrained()).toBe(false);
  expect(await stage.state.get(SEAT)).toBeNull();
});

test('a drain of somebody else stays', async () => {
  const stage = new Stage();
  stage.work.nodes.set('a1', { state: 'drained', reason: 'fan is dead' });
  await stage.left('an earlier boot');
  await stage.agent().look();
  expect(stage.isDrained()).toBe(true);
  expect(await stage.state.get(RETURN)).toBeNull();
});

test('it waits for what each needs, and forgets nothing meanwhile', async () => {
  const stage = new Stage();
  await stage.left('an earlier boot');
  stage.healthy.set('slurm-worker', false);
  stage.isKubeDown = true;
  const agent = stage.agent();
  await expect(agent.look()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  stage.isKubeDown = false;
  stage.healthy.set('k3s-agent', false);
  await agent.look();
  expect([stage.isDrained(), stage.uncordoned.length]).toEqual([true, 0]);
  expect(await stage.state.get(RETURN)).not.toBeNull();
  stage.healthy.set('slurm-worker', true);
  await agent.look();
  expect([stage.isDrained(), stage.uncordoned.length]).toEqual([false, 0]);
  stage.healthy.set('k3s-agent', true);
  await agent.look();
  expect(stage.uncordoned).toEqual([OPERATION]);
  expect(await stage.state.get(RETURN)).toBeNull();
});

test('who left for good returns with the next start of its agent, and gets its seat back', async () => {
  const stage = new Stage();
  const before = stage.agent();
  await before.look();
  await stage.left('', false);
  await stage.put(SEAT, { operation: OPERATION });
  // the agent that is just leaving is not the one that returns
  await before.look();
  expect(stage.isDrained()).toBe(true);
  expect(await stage.state.get(SEAT)).not.toBeNull();
  await stage.agent().look();
  expect(stage.isDrained()).toBe(false);
  expect(await stage.state.get(SEAT)).toBeNull();
  expect(await stage.state.get(RETURN)).toBeNull();
  expect(stage.uncordoned).toEqual([]);
});

test('steps are told by the process table, and what only holds a place is none', async () => {
  const proc = sweptFolder();
  const titles = {
    '1': 'init\0',
    '20': 'slurmstepd: [4711.batch]\0\0\0',
    '21': 'slurmstepd: [4711.0]',
    '22': '/usr/sbin/slurmstepd\0infinity\0',
    '23': 'vim\0slurmstepd: [notes]\0',
    self: 'slurmstepd: [1.batch]',
  };
  for (const [pid, title] of Object.entries(titles)) {
    mkdirSync(join(proc, pid));
    writeFileSync(join(proc, pid, 'cmdline'), title);
  }
  // one that ended between the listing and the look
  mkdirSync(join(proc, '99'));
  expect(await stepsHere(proc)).toEqual(['4711.0', '4711.batch']);
});
