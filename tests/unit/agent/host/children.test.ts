import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { superviseChildren } from '#agent/host/supervisor/children';
import { identify } from '#agent/host/supervisor/process-table';
import type { DaemonSpec, Supervisor } from '#agent/ports';
import { KeptLog } from '#tests/support/agent';
import { sweptFolder } from '#tests/support/temp-folder';

const WAIT = { timeout: 15_000, interval: 50 };
const started = new Set<number>();

afterEach(() => {
  for (const pid of started) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  }
  started.clear();
});

/** As an agent has it that starts on this folder. */
function supervisor(folder: string) {
  const made = superviseChildren({ clock: systemClock, logger: new KeptLog(), folder });
  onTestFinished(() => made.release());
  return made;
}

const spec = (script: string, wish: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name: 'worker',
  argv: ['sh', '-c', script],
  stopMs: 5_000,
  mainProcessOnly: false,
  ...wish,
});
const SLEEP = spec('exec sleep 600');

async function runningPid(one: Supervisor, name = 'worker'): Promise<number> {
  const { pid, state } = await one.state(name);
  expect(state).toBe('running');
  if (pid === null) throw new Error('it has no number');
  started.add(pid);
  return pid;
}
const isGone = (pid: number) =>
  vi.waitFor(async () => expect(await identify(pid)).toBeNull(), WAIT);

test('a daemon runs in a session of its own and its words are kept', async () => {
  const one = supervisor(sweptFolder());
  await one.start(spec('echo hello; echo trouble >&2; exec sleep 600'));
  const pid = await runningPid(one);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect(fields[3]).toBe(String(pid));
  await vi.waitFor(
    async () => expect((await one.state('worker')).message).toBe('hello\ntrouble'),
    WAIT,
  );
  expect((await one.state('worker')).since).toBeGreaterThan(Date.now() - 60_000);
});

test('the next agent finds it again, and starts no second one', async () => {
  const folder = sweptFolder();
  const before = supervisor(folder);
  await before.start(SLEEP);
  const pid = await runningPid(before);
  before.release();
  const after = supervisor(folder);
  expect((await after.state('worker')).pid).toBe(pid);
  await after.start(SLEEP);
  expect((await after.state('worker')).pid).toBe(pid);
  await after.stop('worker');
  await isGone(pid);
});

test('one that runs by another command is stopped in order, then runs by the new one', async () => {
  const folder = sweptFolder();
  const one = supervisor(folder);
  await one.start(SLEEP);
  const pid = await runningPid(one);
  await one.start({ ...SLEEP, stopMs: 9_000 });
  expect((await one.state('worker')).pid).toBe(pid);
  await one.start(spec('exec sleep 601'));
  expect(await identify(pid)).toBeNull();
  expect(await runningPid(one)).not.toBe(pid);
});

test('what runs as asked is taken over without a word on the disk', async () => {
  const folder = sweptFolder();
  const before = supervisor(folder);
  const whole = { ...SLEEP, env: { A: '1' }, cwd: folder };
  await before.start(whole);
  const pid = await runningPid(before);
  before.release();
  const { mtimeMs, ino } = statSync(join(folder, 'worker.json'));
  const after = supervisor(folder);
  await after.start(whole);
  expect((await after.state('worker')).pid).toBe(pid);
  expect(statSync(join(folder, 'worker.json'))).toMatchObject({ mtimeMs, ino });
});

test('a number that was given to another process is not taken for the daemon', async () => {
  const folder = sweptFolder();
  const path = join(folder, 'worker.json');
  const one = supervisor(folder);
  await one.start(SLEEP);
  const pid = await runningPid(one);
  one.release();
  // as after a reboot: the number of this very test program, with another start
  const record = JSON.parse(readFileSync(path, 'utf8'));
  record.process.pid = process.pid;
  writeFileSync(path, JSON.stringify(record));
  const next = supervisor(folder);
  expect((await next.state('worker')).state).toBe('failed');
  await next.stop('worker');
  expect((await next.state('worker')).state).toBe('stopped');
  expect(await identify(pid)).not.toBeNull();
});

test('after a crash it is started again', async () => {
  const one = supervisor(sweptFolder());
  await one.start(SLEEP);
  const first = await runningPid(one);
  process.kill(first, 'SIGKILL');
  await vi.waitFor(async () => {
    const { pid, state } = await one.state('worker');
    expect(state).toBe('running');
    expect(pid).not.toBe(first);
  }, WAIT);
  await runningPid(one);
});

test('one that ends at once is told as failed, with its last words', async () => {
  const one = supervisor(sweptFolder());
  await one.start(spec('echo no configuration; exit 3'));
  await vi.waitFor(async () => {
    const { state, message } = await one.state('worker');
    expect(state).toBe('failed');
    expect(message).toContain('It ended with code 3.');
    expect(message).toContain('no configuration');
  }, WAIT);
  await one.stop('worker');
});

test('a program that is not installed is told, and is no crash of the agent', async () => {
  const one = supervisor(sweptFolder());
  await one.start({ ...SLEEP, argv: ['no-such-daemon'] });
  expect(await one.state('worker')).toMatchObject({
    state: 'failed',
    message: 'no-such-daemon is not installed.',
  });
  await one.stop('worker');
});

test('a stop is remembered before it acts: nothing starts it again', async () => {
  const folder = sweptFolder();
  const one = supervisor(folder);
  await one.start(SLEEP);
  const pid = await runningPid(one);
  await one.stop('worker');
  expect(await identify(pid)).toBeNull();
  expect((await one.state('worker')).state).toBe('stopped');
  expect((await supervisor(folder).state('worker')).state).toBe('stopped');
  expect(JSON.parse(readFileSync(join(folder, 'worker.json'), 'utf8')).desired).toBe('stopped');
});

test('one that does not stop in time is not forced unless asked', async () => {
  const one = supervisor(sweptFolder());
  await one.start(spec('trap "" TERM; while :; do sleep 0.1; done', { stopMs: 600 }));
  const pid = await runningPid(one);
  // the trap has to be set first
  await vi.waitFor(() => expect(ignoresTerm(pid)).toBe(true), WAIT);
  await expect(one.stop('worker')).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await identify(pid)).not.toBeNull();
  await one.stop('worker', { force: true });
  await isGone(pid);
});

/** Bit 15 of the ignored signals. */
function ignoresTerm(pid: number): boolean {
  const mask = /^SigIgn:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (BigInt(`0x${mask}`) & (1n << 14n)) !== 0n;
}

test('what a worker has started runs on when only its main process is stopped', async () => {
  const folder = sweptFolder();
  const file = join(folder, 'step');
  const one = supervisor(folder);
  const script = `sleep 600 & echo $! > ${file}; wait`;
  await one.start(spec(script, { mainProcessOnly: true }));
  const pid = await runningPid(one);
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toMatch(/\n$/), WAIT);
  const step = Number(readFileSync(file, 'utf8'));
  await one.stop('worker');
  await isGone(pid);
  expect(await identify(step)).not.toBeNull();
  process.kill(step, 'SIGKILL');
});

test('without that, all of its group goes', async () => {
  const folder = sweptFolder();
  const file = join(folder, 'step');
  const one = supervisor(folder);
  await one.start(spec(`sleep 600 & echo $! > ${file}; wait`));
  await runningPid(one);
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toMatch(/\n$/), WAIT);
  await one.stop('worker');
  await isGone(Number(readFileSync(file, 'utf8')));
});

test('a signal reaches it, and one for nothing is an error', async () => {
  const folder = sweptFolder();
  const file = join(folder, 'heard');
  const one = supervisor(folder);
  await expect(one.signal('worker', 'SIGHUP')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await one.start(spec(`trap "touch ${file}" HUP; echo set; while :; do sleep 0.1; done`));
  await runningPid(one);
  await vi.waitFor(async () => expect((await one.state('worker')).message).toBe('set'), WAIT);
  await one.signal('worker', 'SIGHUP');
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), WAIT);
});

test('its words never fill the disk', async () => {
  const folder = sweptFolder();
  const log = join(folder, 'worker.log');
  const one = supervisor(folder);
  await one.start(spec('while :; do echo alive; sleep 0.1; done'));
  await runningPid(one);
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('alive'), WAIT);
  // as after days of chatter: a hole, which costs the disk of this test nothing
  truncateSync(log, 5 * 1024 * 1024);
  await vi.waitFor(() => expect(readFileSync(log).length).toBeLessThan(1_000_000), WAIT);
  await vi.waitFor(
    async () => expect((await one.state('worker')).message).toContain('alive'),
    WAIT,
  );
});

test('its environment is what was asked for and not the agent’s', async () => {
  process.env['CLUSTERDECK_TEST_ONLY'] = 'leaks';
  onTestFinished(() => void delete process.env['CLUSTERDECK_TEST_ONLY']);
  const one = supervisor(sweptFolder());
  await one.start(
    spec('echo "$MINE/$CLUSTERDECK_TEST_ONLY"; exec sleep 600', { env: { MINE: 'a' } }),
  );
  await runningPid(one);
  await vi.waitFor(async () => expect((await one.state('worker')).message).toBe('a/'), WAIT);
});

test('a record that was damaged counts as none', async () => {
  const folder = sweptFolder();
  writeFileSync(join(folder, 'worker.json'), '{"version":1,"spec":');
  expect((await supervisor(folder).state('worker')).state).toBe('stopped');
});

test('a daemon that needs a file is not started again while that is not what it was', async () => {
  const folder = sweptFolder();
  const path = join(folder, 'mark');
  writeFileSync(path, '{"stateId":"one"}');
  const one = supervisor(folder);
  await one.start({ ...SLEEP, needs: { path, text: 'one' } });
  const pid = await runningPid(one);
  writeFileSync(path, '{"stateId":"two"}');
  process.kill(-pid, 'SIGKILL');
  await vi.waitFor(async () => {
    const { state, message } = await one.state('worker');
    expect({ state, message }).toEqual({ state: 'failed', message: `${path} is not what it was.` });
  }, WAIT);
  writeFileSync(path, '{"stateId":"one"}');
  await vi.waitFor(async () => expect(await runningPid(one)).not.toBe(pid), WAIT);
});
