import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEY_MARK, nodeFiles, OPERATION, testCluster } from './node';

async function stage() {
  const node = nodeFiles();
  const folder = node.root;
  const [losing, gaining] = [testCluster('south'), testCluster('north')];
  node.fillOwn();
  node.fill(losing);
  const { kept } = await node.crossing();
  const { uuid, name } = losing;
  const wish = { operation: OPERATION, cluster: { uuid, name }, jobs: node.jobs };
  const snapshot = async (path: string) => node.write(path, 'the whole state');
  return { folder, node, losing, gaining, kept, wish, snapshot };
}

test('keeps what a return needs, reads it back, and tells the same when asked again', async () => {
  const { node, kept, wish, snapshot, losing } = await stage();
  const part = await kept.keep({ ...wish, jobs: null, snapshot: null });
  const whole = await kept.keep({ ...wish, snapshot });
  expect(whole.files).toBeGreaterThan(part.files);
  expect(await kept.keep({ ...wish, snapshot })).toEqual(whole);
  const copy = join(kept.folder(OPERATION), 'copy');
  expect(node.read(copy, 'enrolment.yaml')).toBe(losing.text);
  expect(node.read(copy, 'state.snapshot')).toBe('the whole state');
  expect(node.read(copy, 'jobs', 'hash.1', 'job.11', 'script')).toBe('#!/bin/sh\n');
  expect(await kept.jobs(OPERATION)).toBe(node.jobs);
  expect(await kept.list()).toEqual([
    { operation: OPERATION, cluster: wish.cluster, at: expect.any(Number), intact: true },
  ]);
  expect(await kept.bytes(null)).toBeGreaterThan(0);
});

test('notices a copy that was changed or is gone', async () => {
  const { kept, wish } = await stage();
  await kept.keep({ ...wish, snapshot: null });
  const key = join(kept.folder(OPERATION), 'copy', 'membership.json');
  expect(await kept.isIntact(OPERATION)).toBe(true);
  writeFileSync(key, 'something else');
  expect(await kept.isIntact(OPERATION)).toBe(false);
  // made anew by the next call
  await kept.keep({ ...wish, snapshot: null });
  expect(await kept.isIntact(OPERATION)).toBe(true);
  rmSync(key);
  expect(await kept.isIntact(OPERATION)).toBe(false);
  expect(await kept.list()).toMatchObject([{ intact: false }]);
});

test('overwrites keys before it deletes them, and leaves nothing', async () => {
  const { folder, node, kept, wish, gaining, snapshot } = await stage();
  await kept.keep({ ...wish, snapshot });
  await kept.stage(OPERATION, gaining.text);
  node.write(join(node.jobs, `.clusterdeck-losing-${OPERATION}`, 'job_state'), 'jobs');
  // another name of the same data shows what became of them
  const [key, seen] = [join(kept.folder(OPERATION), 'copy', 'munge.key'), join(folder, 'seen')];
  linkSync(key, seen);
  const staged = join(folder, 'seen-staged');
  linkSync(join(kept.folder(OPERATION), 'gaining', 'enrolment.yaml'), staged);
  expect(readFileSync(seen, 'utf8')).toContain(KEY_MARK);
  expect(await kept.drop(OPERATION)).toBeGreaterThan(5);
  expect(readFileSync(seen, 'utf8')).toMatch(/^\0+$/);
  expect(readFileSync(staged, 'utf8')).toMatch(/^\0+$/);
  expect(await kept.list()).toEqual([]);
  expect(node.read(node.jobs, `.clusterdeck-losing-${OPERATION}`, 'job_state')).toBeNull();
  expect(node.read(node.jobs, 'job_state')).toBe('jobs of south');
  expect(await kept.drop(OPERATION)).toBe(0);
});

test('takes no enrolment that is none', async () => {
  const { kept, gaining } = await stage();
  const broken = gaining.text.replace(/key: .*/, 'key: short');
  await expect(kept.stage(OPERATION, broken)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await kept.staged(OPERATION)).toBeNull();
});

test('mends from the copy what is missing among what was put aside', async () => {
  const { node, kept, wish, losing } = await stage();
  await kept.keep({ ...wish, snapshot: null });
  rmSync(join(node.etc, 'enrolment.yaml'));
  await kept.mend(OPERATION);
  expect(node.read(kept.folder(OPERATION), 'losing', 'enrolment.yaml')).toBe(losing.text);
  // what is in its place needs no copy
  expect(node.read(kept.folder(OPERATION), 'losing', 'membership.json')).toBeNull();
});
