import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DaemonState } from '#agent/ports';
import { LifeSign } from '#agent/roles/slurm/life-sign';
import { KeptLog } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';

const S = 1_000;

function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'heartbeat');
  const clock = new StillClock();
  const daemon: DaemonState = { state: 'running', pid: 7, since: 0, message: '' };
  const world = { daemon, asked: 0, isBroken: false };
  const log = new KeptLog();
  const sign = new LifeSign({
    clock,
    logger: log,
    controller: {
      daemon: async () => {
        world.asked += 1;
        if (world.isBroken) throw new Error('No room is left.');
        return world.daemon;
      },
    },
    machine: {
      account: async (name) => ({
        name,
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
      }),
    },
  });
  onTestFinished(() => sign.follow(null));
  const config = { stateSaveLocation: folder, slurmUser: 'slurm' };
  /** unix seconds and place, as slurmctld writes them */
  const write = (seconds: number, place: number) => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64BE(BigInt(seconds), 0);
    bytes.writeBigUInt64BE(BigInt(place), 8);
    writeFileSync(path, bytes);
  };
  const seen = () => {
    const bytes = readFileSync(path);
    return [Number(bytes.readBigUInt64BE(0)), Number(bytes.readBigUInt64BE(8))];
  };
  const nowS = () => Math.floor(clock.now() / S);
  return { clock, config, log, nowS, seen, sign, world, write };
}

/** Lets time pass until it is so; what is written takes some turns of the loop. */
const until = (clock: StillClock, isSo: () => void) =>
  vi.waitFor(
    async () => {
      await clock.advance(S);
      isSo();
    },
    { timeout: 10_000, interval: 5 },
  );

test('the one in control gives its sign again and again, in the place of the first', async () => {
  const { clock, config, nowS, seen, sign } = stage();
  sign.follow(config);
  const begun = nowS();
  await until(clock, () => expect(seen()[0]).toBeGreaterThanOrEqual(begun));
  const [first = 0] = seen();
  await until(clock, () => expect(seen()[0]).toBeGreaterThan(first));
  expect(seen()[1]).toBe(0);
});

test('none is given any more once slurmctld does not run, or is not in control', async () => {
  const { clock, config, seen, sign, world } = stage();
  sign.follow(config);
  await until(clock, () => expect(seen()[1]).toBe(0));
  world.daemon = { ...world.daemon, state: 'failed' };
  const asked = world.asked;
  // the sign that was under way is through
  await until(clock, () => expect(world.asked).toBeGreaterThan(asked + 1));
  const last = seen();
  await until(clock, () => expect(world.asked).toBeGreaterThan(asked + 4));
  expect(seen()).toEqual(last);
  world.daemon = { ...world.daemon, state: 'running' };
  await until(clock, () => expect(seen()[0]).toBeGreaterThan(last[0] ?? 0));
  sign.follow(null);
  await clock.advance(3 * S);
  const end = seen();
  await clock.advance(9 * S);
  expect(seen()).toEqual(end);
});

test('the sign of a slurmctld that gives its own is left alone, and replaced when it is long past', async () => {
  const { clock, config, nowS, seen, sign, write } = stage();
  const at = nowS();
  write(at, 1);
  sign.follow(config);
  await until(clock, () => expect(seen()[1]).toBe(0));
  expect((seen()[0] ?? 0) - at).toBeGreaterThanOrEqual(10);
});

test('a folder that cannot be used is told of once, and again when it was well in between', async () => {
  const { clock, config, log, seen, sign, world } = stage();
  const warned = () => log.lines.filter(({ level }) => level === 'warn').length;
  world.isBroken = true;
  sign.follow(config);
  await until(clock, () => expect(world.asked).toBeGreaterThan(4));
  expect(warned()).toBe(1);
  world.isBroken = false;
  await until(clock, () => expect(seen()[1]).toBe(0));
  world.isBroken = true;
  await until(clock, () => expect(warned()).toBe(2));
});
