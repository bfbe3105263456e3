import { expect, test } from 'vitest';
import { notifySystemd } from '#agent/host/notify';
import { KeptLog } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';

/** systemd-notify as the agent runs it. */
function stage(env: NodeJS.ProcessEnv) {
  const told: string[] = [];
  const clock = new StillClock();
  const commands = {
    run: async (argv: readonly [string, ...string[]]) => {
      told.push(argv.filter((word) => !word.startsWith('--pid=')).join(' '));
      return { code: 0, stdout: '', stderr: '' };
    },
  };
  return { told, clock, notes: notifySystemd({ clock, commands, logger: new KeptLog() }, env) };
}

test('systemd hears that it is up, that it lives, and that it goes', async () => {
  const { told, clock, notes } = stage({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000' });
  await notes.ready();
  expect(told).toEqual(['systemd-notify --ready']);
  await clock.advance(45_000);
  expect(told.slice(1)).toEqual(['systemd-notify WATCHDOG=1', 'systemd-notify WATCHDOG=1']);
  await notes.stopping();
  await clock.advance(60_000);
  expect(told.slice(3)).toEqual(['systemd-notify STOPPING=1']);
});

test('outside of a unit nobody is told, and without a watchdog nothing beats', async () => {
  const outside = stage({});
  await outside.notes.ready();
  await outside.notes.stopping();
  expect(outside.told).toEqual([]);
  const quiet = stage({ NOTIFY_SOCKET: '/run/n' });
  await quiet.notes.ready();
  await quiet.clock.advance(300_000);
  expect(quiet.told).toEqual(['systemd-notify --ready']);
});
