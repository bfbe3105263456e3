import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { member, type StagedAgent, stageAgent } from '#tests/support/agent';
import { openDesk, type SyncDesk } from './two-desks';

/** Two nodes of a cluster that keep one state. */
async function twoNodes() {
  const store = new SqliteStore(':memory:', systemClock);
  onTestFinished(() => store.close());
  const node = (name: string) =>
    stageAgent({ own: member(name), state: createSqliteState(store, systemClock) });
  return { store, a1: await node('a1'), a2: await node('a2') };
}

async function deskAt(agent: StagedAgent): Promise<SyncDesk> {
  const token = agent.tokens.add('admin');
  const desk = await openDesk(
    { url: agent.url, fingerprint: agent.certificate.fingerprint },
    token,
  );
  onTestFinished(() => desk.close());
  return desk;
}

test('two desks keep in step through different nodes, and the loss of one loses nothing', async () => {
  const { a1, a2 } = await twoNodes();
  const [here, there] = [await deskAt(a1), await deskAt(a2)];
  await here.add('c1');
  await here.add('c2');
  const up = await here.sync();
  expect(up).toMatchObject({ ok: true });
  expect(up.entries.map(({ result }) => result)).toEqual(['done', 'done']);
  await there.sync();
  expect(await there.shown()).toEqual(await here.shown());

  await a1.close();
  await there.change('c1', { description: 'moved to room 8' });
  expect(await there.sync()).toMatchObject({ ok: true });
  const third = await deskAt(a2);
  await third.sync();
  expect([...(await third.shown()).keys()].toSorted()).toEqual(['c1', 'c2']);
  expect((await third.shown()).get('c1')).toMatchObject({ description: 'moved to room 8' });
});

test('a new cluster goes there without its password, asked for or not, and none ever travels', async () => {
  const { store, a1 } = await twoNodes();
  const desk = await deskAt(a1);
  await desk.add('c1');
  const plan = await desk.sync({ dryRun: true });
  expect(plan.entries).toMatchObject([
    { clusterId: 'c1', verdict: 'createThere', needsSecret: false, result: 'planned' },
  ]);
  // the desks of these tests allow all their passwords to go
  expect(await desk.sync()).toMatchObject({ ok: true });
  // what a new record is given by default comes down once
  await desk.sync();
  expect(await desk.sync()).toMatchObject({ ok: true, entries: [{ result: 'same' }] });
  const kept = JSON.stringify(await createSqliteState(store, systemClock).list(''));
  expect(kept).toContain('Lab c1');
  expect(kept).not.toContain('correct horse');
  expect(JSON.stringify(a1.log.lines)).not.toContain('correct horse');
});
