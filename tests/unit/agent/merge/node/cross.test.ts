import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as hands from '#agent/operations/merge/hands';
import { CONFIG_KEY } from '#agent/roles/slurm/config';
import { KEY_MARK, OPERATION } from '../crossing/node';
import { NodeStage } from './stage';

const SEAT = { memberId: '1', isLearner: false, isAnswering: true, raftIndex: 1 };

/** A worker with all that it needs to cross. */
async function ready(self = 'b2'): Promise<NodeStage> {
  const stage = await NodeStage.of(self);
  await stage.call(hands.keepNode, { operation: OPERATION, whole: self === 'b1' });
  await stage.call(hands.stageNode, { operation: OPERATION, enrolment: stage.gaining.text });
  return stage;
}

const over = (stage: NodeStage) =>
  stage.call(hands.crossOver, {
    operation: OPERATION,
    from: stage.losing.uuid,
    to: stage.gaining.uuid,
  });
const back = (stage: NodeStage) =>
  stage.call(hands.crossBack, {
    operation: OPERATION,
    from: stage.gaining.uuid,
    to: stage.losing.uuid,
  });

test('crosses over, answers before it does, and tells the same when asked again', async () => {
  const stage = await ready();
  expect(await over(stage)).toEqual({ state: 'begun' });
  expect(await over(stage)).toEqual({ state: 'begun' });
  await stage.crossing.asked;
  expect(await stage.crossing.pending()).toMatchObject({
    direction: 'over',
    phase: 'leaving',
    to: { name: 'north' },
    // the jobs are not this node's to take along
    jobs: null,
  });
  await expect(back(stage)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await stage.crossing.carryOut();
  await stage.crossing.arrived();
  Object.assign(stage.membership.cluster, { uuid: stage.gaining.uuid, name: 'north' });
  expect(await over(stage)).toEqual({ state: 'there' });
  stage.node.fill(stage.gaining);
  expect(await back(stage)).toEqual({ state: 'begun' });
  expect(await stage.crossing.carryOut()).toBe(false);
  Object.assign(stage.membership.cluster, { uuid: stage.losing.uuid, name: 'south' });
  expect(await back(stage)).toEqual({ state: 'there' });
});

test('does not cross with a job or a step on it', async () => {
  const stage = await ready();
  stage.jobs.push({ id: '7', node: 'b2', state: 'RUNNING' });
  await expect(over(stage)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  stage.jobs.length = 0;
  mkdirSync(join(stage.node.etc, '4711'));
  writeFileSync(join(stage.node.etc, '4711', 'cmdline'), 'slurmstepd: [7.batch]\0');
  await expect(over(stage)).rejects.toThrow('Work is here still: 7.batch.');
  expect(await stage.crossing.pending()).toBeNull();
});

test('does not cross as long as it keeps one of several copies of the state', async () => {
  const stage = await ready();
  const [own, other] = [
    { ...SEAT, node: 'id-b2' },
    { ...SEAT, node: 'id-b1' },
  ];
  stage.seats = { ...stage.seats, members: [own, other] };
  const crossing = over(stage);
  // the others take it over a moment later
  stage.seats = { ...stage.seats, members: [other] };
  expect(await crossing).toEqual({ state: 'begun' });
});

test('crosses as the controller only when nobody else is left, and with its jobs', async () => {
  const stage = await ready('b1');
  await expect(over(stage)).rejects.toThrow('It is the SLURM controller of its cluster.');
  stage.gone.add('b2').add('b3');
  stage.seats = { ...stage.seats, members: [{ ...SEAT, node: 'id-b1' }] };
  expect(await over(stage)).toEqual({ state: 'begun' });
  expect(await stage.crossing.pending()).toMatchObject({ jobs: stage.node.jobs });
});

test('does not cross while old jobs report to it', async () => {
  const stage = await ready();
  const relays = [{ from: 'id-b2', to: 'id-b1', since: 1 }];
  await stage.state.commit([], [{ key: CONFIG_KEY, put: stage.config({ relays }) }]);
  await expect(over(stage)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
});

test('crosses only to where it was staged for, and from where it is', async () => {
  const stage = await NodeStage.of('b2');
  await stage.call(hands.keepNode, { operation: OPERATION, whole: false });
  await expect(over(stage)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await stage.call(hands.stageNode, { operation: OPERATION, enrolment: stage.losing.text });
  await expect(over(stage)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(
    stage.call(hands.crossOver, {
      operation: OPERATION,
      from: stage.gaining.uuid,
      to: '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0009',
    }),
  ).rejects.toThrow('This node belongs to south.');
});

test('does not leave without what a return needs', async () => {
  const stage = await ready();
  writeFileSync(
    join(stage.crossing.kept.folder(OPERATION), 'copy', 'membership.json'),
    'something else',
  );
  await expect(over(stage)).rejects.toMatchObject({ code: 'STORE_BROKEN' });
});

test('drops nothing while it is on its way', async () => {
  const stage = await ready();
  await over(stage);
  await expect(stage.call(hands.dropKept, { operation: OPERATION })).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  await stage.crossing.carryOut();
  await stage.crossing.arrived();
  const { files } = await stage.call(hands.dropKept, { operation: OPERATION });
  expect(files).toBeGreaterThan(5);
  expect(stage.node.everything()).not.toContain(KEY_MARK);
  expect(stage.node.everything()).not.toContain(stage.losing.text);
  expect(stage.node.read(stage.node.jobs, 'job_state')).toBe('jobs of south');
});

test('does not go back over the jobs of the cluster that it leaves', async () => {
  const stage = await ready('b1');
  stage.gone.add('b2').add('b3');
  await over(stage);
  await stage.crossing.carryOut();
  await stage.crossing.arrived();
  Object.assign(stage.membership.cluster, { uuid: stage.gaining.uuid, name: 'north' });
  const config = stage.config({ controllers: ['id-a1'] });
  await stage.state.commit([], [{ key: CONFIG_KEY, put: config }]);
  const mark = { cluster: stage.gaining.uuid, stateId: 'two', hasRun: true };
  stage.node.write(join(stage.node.jobs, '.clusterdeck.json'), JSON.stringify(mark));
  await expect(back(stage)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
});

test('proves munge both ways and a step on the node', async () => {
  const stage = await NodeStage.of('b1');
  const prove = () => stage.call(hands.proveNode, { node: 'id-b2' });
  expect(await prove()).toEqual({ munge: true, srun: true, why: '' });
  expect(stage.commands.count('srun', 'b2', 'munge')).toBe(1);
  stage.munge = { ok: false, why: 'Invalid credential' };
  expect(await prove()).toMatchObject({ munge: false });
  stage.munge = { ok: true, why: '' };
  stage.unmunge = 14;
  expect(await prove()).toMatchObject({ munge: false, srun: true });
  stage.unmunge = 0;
  stage.srun = { code: 1, stdout: '', stderr: 'srun: error: Unable to allocate resources: busy' };
  expect(await prove()).toMatchObject({ munge: true, srun: false });
  // it has work of this cluster: that is proof enough
  stage.workers.set('b2', 'allocated');
  expect(await prove()).toMatchObject({ munge: true, srun: true });
  stage.workers.delete('b2');
  expect(await prove()).toMatchObject({ srun: false, why: 'SLURM does not know it yet.' });
});
