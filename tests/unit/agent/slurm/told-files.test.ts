import { expect, onTestFinished, test } from 'vitest';
import { ToldFiles } from '#agent/roles/slurm/told-files';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { StillClock } from '#tests/support/still-clock';

const OLD = ['a1', 'a2'];
const NEW = ['a2'];
const TEN_MIN_MS = 10 * 60_000;

/** Three nodes over one state; `a3` is seen as said. */
function staged(status: 'alive' | 'failed' | 'left' = 'alive') {
  const clock = new StillClock();
  const store = new SqliteStore(':memory:', clock);
  onTestFinished(() => store.close());
  const state = createSqliteState(store, clock);
  const node = (id: string) => new ToldFiles({ state, clock, self: () => id });
  const members = [
    { id: 'a2', status: 'alive' as const },
    { id: 'a3', status },
  ];
  return { clock, node, members, movedAt: clock.now() };
}

test('nobody is at its new place before every node has the new file, and then since the last one', async () => {
  const { clock, node, members, movedAt } = staged();
  const [a1, a2, a3] = ['a1', 'a2', 'a3'].map(node);
  await Promise.all([a1, a2, a3].map(async (one) => one?.tell(OLD)));
  await clock.advance(1_000);
  await a1?.tell(NEW);
  await a2?.tell(NEW);
  expect(await a1?.since(NEW, members, movedAt)).toBeNull();
  await clock.advance(1_000);
  await a3?.tell(NEW);
  const since = movedAt + 2_000;
  expect(await a1?.since(NEW, members, movedAt)).toBe(since);
  // an agent that starts again tells nothing new
  await clock.advance(1_000);
  await node('a3').tell(NEW);
  expect(await a1?.since(NEW, members, movedAt)).toBe(since);
});

test('one that does not answer is waited for, and not for ever; one that left is not', async () => {
  for (const [status, expected] of [
    ['failed', null],
    ['left', 0],
  ] as const) {
    const { clock, node, members, movedAt } = staged(status);
    await node('a3').tell(OLD);
    await node('a1').tell(NEW);
    const first = await node('a1').since(NEW, members, movedAt);
    expect(first === null ? null : first - movedAt).toBe(expected);
    await clock.advance(TEN_MIN_MS);
    expect(await node('a1').since(NEW, members, movedAt)).toBe(movedAt);
  }
});
