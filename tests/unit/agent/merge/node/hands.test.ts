import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { Registry } from '#agent/membership/registry';
import { ACTIVE, Journal } from '#agent/operations/engine/journal';
import * as hands from '#agent/operations/merge/hands';
import { lockedBy } from '#agent/operations/merge/lock-record';
import { renderSlurmConf } from '#agent/roles/slurm/render';
import { OPERATION } from '../crossing/node';
import { NodeStage } from './stage';

const OTHER = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0002';
const SEAT = { memberId: '1', isLearner: false, isAnswering: true, raftIndex: 1 };

const lockBy = (stage: NodeStage, operation: string) => ({
  by: { uuid: stage.gaining.uuid, name: stage.gaining.name },
  operation,
  allows: ['id-b1', 'id-b2'],
});

test('holds a cluster for one merge, also when that asks again', async () => {
  const stage = await NodeStage.of('b1');
  await stage.call(hands.lockCluster, lockBy(stage, OPERATION));
  await stage.call(hands.lockCluster, lockBy(stage, OPERATION));
  await expect(stage.call(hands.lockCluster, lockBy(stage, OTHER))).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  await stage.call(hands.unlockCluster, { operation: OTHER });
  expect(await lockedBy(stage.state)).toMatchObject({ operation: OPERATION });
  await stage.call(hands.unlockCluster, { operation: OPERATION });
  await stage.call(hands.unlockCluster, { operation: OPERATION });
  expect(await lockedBy(stage.state)).toBeNull();
});

test('is not held while another operation is under way, but by that one itself', async () => {
  const stage = await NodeStage.of('b1');
  await stage.state.commit([], [{ key: ACTIVE, put: OTHER }]);
  await expect(stage.call(hands.lockCluster, lockBy(stage, OPERATION))).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  expect(await lockedBy(stage.state)).toBeNull();
  await stage.call(hands.lockCluster, lockBy(stage, OTHER));
  expect(await lockedBy(stage.state)).toMatchObject({ operation: OTHER });
});

test('begins no other operation while it is held', async () => {
  const stage = await NodeStage.of('b1');
  const journal = new Journal(stage.state);
  await stage.call(hands.lockCluster, lockBy(stage, OPERATION));
  const operation = { id: OTHER, created_at: 0, serial: 0 };
  const begin = () =>
    Reflect.apply(journal.begin, journal, [operation, { hash: 'a plan' }]) as Promise<void>;
  await expect(begin()).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await stage.call(hands.unlockCluster, { operation: OPERATION });
  await begin();
  expect((await stage.state.get(ACTIVE))?.value).toBe(OTHER);
});

test('takes nobody up while it is held but those who cross, and keeps its own', async () => {
  const stage = await NodeStage.of('b1');
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const registry = new Registry({ state: stage.state, clock: systemClock, logger }, []);
  const node = (name: string, id: string) => ({
    id,
    name,
    address: '10.0.0.1',
    tailscaleIp: '' as const,
    apiPort: 9090,
    gossipPort: 7946,
    roles: [],
    voter: true,
    capabilities: { cpu: 1, ram: '1GB', gpu: 0, arch: 'amd64' },
    fingerprint: Array.from({ length: 32 }, () => 'AA').join(':'),
  });
  const own = node('a1', '0b9d4e0e-6f0e-8c8e-9a36-0c1f1f0a0101');
  const crossing = node('b1', '0b9d4e0e-6f0e-8c8e-9a36-0c1f1f0a0102');
  const stranger = node('c1', '0b9d4e0e-6f0e-8c8e-9a36-0c1f1f0a0103');
  expect(await registry.admit(own)).toMatchObject({ ok: true });
  const lock = { ...lockBy(stage, OPERATION), allows: [crossing.id] };
  await stage.call(hands.lockCluster, lock);
  expect(await registry.admit({ ...own, address: '10.0.0.9' })).toMatchObject({ ok: true });
  expect(await registry.admit(crossing)).toMatchObject({ ok: true });
  expect(await registry.admit(stranger)).toEqual({ ok: false, why: 'held', by: 'north' });
  await stage.call(hands.unlockCluster, { operation: OPERATION });
  expect(await registry.admit(stranger)).toMatchObject({ ok: true });
});

test('closes all partitions, also in the files, and opens those again that were open', async () => {
  const stage = await NodeStage.of('b1');
  const before = { batch: 'UP', gpu: 'DOWN' };
  expect(await stage.call(hands.drainCluster, { operation: OPERATION })).toEqual({ before });
  expect([...stage.partitions.values()]).toEqual(['INACTIVE', 'INACTIVE']);
  expect((await stage.call(hands.lookAtDrain, {})).drained).toBe(true);
  const config = stage.config({ closed: true, extra: ['PartitionName=night Nodes=ALL State=UP'] });
  const lines = renderSlurmConf(config, []).split('\n');
  const partitions = lines.filter((line) => line.startsWith('PartitionName='));
  expect(partitions).toHaveLength(3);
  for (const line of partitions) expect(line).toMatch(/ State=INACTIVE$/);
  expect(await stage.slurmConfig()).toMatchObject({ closed: true, revision: 2 });

  // a restart that forgot it: it is closed again, and what was before is still known
  stage.partitions.set('batch', 'UP');
  expect((await stage.call(hands.lookAtDrain, {})).drained).toBe(false);
  expect(await stage.call(hands.drainCluster, { operation: OPERATION })).toEqual({ before });
  expect((await stage.call(hands.lookAtDrain, {})).drained).toBe(true);

  // the controller takes the files over, which knows of no partition that is down
  stage.partitions.set('batch', 'UP').set('gpu', 'UP');
  await stage.call(hands.undrainCluster, { before });
  expect(Object.fromEntries(stage.partitions)).toEqual(before);
  expect(await stage.slurmConfig()).toMatchObject({ closed: false });
});

test('takes a seat back only when the others have taken it over', async () => {
  const stage = await NodeStage.of('b1');
  const release = () => stage.call(hands.releaseNode, { node: 'id-b2', what: 'seat' });
  stage.seats = {
    ...stage.seats,
    members: [
      { ...SEAT, node: 'id-b1' },
      { ...SEAT, node: 'id-b2' },
    ],
  };
  expect(await release()).toMatchObject({ done: false });
  expect((await stage.state.get('leaving/id-b2'))?.value).toEqual({ operation: OPERATION });
  stage.seats = { ...stage.seats, members: [{ ...SEAT, node: 'id-b1' }], leader: null };
  expect(await release()).toMatchObject({ done: false });
  stage.seats = { ...stage.seats, leader: 'id-b1' };
  expect(await release()).toEqual({ done: true, waitingFor: '' });
  await stage.call(hands.welcomeNode, { node: 'id-b2' });
  expect(await stage.state.get('leaving/id-b2')).toBeNull();
});

test('forgets a node that has crossed: as standby, as worker, as member', async () => {
  const stage = await NodeStage.of('b1');
  expect(await stage.call(hands.releaseNode, { node: 'id-b2', what: 'member' })).toEqual({
    done: true,
    waitingFor: '',
  });
  expect(await stage.slurmConfig()).toMatchObject({ controllers: ['id-b1'] });
  expect([...stage.workers.keys()]).toEqual(['b1', 'b3']);
  expect(stage.released).toEqual(['id-b2']);
  await expect(
    stage.call(hands.releaseNode, { node: 'id-b1', what: 'member' }),
  ).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
});

test('waits for SLURM where that does not let go of a node', async () => {
  const stage = await NodeStage.of('b1');
  stage.commands.on('scontrol', () => ({ code: 1, stderr: 'error: Node is in use' }));
  stage.commands.on('squeue', () => '12\n');
  expect(await stage.call(hands.releaseNode, { node: 'id-b2', what: 'member' })).toEqual({
    done: false,
    waitingFor: 'SLURM to forget b2 (Node is in use)',
  });
  expect(stage.released).toEqual([]);
});

test('tells the tokens without what they are proved by', async () => {
  const stage = await NodeStage.of('b1');
  const record = { id: 'aa', name: 'desk', role: 'admin', digest: 'ff' };
  await stage.state.commit([], [{ key: 'tokens/aa', put: record }]);
  expect(await stage.call(hands.exportTokens, {})).toEqual({ tokens: [record] });
});
