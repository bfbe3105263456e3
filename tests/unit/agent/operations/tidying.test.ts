import { expect, onTestFinished, test } from 'vitest';
import { Tidying } from '#agent/operations/coordinator/tidying';
import { Journal } from '#agent/operations/engine/journal';
import { Asking } from '#agent/operations/service/asking';
import { operationFrom } from '#agent/operations/service/make';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { KeptLog } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';
import { ID } from './stage';
import { planOf } from './world';

const BACK_MS = 20_000;
const LEAD = 'elections/operations/1';

/** An operation that has ended, at the node that leads. */
async function stage(end: Partial<AgentOperation>) {
  const clock = new StillClock();
  const state = createSqliteState(new SqliteStore(':memory:', clock), clock);
  const journal = new Journal(state);
  await state.commit([], [{ key: LEAD, put: {} }]);
  const lead = { key: LEAD, epoch: (await state.get(LEAD))?.createRevision ?? 0 };
  const tidied: string[] = [];
  let failures = 0;
  const kind = {
    kind: 'moving',
    version: 1,
    steps: () => [],
    async tidy({ id }: AgentOperation) {
      if (failures-- > 0) throw new Error('A node does not answer.');
      tidied.push(id);
    },
  };
  const plan = planOf(kind, BACK_MS);
  await journal.begin(operationFrom(plan, { id: ID, by: 'a test', at: clock.now() }), plan, true);
  const begun = await journal.get(ID);
  if (begun === null) throw new Error('It did not begin');
  const running = await journal.write(begun, lead);
  const over = new AbortController();
  const tidying = new Tidying({ journal, kinds: [kind], clock, logger: new KeptLog() });
  const work = tidying.run(lead, over.signal);
  onTestFinished(async () => {
    over.abort();
    await work;
  });
  await clock.advance(1_000);
  await journal.write({ ...running, ended_at: clock.now(), ...end }, lead);
  return {
    clock,
    journal,
    tidied,
    until: () => clock.now() + BACK_MS,
    fail: (times: number) => {
      failures = times;
    },
  };
}

const untidy = async ({ journal }: { journal: Journal }) =>
  (await journal.untidy()).map(({ id }) => id);

test('what is undone is tidied up at once, once', async () => {
  const it = await stage({ state: 'undone' });
  await it.clock.advance(2_000);
  expect(it.tidied).toEqual([ID]);
  expect(await untidy(it)).toEqual([]);
  await it.clock.advance(70_000);
  expect(it.tidied).toEqual([ID]);
});

test('what can be rolled back still is left alone, until its time is over', async () => {
  const until = new StillClock().now() + BACK_MS;
  const it = await stage({ state: 'done', rollback_until: until });
  await it.clock.advance(10_000);
  expect(it.tidied).toEqual([]);
  await it.clock.advance(60_000);
  expect(it.tidied).toEqual([ID]);
  // from then on nobody rolls it back
  const asking = new Asking(it.journal, it.clock);
  await expect(asking.ask(ID, 'rollback', 'ada')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('what a person keeps is tidied up soon', async () => {
  const until = new StillClock().now() + 3_600_000;
  const it = await stage({ state: 'done', rollback_until: until });
  await it.clock.advance(1_000);
  expect(it.tidied).toEqual([]);
  await new Asking(it.journal, it.clock).ask(ID, 'commit', 'ada');
  await it.clock.advance(2_000);
  expect(it.tidied).toEqual([ID]);
});

test('it is tried again where a node does not answer', async () => {
  const it = await stage({ state: 'done', rollback_until: null });
  it.fail(1);
  await it.clock.advance(5_000);
  expect(it.tidied).toEqual([]);
  expect(await untidy(it)).toEqual([ID]);
  await it.clock.advance(95_000);
  expect(it.tidied).toEqual([ID]);
  expect(await untidy(it)).toEqual([]);
});
