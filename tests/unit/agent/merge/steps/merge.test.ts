import { expect, it } from 'vitest';
import { expectJobs, expectWhole, stageMerge } from './play';

it('moves all nodes and carries all jobs, each once', async () => {
  const stage = await stageMerge();
  const end = await stage.play();
  expect(
    end.steps.filter(({ state }) => state !== 'done').map(({ id, error }) => `${id} ${error}`),
  ).toEqual([]);
  expect(end.state).toBe('done');
  expectWhole(stage, end);
  expectJobs(stage);
});
