import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sweptFolder } from '#tests/support/temp-folder';
import { stageHandoff, WAIT } from './world';

/** Two controllers, each with a disk of its own. */
async function staged() {
  const root = sweptFolder();
  const folder = (name: string) => join(root, name);
  const wish = (name: string) => ({
    controller: { shared: false, state_save_location: join(folder(name), 'slurmctld') },
    worker: {},
  });
  const world = stageHandoff({ b1: wish('b1'), b2: wish('b2'), b3: { worker: {} } });
  const [b1, b2] = [world.node('b1'), world.node('b2')];
  b1.start();
  await vi.waitFor(() => expect(b1.supervisor.runs('slurmctld')).toBe(true), WAIT);
  b2.start();
  world.node('b3').start();
  await world.whole();
  return { world, b1, b2, folder };
}

test('who has no part of the folder is refused with what to do, before anything happens', async () => {
  const { world, b1 } = await staged();
  b1.isOff = true;
  const { checks, procedure } = await world.plan('b3', 'b2');
  expect(procedure).toBe('B');
  const failed = checks.filter(({ state }) => state === 'failed');
  expect(failed.map(({ id }) => id)).toContain('nodes');
  expect(failed[0]?.remedy).toContain('Bring b1 back');
});

test('the folder goes along under a new mark, and back with what happened meanwhile', async () => {
  // one path on all nodes, as the cluster's record has it: here both look at one folder in turn
  const { world, b1, b2 } = await staged();
  const before = await world.record();
  const plan = await world.plan('b3', 'b2');
  expect(plan).toMatchObject({ procedure: 'B' });
  expect(plan.steps.map(({ id }) => id)).toEqual([
    'hold',
    'jobs',
    'ahead',
    'stop',
    'order',
    'copy',
    'start',
    'spread',
    'prove',
    'release',
  ]);
  expect(plan.steps.filter((step) => step.class === 'pivot').map(({ id }) => id)).toEqual([
    'start',
  ]);
  const path = before.stateSaveLocation;
  writeFileSync(join(path, 'job_state'), 'of b1');
  const { operation } = await world.handOver('b3', 'b2');
  expect(operation).toMatchObject({ state: 'done', reason: '' });
  const after = await world.record();
  expect(after.stateId).not.toBe(before.stateId);
  expect(after).toMatchObject({ controllers: ['id-b2'], relays: [{ from: 'id-b1', to: 'id-b2' }] });
  expect(b1.supervisor.runs('slurmctld')).toBe(false);
  expect(b2.supervisor.runs('slurmctld')).toBe(true);
  const mark = () => JSON.parse(readFileSync(join(path, '.clusterdeck.json'), 'utf8'));
  expect(mark()).toMatchObject({ stateId: after.stateId, hasRun: true });

  writeFileSync(join(path, 'job_state'), 'of b2');
  await world.on('b3').ask(operation.id, 'rollback', 'tester');
  await vi.waitFor(async () => {
    expect((await world.on('b3').get(operation.id)).operation.state).toBe('undone');
  }, WAIT);
  const back = await world.record();
  expect(back.controllers).toEqual(['id-b1']);
  expect([before.stateId, after.stateId]).not.toContain(back.stateId);
  expect(mark()).toMatchObject({ stateId: back.stateId });
  expect(readFileSync(join(path, 'job_state'), 'utf8')).toBe('of b2');
  expect(b1.supervisor.runs('slurmctld')).toBe(true);
  expect(b2.supervisor.runs('slurmctld')).toBe(false);
  expect(existsSync(join(path, '.clusterdeck-arriving'))).toBe(false);
});

test('a disk that fails at the copy brings the old one back, and leaves nothing behind', async () => {
  const { world, b1, b2 } = await staged();
  const before = await world.record();
  b2.commands.on('sync', () => ({ code: 1, stderr: 'sync: Input/output error' }));
  const { operation } = await world.handOver('b3', 'b2');
  expect(operation).toMatchObject({ state: 'undone', pivot_passed: false });
  expect(operation.reason).toContain('The disk did not take it.');
  expect(b1.supervisor.runs('slurmctld')).toBe(true);
  const { revision: _then, epoch: _older, ...known } = before;
  expect(await world.record()).toMatchObject(known);
  const left = join(before.stateSaveLocation, '.clusterdeck-arriving');
  await vi.waitFor(() => expect(existsSync(left)).toBe(false), WAIT);
});
