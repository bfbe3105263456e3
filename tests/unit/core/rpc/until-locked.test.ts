import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Channel } from '#electron/core/events';
import { untilLocked } from '#electron/core/rpc/until-locked';
import type { AccessStatus } from '#shared/contract/access';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const OPEN: AccessStatus = { viewer: false, locked: false, hasLock: true, idleMinutes: 0 };

/** An app that can be locked, and its stream of numbers in objects that can be watched. */
function desk() {
  let status = OPEN;
  const events = new Channel<AccessStatus>((error) => {
    throw error;
  });
  const seen: WeakRef<object>[] = [];
  async function* numbers(count: number) {
    for (let n = 0; n < count; n += 1) {
      const item = { n };
      seen.push(new WeakRef(item));
      yield item;
    }
    await new Promise(() => undefined);
  }
  return {
    access: { events, status: () => status },
    seen,
    numbers,
    lock() {
      status = { ...OPEN, locked: true };
      events.emit(status);
    },
  };
}

test('what a stream has told is not kept for as long as the stream lives', async () => {
  const { access, numbers, seen } = desk();
  const stream = untilLocked(numbers(200), access);
  for (let n = 0; n < 200; n += 1) await stream.next();
  await turn();
  collect();
  const kept = seen.filter((item) => item.deref() !== undefined);
  expect(kept.length).toBeLessThan(10);
  await Promise.race([stream.return(undefined), turn()]);
});

test('a stream that waits ends with the lock', async () => {
  const { access, numbers, lock } = desk();
  const stream = untilLocked(numbers(1), access);
  expect(await stream.next()).toEqual({ done: false, value: { n: 0 } });
  const waiting = stream.next();
  lock();
  await expect(waiting).rejects.toMatchObject({ code: 'APP_LOCKED' });
});

test('a stream that was locked before or between its items tells nothing more', async () => {
  const early = desk();
  const unread = untilLocked(early.numbers(5), early.access);
  early.lock();
  await expect(unread.next()).rejects.toMatchObject({ code: 'APP_LOCKED' });

  const later = desk();
  const read = untilLocked(later.numbers(5), later.access);
  await read.next();
  later.lock();
  await expect(read.next()).rejects.toMatchObject({ code: 'APP_LOCKED' });
});
