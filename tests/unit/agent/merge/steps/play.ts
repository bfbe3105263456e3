import { expect } from 'vitest';
import { Journal } from '#agent/operations/engine/journal';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { Stage, type Story } from '../../operations/stage';
import { LeapingClock } from '../../operations/world';
import { type MergeWish, MergeWorld } from './world';

export type MergeStage = Stage<MergeWorld>;

/** @param prepare what there is before it begins */
export async function stageMerge(
  story: Story = {},
  prepare: (world: MergeWorld) => void = twoJobs,
  wish: MergeWish = {},
): Promise<MergeStage> {
  const clock = new LeapingClock();
  const world = new MergeWorld(clock, wish);
  prepare(world);
  const stage = new Stage(story, clock, world);
  await world.found(stage.state);
  return stage;
}

/** One runs on b2 for a while; of three that wait one waits for another, and one is held by its user. */
export function twoJobs(world: MergeWorld): void {
  const { losing } = world;
  world.start(losing, losing.submit({ origin: 'runs' }), world.node('b2'), 700);
  const first = losing.submit({ origin: 'first' });
  losing.submit({ origin: 'second', dependency: `afterok:${first.id}` });
  losing.submit({ origin: 'held', held: 'user' });
}

export const ORIGINS = ['runs', 'first', 'second', 'held'];

/** Each node in one cluster, each job in one place, begun at most once; nothing is held any more. */
export function expectWhole({ world }: MergeStage, end: AgentOperation): void {
  expect(world.broken).toBeNull();
  const { gaining, losing } = world;
  const stayed = end.steps.flatMap(({ id, state: now }) =>
    id.startsWith('cross-') && now === 'skipped' ? [id.slice('cross-'.length)] : [],
  );
  const inLosing = end.state === 'done' ? stayed : world.params.avoid;
  for (const node of world.nodes.values()) {
    const side = inLosing.includes(node.name)
      ? losing
      : node.name === 'a1' || end.state === 'done'
        ? gaining
        : losing;
    expect({ node: node.name, home: node.home.name }).toEqual({ node: node.name, home: side.name });
    const lists = [gaining, losing].filter(
      (one) => one.members.has(node.id) && (one === gaining || world.isUp(losing)),
    );
    expect({ node: node.name, listed: lists.map(({ name }) => name) }).toEqual({
      node: node.name,
      listed: [side.name],
    });
  }
  const places = [gaining, ...(world.isUp(losing) ? [losing] : [])];
  const found = places.flatMap(({ jobs }) => [...jobs.values()].map(({ origin }) => origin));
  expect(found.toSorted()).toEqual([...new Set(found)].toSorted());
  expect(gaining.lock).toBeNull();
  if (world.isUp(losing)) {
    expect({ lock: losing.lock, isClosed: losing.isClosed }).toEqual({
      lock: null,
      isClosed: false,
    });
    expect([...losing.drained]).toEqual([]);
  }
}

/** What everybody submitted is somewhere, or has begun once. */
export function expectJobs({ world }: MergeStage, origins: readonly string[] = ORIGINS): void {
  const { gaining, losing } = world;
  const places = [gaining, ...(world.isUp(losing) ? [losing] : [])];
  for (const origin of origins) {
    const waiting = places.flatMap((side) => side.pending()).filter((job) => job.origin === origin);
    const count = waiting.length + (world.began.get(origin) ?? 0);
    expect({ origin, count }).toEqual({ origin, count: 1 });
    for (const { held } of waiting)
      expect({ origin, held }).toEqual({ origin, held: origin === 'held' ? 'user' : 'free' });
  }
}

/** What the kind does once the operation can be neither carried on nor rolled back. */
export async function tidied(stage: MergeStage): Promise<void> {
  const operation = await stage.stored();
  // by whoever leads by then
  const key = `elections/operations/${crypto.randomUUID()}`;
  await stage.state.commit([], [{ key, put: 'a2' }]);
  const createRevision = (await stage.state.get(key))?.createRevision ?? 0;
  const context = {
    operation: operation.id,
    epoch: createRevision,
    leads: { key, is: 'createdAt' as const, createRevision },
    log: () => undefined,
    signal: new AbortController().signal,
  };
  await stage.during(stage.definition().tidy?.(operation, context) ?? Promise.resolve());
}

/** Takes it up again, as the service does when somebody asks for a rollback. */
export async function rolledBack(stage: MergeStage): Promise<AgentOperation> {
  const journal = new Journal(stage.state);
  const reason = 'It was rolled back by ada.';
  const done = await stage.stored();
  await journal.reopen({ ...done, state: 'undoing', ended_at: null, rollback_until: null, reason });
  return stage.resume();
}
