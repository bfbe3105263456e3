import { expect, it } from 'vitest';
import { Engine } from '#agent/operations/engine/engine';
import { Journal } from '#agent/operations/engine/journal';
import { expectWhole, ID, play, stageOf } from './stage';
import { planOf } from './world';

it('does each step once and proves it', async () => {
  const { stage, end } = await play({});
  expectWhole(stage, end);
  expect(end.state).toBe('done');
  expect([...stage.world.applied.values()]).toEqual([1, 1, 1, 1, 1]);
  expect(end.steps.every(({ attempts, found }) => attempts === 1 && !found)).toBe(true);
});

it('leaves alone what is so already, and does not undo it either', async () => {
  const stage = stageOf({ failing: { copy: 'for ever' } });
  stage.world.present.add('freeze');
  const end = await stage.play();
  expect(end).toMatchObject({ state: 'undone', reason: 'It cannot be done.' });
  expect([...stage.world.present].toSorted()).toEqual(['controller on old', 'freeze']);
});

it('is undone when a step before the pivot cannot be done', async () => {
  const { stage, end } = await play({ failing: { copy: 'for ever' } });
  expectWhole(stage, end);
  expect(end.state).toBe('undone');
});

it('goes on when only the answer was lost', async () => {
  const { stage, end } = await play({ failing: { 'stop old': 'after', 'start new': 'after' } });
  expectWhole(stage, end);
  expect(end.state).toBe('done');
  expect(stage.world.applied.get('start new')).toBe(1);
});

it.each(['retry', 'rollback'] as const)(
  'is stuck behind the pivot until a person says: %s',
  async (mend) => {
    const { stage, end } = await play({ failing: { settle: 'for ever' }, mend });
    expect(stage.seen).toContain('stuck');
    expectWhole(stage, end);
    expect(end.state).toBe(mend === 'retry' ? 'done' : 'undone');
  },
);

it('begins only where no other is under way', async () => {
  const stage = stageOf();
  const running = stage.play();
  await expect(
    new Journal(stage.state).begin(
      { ...(await stage.stored()), id: crypto.randomUUID() },
      planOf(stage.definition()),
    ),
  ).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await running;
  expect(await new Journal(stage.state).active()).toBeNull();
});

it('is not gone on with by another version of its steps', async () => {
  const stage = stageOf();
  await stage.play();
  const journal = new Journal(stage.state);
  await journal.reopen({ ...(await stage.stored()), state: 'undoing', version: 2 });
  const lead = { key: 'elections/operations/0', epoch: 0 };
  lead.epoch = (await stage.state.get(lead.key))?.createRevision ?? 0;
  const definition = stage.definition();
  const engine = new Engine({
    journal,
    definitions: new Map([[definition.kind, definition]]),
    clock: stage.clock,
    node: 'n',
    onChange: () => undefined,
  });
  const end = await engine.run(ID, lead, new AbortController().signal);
  expect(end).toMatchObject({ state: 'stuck', reason: expect.stringContaining('version') });
});
