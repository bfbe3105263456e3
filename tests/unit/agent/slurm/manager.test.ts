import { expect, test } from 'vitest';
import { RoleManager } from '#agent/roles/manager';
import { GoneNodes } from '#agent/roles/slurm/gone';
import type { Role } from '#agent/roles/types';
import type { RoleName } from '#shared/contract/agent/dashboard';
import { KeptLog, member, StagedMembership } from '#tests/support/agent';
import { slurmNode } from '#tests/support/slurm';
import { StillClock } from '#tests/support/still-clock';

function role(name: RoleName, start: () => Promise<void> = async () => undefined): Role {
  const state = { name, running: true, healthy: true, is_leader: false, error: '' };
  return { name, start, stop: async () => undefined, state: () => state, problems: () => [] };
}

test('a role that cannot start holds up no other, is told of and tried again', async () => {
  const clock = new StillClock();
  let tries = 0;
  const failing = role('slurm-controller', async () => {
    tries += 1;
    if (tries < 3) throw new Error('slurmctld is not installed.');
  });
  const begun: string[] = [];
  const other = role('slurm-worker', async () => void begun.push('slurm-worker'));
  const manager = new RoleManager({ roles: [failing, other], clock, logger: new KeptLog() });
  manager.start();
  await clock.advance(100);
  expect(begun).toEqual(['slurm-worker']);
  expect(manager.states()).toMatchObject([
    { name: 'slurm-controller', healthy: false, error: 'slurmctld is not installed.' },
    { name: 'slurm-worker', healthy: true, error: '' },
  ]);
  await clock.advance(4_000);
  expect(tries).toBe(3);
  expect(manager.states()[0]).toMatchObject({ healthy: true, error: '' });
  await manager.close();
});

test('a manager that was closed tries nothing any more', async () => {
  const clock = new StillClock();
  let tries = 0;
  const failing = role('slurm-worker', async () => {
    tries += 1;
    throw new Error('No.');
  });
  const manager = new RoleManager({ roles: [failing], clock, logger: new KeptLog() });
  manager.start();
  await clock.advance(100);
  await manager.close();
  await clock.advance(120_000);
  expect(tries).toBe(1);
});

test('SLURM forgets a node that is down and no member, after a while and not before', async () => {
  const clock = new StillClock();
  const membership = new StagedMembership(member('a1'), [member('a2'), member('a3')]);
  const gone = new GoneNodes(clock, membership);
  membership.change('a2', { status: 'left' });
  membership.change('a3', { status: 'failed' });
  const down = ['a2', 'a3', 'z1'].map((name) => slurmNode(name, 'down'));
  const nodes = [...down, slurmNode('z2', 'idle')];
  expect(gone.among(nodes)).toEqual([]);
  await clock.advance(59_000);
  expect(gone.among(nodes)).toEqual([]);
  // z1 came back for a moment, so that its time begins anew
  expect(gone.among(nodes.filter(({ name }) => name !== 'z1'))).toEqual([]);
  await clock.advance(2_000);
  expect(gone.among(nodes)).toEqual(['a2']);
});

test('SLURM forgets a drained node only where it left in order', async () => {
  const clock = new StillClock();
  const membership = new StagedMembership(member('a1'), [member('a2'), member('a3')]);
  const gone = new GoneNodes(clock, membership);
  // z1 is no node of these agents: whoever drained it had a reason
  const nodes = ['a2', 'a3', 'z1'].map((name) => slurmNode(name, 'drained'));
  membership.change('a2', { status: 'left' });
  membership.change('a3', { status: 'failed' });
  expect(gone.among(nodes)).toEqual([]);
  await clock.advance(61_000);
  expect(gone.among(nodes)).toEqual(['a2']);
});
