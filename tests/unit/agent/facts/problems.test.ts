import { expect, test } from 'vitest';
import { changesBetween } from '#agent/facts/changes';
import { clusterProblems, ownProblems } from '#agent/facts/problems';
import { member } from '#tests/support/agent';
import { nodeFactsOf, slurmOf, snapshotOf } from './snapshots';

const codes = (wish: Parameters<typeof snapshotOf>[0]) =>
  clusterProblems(snapshotOf(wish)).map(({ code, node }) => (node ? `${code} ${node}` : code));

test('a healthy cluster has no problem', () => {
  expect(codes({})).toEqual([]);
});

test('each trouble is told once, with its remedy', () => {
  const failed = [member('a1'), member('a2', { status: 'failed' })];
  expect(codes({ members: failed })).toEqual(['node-failed a2']);
  expect(codes({ members: [member('a1'), member('x', { authenticated: false })] })).toEqual([]);
  expect(codes({ state: 'read-only' })).toEqual(['state-no-quorum']);
  expect(codes({ state: 'unreachable' })).toEqual(['state-unreachable a1']);
  expect(codes({ gossipRunning: false })).toEqual(['gossip-stopped a1']);
  const network = { ...snapshotOf().network, connected: false };
  expect(codes({ network })).toEqual(['network-down a1']);
  expect(codes({ slurm: slurmOf({ trouble: 'squeue printed garbage.' }) })).toEqual([
    'slurm-unanswered',
  ]);
  expect(codes({ slurm: slurmOf({ primary: null }) })).toEqual(['slurm-no-controller']);
  const facts = new Map([
    ['id-a1', nodeFactsOf('a1')],
    ['id-a2', nodeFactsOf('a2', { version: '0.0.9' })],
  ]);
  expect(codes({ facts })).toEqual(['versions-differ']);
  const clockSkews = new Map([
    ['a2', 500],
    ['a3', -12_000],
  ]);
  expect(codes({ clockSkews })).toEqual(['clock-skew a3']);
  for (const { remedy } of clusterProblems(
    snapshotOf({ gossipRunning: false, state: 'read-only' }),
  ))
    expect(remedy).toMatch(/\.$/);
});

test('a node that is down in SLURM is told, unless it is known to be away', () => {
  const node = {
    name: 'a2',
    state: 'down',
    drain: 'none' as const,
    reason: 'Not responding',
    cpus: 8,
    cpusAllocated: 0,
    partitions: ['main'],
  };
  const slurm = slurmOf({ nodes: [node] });
  expect(codes({ slurm })).toEqual(['slurm-node-down a2']);
  const members = [member('a1'), member('a2', { status: 'failed' })];
  expect(codes({ slurm, members })).toEqual(['node-failed a2']);
});

test('a full disk is told before and when it is full', () => {
  const own = { name: 'a1', memoryUsed: 0.5, units: [] };
  const severity = (diskUsed: number) => ownProblems({ ...own, diskUsed })[0]?.severity;
  expect([severity(0.5), severity(0.91), severity(0.99)]).toEqual([undefined, 'warning', 'bad']);
  const units = [{ name: 'slurmd', status: 'error', message: 'It ended with code 1.' }];
  expect(ownProblems({ ...own, diskUsed: null, units })).toMatchObject([
    { code: 'service-failed', title: 'slurmd failed on a1', detail: 'It ended with code 1.' },
  ]);
});

test('only what matters to a watcher is a change', () => {
  const before = snapshotOf();
  const later = snapshotOf({
    at: before.at + 5_000,
    stateAsOf: before.at,
    members: before.members.map((one) => ({ ...one, lastSeen: one.lastSeen + 5 })),
    facts: new Map([...before.facts].map(([id, one]) => [id, { ...one, measuredAt: 1 }])),
    slurm: slurmOf({ asOf: before.at }),
  });
  expect(changesBetween(before, later)).toEqual([]);
  const job = {
    id: '1',
    name: 'train',
    state: 'RUNNING',
    user: 'ada',
    time: '0:10',
    partition: 'main',
    nodes: ['a2'],
    reason: '',
    submit_time: 0,
    cpus: 1,
  };
  const running = snapshotOf({ slurm: slurmOf({ jobs: [job] }) });
  expect(changesBetween(before, running)).toEqual([{ kind: 'jobs' }]);
  const ticking = snapshotOf({ slurm: slurmOf({ jobs: [{ ...job, time: '0:15' }] }) });
  expect(changesBetween(running, ticking)).toEqual([]);
  const moved = snapshotOf({ slurm: slurmOf({ primary: 'a3' }) });
  expect(changesBetween(before, moved)).toEqual([{ kind: 'leaders' }]);
  const gone = snapshotOf({ members: before.members.slice(0, 2) });
  expect(changesBetween(before, gone)).toEqual([{ kind: 'members', subject: 'a3' }]);
});
