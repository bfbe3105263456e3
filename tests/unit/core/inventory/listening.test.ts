import { expect, test } from 'vitest';
import { Listening } from '#electron/core/inventory/listening';
import { fail } from '#shared/contract/errors';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { pass } from '#tests/support/watching';

/** Listening to a stream that a test opens and breaks. */
function ear() {
  const clock = new FakeClock();
  const opened: { signal: AbortSignal; tell: () => void; end: (reason?: Error) => void }[] = [];
  let changes = 0;
  const listening = new Listening({
    clock,
    logger: silent,
    onChange: () => {
      changes += 1;
    },
    listen(onChange, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (reason?: Error) => (reason === undefined ? resolve() : reject(reason));
      signal.addEventListener('abort', () => resolve(), { once: true });
      opened.push({ signal, tell: onChange, end });
      return promise;
    },
  });
  return { clock, listening, opened, changes: () => changes };
}

test('it listens only while it is wanted', async () => {
  const { clock, listening, opened, changes } = ear();
  await pass(clock, 1000);
  expect(opened).toHaveLength(0);
  listening.want(true);
  listening.want(true);
  await pass(clock, 1000);
  expect(opened).toHaveLength(1);
  opened[0]?.tell();
  expect(changes()).toBe(1);
  listening.want(false);
  await pass(clock, 60_000);
  expect([opened.length, opened[0]?.signal.aborted]).toEqual([1, true]);
});

test('a broken stream is opened anew, with growing pauses until one holds', async () => {
  const { clock, listening, opened } = ear();
  listening.want(true);
  await pass(clock, 250);
  const breaks = async (waitMs: number) => {
    const before = opened.length;
    opened.at(-1)?.end(fail('UNREACHABLE', { remedy: 'Wait.' }));
    await pass(clock, waitMs - 500);
    expect(opened).toHaveLength(before);
    await pass(clock, 1000);
    expect(opened).toHaveLength(before + 1);
  };
  await breaks(5_000);
  await breaks(10_000);
  await breaks(20_000);
  await pass(clock, 60_000, 1000);
  await breaks(5_000);
  await listening.close();
});

test('a changed way to the cluster ends the old stream before the new one begins', async () => {
  const { clock, listening, opened } = ear();
  listening.want(true);
  await pass(clock, 250);
  listening.restart();
  await pass(clock, 250);
  expect(opened.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  await listening.close();
  await pass(clock, 60_000);
  expect(opened).toHaveLength(2);
});
