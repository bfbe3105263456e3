import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sweptFolder } from '#tests/support/temp-folder';
import { runTests } from '../../../build/test-runs.mjs';

// each test starts vitest several times
vi.setConfig({ testTimeout: 120_000 });

/** Test files in a folder of their own, run by a real vitest. */
function run(files: Record<string, string>, ...args: string[]) {
  const folder = sweptFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return runTests({ folder, args: ['--globals', ...args], stdio: 'ignore' });
}

/** true in a file's first run, false in every later one */
const FIRST = `
  const { existsSync, writeFileSync } = await import('node:fs');
  const isFirst = !existsSync(import.meta.filename + '.ran');
  writeFileSync(import.meta.filename + '.ran', '');
`;
const GREEN = `test('holds', () => {});`;

test('what passes alone counts as passed, once, and is named', async () => {
  const busy = `${FIRST}
    describe('a cluster', () => {
      test('forms', () => expect(isFirst).toBe(false));
      test('stays', () => {});
    });`;
  expect(await run({ 'busy.test.js': busy, 'green.test.js': GREEN })).toEqual({
    passed: 3,
    failed: 0,
    second: ['busy.test.js > a cluster > forms'],
  });
});

test('what fails again has failed, beside what passed in the same file', async () => {
  const red = `${FIRST}
    test('fails', () => expect(1).toBe(2));
    test('is shy', () => expect(isFirst).toBe(false));`;
  expect(await run({ 'red.test.js': red, 'green.test.js': GREEN })).toEqual({
    passed: 2,
    failed: 1,
    second: ['red.test.js > is shy'],
  });
});

test('a file that cannot be loaded, or throws outside of its tests, is run again too', async () => {
  const late = `${FIRST}
    test('leaves something behind', async () => {
      if (isFirst) void Promise.reject(new Error('too late'));
      await new Promise((resolve) => setImmediate(resolve));
    });`;
  expect(
    await run({
      'late.test.js': late,
      'once.test.js': `${FIRST} if (isFirst) throw new Error('no port');\n${GREEN}`,
      'never.test.js': `throw new Error('no module');\n${GREEN}`,
    }),
  ).toMatchObject({ passed: 2, failed: 1, second: ['late.test.js', 'once.test.js'] });
});

test('a file whose process died is run again', async () => {
  const fragile = `${FIRST} if (isFirst) process.kill(process.pid, 'SIGKILL');\n${GREEN}`;
  expect(await run({ 'fragile.test.js': fragile, 'green.test.js': GREEN })).toEqual({
    passed: 2,
    failed: 0,
    second: ['fragile.test.js'],
  });
});

test('only what was asked for is run again', async () => {
  const pair = `${FIRST}
    test('wanted', () => expect(isFirst).toBe(false));
    test('other', () => { throw new Error('nobody asked'); });`;
  const asked = ['pair', '-t', 'wanted'];
  expect(await run({ 'pair.test.js': pair, 'green.test.js': GREEN }, ...asked)).toEqual({
    passed: 1,
    failed: 0,
    second: ['pair.test.js > wanted'],
  });
});

test('nothing to run is no success', async () => {
  expect(await run({ 'green.test.js': GREEN }, 'absent')).toMatchObject({ passed: 0, failed: 1 });
});
