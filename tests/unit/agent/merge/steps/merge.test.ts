import { expect, it } from 'vitest';
import { CONFIG_KEY, slurmConfig } from '#agent/roles/slurm/config';
import { expectJobs, expectWhole, type MergeStage, rolledBack, stageMerge, tidied } from './play';

const stateOf = async (stage: MergeStage, prefix: string) =>
  (await stage.state.list(prefix)).map(({ key }) => key.slice(prefix.length));

async function partitions(stage: MergeStage): Promise<string[]> {
  const entry = await stage.state.get(CONFIG_KEY);
  return slurmConfig.parse(entry?.value).partitions;
}

it('moves all nodes and carries all jobs, each once', async () => {
  const stage = await stageMerge();
  const end = await stage.play();
  expect(end.state).toBe('done');
  expectWhole(stage, end);
  expectJobs(stage);
  expect(end.steps.map(({ id }) => id)).toEqual(
    'pact lock keep partitions drain carry empty-b2 cross-b2 empty-b3 cross-b3 left unite empty-b1 cross-b1 verify release'.split(
      ' ',
    ),
  );
  expect(end.steps.find(({ class: one }) => one === 'pivot')?.id).toBe('cross-b1');
  const waiting = stage.world.gaining.pending();
  expect(waiting.find(({ origin }) => origin === 'second')?.dependency).toBe('afterok:100');
  expect(end.notes['carried']).toEqual([
    { id: '2', to: '100' },
    { id: '3', to: expect.stringMatching(/^10[12]$/) },
    { id: '4', to: expect.stringMatching(/^10[12]$/) },
  ]);
  expect(await stateOf(stage, 'tokens/')).toEqual(['aaaaaaaaaa', 'bbbbbbbbbb']);
  expect(await partitions(stage)).toEqual(['gpu', 'long']);
});

it('is taken back whole within its time, also what waits by then', async () => {
  const stage = await stageMerge();
  await stage.play();
  const { gaining, losing } = stage.world;
  const end = await rolledBack(stage);
  expect(end).toMatchObject({ state: 'undone', reason: 'It was rolled back by ada.' });
  expectWhole(stage, end);
  expectJobs(stage);
  expect(gaining.jobs.size).toBe(0);
  expect(
    losing
      .pending()
      .map(({ origin }) => origin)
      .toSorted(),
  ).toEqual(['first', 'held', 'second']);
  const first = losing.pending().find(({ origin }) => origin === 'first');
  const second = losing.pending().find(({ origin }) => origin === 'second');
  expect(second?.dependency).toBe(`afterok:${first?.id}`);
  expect(await stateOf(stage, 'tokens/')).toEqual([]);
  expect(await partitions(stage)).toEqual(['long']);
  expect(end.notes['carried']).toEqual([]);
  expect(await stateOf(stage, 'merge/carried/')).toEqual([]);
});

it('lets no job begin early because the one that it waits for is cancelled at its old place', async () => {
  const stage = await stageMerge({}, ({ losing }) => {
    const { id } = losing.submit({ origin: 'first' });
    for (let n = 0; n < 8; n += 1) losing.submit({ origin: `other-${n}` });
    losing.submit({ origin: 'then', dependency: `afterany:${id}` });
  });
  const { gaining, losing } = stage.world;
  const then = (side: typeof losing) => {
    const number = side.pending().find(({ origin }) => origin === 'first')?.id;
    const dependency = side.pending().find(({ origin }) => origin === 'then')?.dependency;
    return { number, dependency };
  };
  await stage.play();
  const over = then(gaining);
  expect(over.dependency).toBe(`afterany:${over.number}`);
  await rolledBack(stage);
  const back = then(losing);
  expect(back.dependency).toBe(`afterany:${back.number}`);
});

it('deletes what was kept, and the pact, once it stays for good', async () => {
  const stage = await stageMerge();
  await stage.play();
  const { world } = stage;
  const keepers = () => [...world.nodes.values()].filter(({ kept }) => kept.size > 0);
  expect(keepers().map(({ name }) => name)).toEqual(['a1', 'b2', 'b3', 'b1']);
  world.failing.add('merge/drop b3');
  await expect(tidied(stage)).rejects.toMatchObject({ code: 'TASK_FAILED' });
  expect(world.dropped).toEqual([]);
  world.mend();
  await tidied(stage);
  expect(keepers()).toEqual([]);
  expect(world.dropped).toEqual([world.losing.uuid]);
  expect(await stateOf(stage, 'merge/carried/')).toEqual([]);
});

it('deletes what was kept also after a rollback, and leaves the pact for the next try', async () => {
  const stage = await stageMerge();
  await stage.play();
  await rolledBack(stage);
  await tidied(stage);
  const { world } = stage;
  expect([...world.nodes.values()].filter(({ kept }) => kept.size > 0)).toEqual([]);
  expect([...world.nodes.values()].filter(({ staged }) => staged !== '')).toEqual([]);
  expect(world.dropped).toEqual([]);
});
