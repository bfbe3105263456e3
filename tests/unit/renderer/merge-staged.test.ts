import { expect, it } from 'vitest';
import { mergeNotes, mergeParties } from '#shared/contract/agent/merge';
import { phaseOf } from '#shared/domain/merge-phases';
import { crossingsOf } from '../../../renderer/features/merge/crossings';
import { rolledBack, stageMerge } from '../agent/merge/steps/play';

it('reads of the agents’ own merge where each node is, forth and back', async () => {
  const stage = await stageMerge();
  const done = await stage.play();
  const parties = mergeParties.parse(done.params);
  expect(crossingsOf(done, parties).map(({ name, place, mark }) => [name, place, mark])).toEqual([
    ['b2', 'gaining', 'canary'],
    ['b3', 'gaining', null],
    ['b1', 'gaining', 'anchor'],
  ]);
  expect(done.steps.filter(({ title }) => phaseOf(title) === null)).toEqual([]);
  expect(mergeNotes.parse(done.notes).carried).toHaveLength(3);

  const back = await rolledBack(stage);
  expect(crossingsOf(back, parties).map(({ place, word }) => [place, word])).toEqual(
    Array(3).fill(['losing', 'back']),
  );
  expect(mergeNotes.parse(back.notes).carried).toEqual([]);
});
