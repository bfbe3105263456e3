import { setImmediate as macrotask } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AccessService } from '#electron/core/access/service';
import { AuditLog } from '#electron/core/audit/log';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const MINUTE_MS = 60_000;
const PASSPHRASE = 'correct horse battery';

async function desk() {
  const clock = new FakeClock();
  const sqlite = openDatabase({ dataDir: sweptFolder(), clock, logger: silent });
  const store = new Store(sqlite, new AuditLog('ada@desk', clock), silent);
  const done: string[] = [];
  const now = { busy: false };
  let tellPower: (asleep: boolean) => void = () => undefined;
  const access = new AccessService({
    store,
    clock,
    logger: silent,
    power: {
      onChange(listener) {
        tellPower = listener;
        return () => undefined;
      },
    },
    vault: {
      hold: (under) => void done.push(under === null ? 'held' : 'held under the key'),
      release: async () => void done.push('released'),
    },
    closeSessions: async () => void done.push('sessions closed'),
    isBusy: () => now.busy,
    passphraseCost: { N: 1024, r: 8, p: 1 },
  });
  onTestFinished(() => access.close());
  await access.setLock({ passphrase: PASSPHRASE, idleMinutes: 5 });
  access.watchIdle();
  const pass = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 5; turn += 1) await macrotask();
  };
  return { access, pass, done, now, wake: () => tellPower(false), clock };
}

test('it locks after the time without input, and not while there is some', async () => {
  const { access, pass, done } = await desk();
  for (let n = 0; n < 4; n += 1) {
    await pass(4 * MINUTE_MS);
    access.activity();
  }
  expect(access.status().locked).toBe(false);
  await pass(5 * MINUTE_MS);
  expect(access.status().locked).toBe(true);
  expect(done).toEqual(['held under the key', 'sessions closed']);
  await access.unlock(PASSPHRASE);
  expect(done.at(-1)).toBe('released');
  await pass(4 * MINUTE_MS);
  expect(access.status().locked).toBe(false);
  await pass(MINUTE_MS);
  expect(access.status().locked).toBe(true);
});

test('work under way is waited for', async () => {
  const { access, pass, now } = await desk();
  now.busy = true;
  await pass(20 * MINUTE_MS);
  expect(access.status().locked).toBe(false);
  now.busy = false;
  await pass(30_000);
  expect(access.status().locked).toBe(true);
});

test('without minutes it never locks, and a new time begins anew', async () => {
  const { access, pass } = await desk();
  await access.setLock({ passphrase: PASSPHRASE, current: PASSPHRASE, idleMinutes: 0 });
  await pass(24 * 60 * MINUTE_MS);
  expect(access.status().locked).toBe(false);
  await access.setLock({ passphrase: PASSPHRASE, current: PASSPHRASE, idleMinutes: 1 });
  await pass(MINUTE_MS);
  expect(access.status().locked).toBe(true);
});

test('wrong passphrases slow down, one after another whoever asks at once', async () => {
  const { access, clock } = await desk();
  await access.lock();
  const guesses = await Promise.allSettled(
    ['a', 'b', 'c', 'd', PASSPHRASE].map((guess) => access.unlock(guess)),
  );
  const codes = guesses.map((guess) => (guess.status === 'rejected' ? guess.reason.code : 'open'));
  expect(codes).toEqual([
    'PASSPHRASE_WRONG',
    'PASSPHRASE_WRONG',
    'PASSPHRASE_WRONG',
    'APP_LOCKED',
    'APP_LOCKED',
  ]);
  clock.advance(1000);
  expect(await access.unlock(PASSPHRASE)).toMatchObject({ locked: false });
});
