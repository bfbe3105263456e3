import { expect, test } from 'vitest';
import { KeptLease, type LeaseKeeper } from '#agent/state/lease';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { StillClock } from '#tests/support/still-clock';

const TTL_MS = 9_000;

function keep(renew: LeaseKeeper['renew']) {
  const clock = new StillClock();
  const lease = new KeptLease('1', TTL_MS, 0, { renew, revoke: async () => {} }, clock);
  return { clock, lease };
}

test('a lease is kept as long as it is renewed', async () => {
  let renewals = 0;
  const { clock, lease } = keep(async () => {
    renewals += 1;
    return TTL_MS;
  });
  await clock.advance(10 * TTL_MS);
  expect(lease.lost.aborted).toBe(false);
  expect(renewals).toBeGreaterThan(20);
  expect(renewals).toBeLessThan(40);
});

test('a lease survives answers that fail for less than its time', async () => {
  let isDown = false;
  const { clock, lease } = keep(async () => {
    if (isDown) throw new Error('down');
    return TTL_MS;
  });
  await clock.advance(TTL_MS);
  isDown = true;
  await clock.advance(TTL_MS * 0.6);
  isDown = false;
  await clock.advance(TTL_MS * 3);
  expect(lease.lost.aborted).toBe(false);
});

test.each([
  ['fails', () => Promise.reject(new Error('down'))],
  ['hangs', () => new Promise<number>(() => {})],
])('a lease whose renewal %s is lost when its time is over, and no later', async (_, renew) => {
  const { clock, lease } = keep(renew);
  await clock.advance(TTL_MS - 100);
  expect(lease.lost.aborted).toBe(false);
  await clock.advance(200);
  expect(lease.lost.aborted).toBe(true);
});

test('a lease that the store does not know any more is lost at once', async () => {
  const { clock, lease } = keep(async () => null);
  await clock.advance(TTL_MS / 3 + 100);
  expect(lease.lost.aborted).toBe(true);
});

test('time counts from before the question, so that this side never holds it for longer', async () => {
  const answers: (() => void)[] = [];
  const { clock, lease } = keep(
    () => new Promise((resolve) => answers.push(() => resolve(TTL_MS))),
  );
  // asked at a third, answered at nearly the end
  await clock.advance(TTL_MS * 0.9);
  answers[0]?.();
  await clock.advance(TTL_MS * 0.35);
  expect(lease.lost.aborted).toBe(false);
  await clock.advance(TTL_MS * 0.15);
  expect(lease.lost.aborted).toBe(true);
});

test.each([86_400_000, -86_400_000])(
  'a jump of the time of day by %i ms ends no lease',
  async (ms) => {
    const clock = new StillClock();
    const store = new SqliteStore(':memory:', clock);
    const state = createSqliteState(store, clock);
    const lease = await state.lease(TTL_MS);
    await state.commit([], [{ key: 'k', put: 1, lease: lease.id }]);
    clock.jump(ms);
    await clock.advance(TTL_MS * 2);
    expect(lease.lost.aborted).toBe(false);
    expect(await state.get('k')).not.toBeNull();
    store.close();
  },
);
