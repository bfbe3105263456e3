import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { Change, Condition, Entry, State, Write } from '#agent/state/types';
import { type EtcdCluster, startEtcd } from '#tests/support/etcd';

let etcd: EtcdCluster;
let store: SqliteStore;
beforeAll(async () => {
  etcd = await startEtcd(1);
  store = new SqliteStore(':memory:', systemClock);
});
afterAll(async () => {
  store.close();
  await etcd.close();
});

/** Revisions of a run are said as steps from its beginning, since the stores do not begin alike. */
type Step = { conditions: StepCondition[]; writes: Write[] };
type StepCondition =
  | { key: string; is: 'absent' }
  | { key: string; is: 'unchangedSince' | 'createdAt'; step: number };

const key = fc.constantFrom('a', 'ab', 'b', 'b/c', 'b/d');
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ key, put: fc.jsonValue({ maxDepth: 2 }) }),
  fc.record({ key, delete: fc.constant(true as const) }),
  fc.record({ prefix: fc.constantFrom('a', 'b', 'b/'), delete: fc.constant(true as const) }),
);
const condition: fc.Arbitrary<StepCondition> = fc.oneof(
  fc.record({ key, is: fc.constant('absent' as const) }),
  fc.record({
    key,
    is: fc.constantFrom('unchangedSince' as const, 'createdAt' as const),
    step: fc.integer({ min: 0, max: 12 }),
  }),
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    conditions: fc.array(condition, { maxLength: 2 }),
    writes: fc.array(write, { maxLength: 3 }),
  }),
  { maxLength: 15 },
);

async function play(state: State, run: string, script: readonly Step[]) {
  const root = `${run}/`;
  const start = (await state.commit([], [{ key: `${run}!`, put: 0 }])) ?? 0;
  const plain = ({ lease, ...entry }: Entry) => ({
    ...entry,
    lease,
    createRevision: entry.createRevision - start,
    modRevision: entry.modRevision - start,
  });
  const answers: unknown[] = [];
  for (const { conditions, writes } of script) {
    const answer = await state
      .commit(
        conditions.map((one): Condition => {
          const at = root + one.key;
          if (one.is === 'absent') return { key: at, is: 'absent' };
          const revision = start + one.step;
          if (one.is === 'createdAt') return { key: at, is: one.is, createRevision: revision };
          return { key: at, is: one.is, modRevision: revision };
        }),
        writes.map((one) =>
          'key' in one ? { ...one, key: root + one.key } : { ...one, prefix: root + one.prefix },
        ),
      )
      .then((revision) => (revision === null ? null : revision - start))
      .catch((error: { code: string }) => error.code);
    answers.push(answer);
  }
  const end = (await state.commit([], [{ key: `${root}end`, put: 0 }])) ?? 0;
  const seen: unknown[] = [];
  const stop = new AbortController();
  const said = ({ key: at, entry, revision }: Change) => ({
    key: at,
    entry: entry === null ? null : plain(entry),
    revision: revision - start,
  });
  for await (const changes of state.watch(root, start, stop.signal)) {
    // within one revision the order says nothing
    seen.push(
      ...changes.map(said).toSorted((x, y) => x.revision - y.revision || (x.key < y.key ? -1 : 1)),
    );
    if ((changes.at(-1)?.revision ?? 0) >= end) stop.abort();
  }
  return { answers, entries: (await state.list(root)).map(plain), seen };
}

test('both adapters answer every run of changes alike', async () => {
  const [inEtcd, inSqlite] = [etcd.state(), createSqliteState(store, systemClock)];
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      run += 1;
      const one = await play(inEtcd, `run${run}`, script);
      const two = await play(inSqlite, `run${run}`, script);
      expect(two).toEqual(one);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000 },
  );
  await Promise.all([inEtcd.close(), inSqlite.close()]);
});
