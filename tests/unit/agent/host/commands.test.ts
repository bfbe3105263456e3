import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemCommands } from '#agent/host/commands';
import { sweptFolder } from '#tests/support/temp-folder';

const run = systemCommands.run;
const LONG = { deadlineMs: 15_000 };

/** Whether a process lives, other than as a corpse whose parent has not looked yet. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('output, errors and code are told as they were, whatever the code', async () => {
  const result = await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], LONG);
  expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('arguments reach the program as they are: no shell looks at them', async () => {
  const { stdout } = await run(['printf', '%s', '$(id); rm -rf "x" *'], LONG);
  expect(stdout).toBe('$(id); rm -rf "x" *');
});

test('input is given, and a program that reads none is no failure', async () => {
  expect((await run(['cat'], { ...LONG, input: 'ünïcode' })).stdout).toBe('ünïcode');
  expect((await run(['true'], { ...LONG, input: 'x'.repeat(1_000_000) })).code).toBe(0);
});

test('a program ended by a signal counts as a shell counts it', async () => {
  expect((await run(['sh', '-c', 'kill -TERM $$'], LONG)).code).toBe(143);
});

test('a missing program is told as such', async () => {
  await expect(run(['no-such-program-here'], LONG)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'no-such-program-here is not installed.',
  });
});

test('the deadline ends the program and everything it started', async () => {
  const file = join(sweptFolder(), 'pid');
  const script = `sleep 600 & echo $! > ${file}; wait`;
  await expect(run(['sh', '-c', script], { deadlineMs: 2_500 })).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  const child = Number(readFileSync(file, 'utf8'));
  await vi.waitFor(() => expect(lives(child)).toBe(false), { timeout: 10_000 });
});

test('a grandchild that left the group and holds the pipes does not hold the answer', async () => {
  const file = join(sweptFolder(), 'pid');
  const script = `setsid sh -c 'echo $$ > ${file}; exec sleep 600' & sleep 600`;
  const started = performance.now();
  await expect(run(['sh', '-c', script], { deadlineMs: 2_500 })).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  expect(performance.now() - started).toBeLessThan(10_000);
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 10_000 });
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
});

test('output without an end is cut off', async () => {
  await expect(run(['yes'], { ...LONG, maxBytes: 10_000 })).rejects.toMatchObject({
    code: 'RESPONSE_TOO_LARGE',
  });
});

test('an abort ends it, also one that came before', async () => {
  const ending = new AbortController();
  const running = run(['sleep', '600'], { ...LONG, signal: ending.signal });
  ending.abort();
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(run(['true'], { ...LONG, signal: ending.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
});

test('environment and folder are as asked, and the language is C', async () => {
  const folder = sweptFolder();
  writeFileSync(join(folder, 'mark'), '');
  const { stdout } = await run(['sh', '-c', 'ls; echo $LC_ALL $MINE'], {
    ...LONG,
    cwd: folder,
    env: { MINE: 'yes' },
  });
  expect(stdout).toBe('mark\nC yes\n');
});
