import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { SeenJob } from '#agent/roles/slurm/look';
import {
  isSame,
  MAX_JOBS,
  packSeen,
  type Seen,
  toldSeen,
  unpackSeen,
} from '#agent/roles/slurm/told';

const job = (id: string, change: Partial<SeenJob> = {}): SeenJob => ({
  id,
  name: 'train',
  state: 'RUNNING',
  user: 'ada',
  partition: 'batch',
  nodes: ['a1'],
  reason: '',
  submitTime: 1_795_000_000,
  cpus: 4,
  usedS: 60,
  ...change,
});
const seen = (jobs: SeenJob[], change: Partial<Seen> = {}): Seen => ({
  at: 1_000_000,
  jobs,
  jobCount: jobs.length,
  nodes: [],
  partitions: [],
  ...change,
});

test('what is told arrives as it was seen', () => {
  const before = seen([job('1'), job('2', { name: 'odd "name" \u0000' })]);
  const told = toldSeen.parse(JSON.parse(JSON.stringify(packSeen(before))));
  expect(unpackSeen(told)).toEqual(before);
});

test('ten thousand jobs fit into one value of etcd', () => {
  const jobs = Array.from({ length: MAX_JOBS + 500 }, (_, index) =>
    job(String(index), { name: `run-${index * 7919}`, usedS: index, nodes: [`n${index % 97}`] }),
  );
  const told = packSeen(seen(jobs));
  expect(told.jobCount).toBe(MAX_JOBS + 500);
  expect(told.jobs.length).toBeLessThan(900_000);
  expect(unpackSeen(told).jobs).toHaveLength(MAX_JOBS);
});

test('what does not fit is left out, and counted all the same', () => {
  const noise = () => Array.from({ length: 40 }, () => Math.random().toString(36)).join('');
  const jobs = Array.from({ length: 9_000 }, (_, index) => job(String(index), { name: noise() }));
  const told = packSeen(seen(jobs));
  expect(told.jobs.length).toBeLessThanOrEqual(900_000);
  const there = unpackSeen(told);
  expect(there.jobs.length).toBeGreaterThan(0);
  expect(there.jobs.length).toBeLessThan(9_000);
  expect(there.jobCount).toBe(9_000);
});

test('a value that unfolds to more than memory should hold is refused', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64');
  expect(() => unpackSeen({ ...packSeen(seen([])), jobs: bomb })).toThrow(/larger than/);
});

test('time that passed by itself is no change', () => {
  const before = seen([job('1', { usedS: 60 })]);
  expect(isSame(before, seen([job('1', { usedS: 90 })], { at: 1_030_000 }))).toBe(true);
  // it stood still, so that it was stopped or began anew
  expect(isSame(before, seen([job('1', { usedS: 60 })], { at: 1_030_000 }))).toBe(false);
});

test.each([
  ['a job more', seen([job('1'), job('2')])],
  ['another job', seen([job('2')])],
  ['another state', seen([job('1', { state: 'COMPLETING' })])],
  ['jobs that did not fit', seen([job('1')], { jobCount: 9 })],
])('%s is a change', (_what, now) => {
  expect(isSame(seen([job('1')]), now)).toBe(false);
});
