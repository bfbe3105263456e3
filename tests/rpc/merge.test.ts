import { expect, test, vi } from 'vitest';
import type { Sighting } from '#shared/contract/agent/merge';
import { withDeck } from '#tests/support/deck';
import {
  answerForMerges,
  cardOf,
  ELM,
  mergeAnswer,
  mergeWorld,
  OAK,
} from '#tests/support/merge-agents';
import { HASH, OPERATION, OperationAgents, STARTED } from '#tests/support/operation-agents';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

const SOON = { timeout: 20_000, interval: 20 };

/** Two clusters on a deck, whose agents answer as a test wants. */
async function orchard(changes: { protected?: boolean; readOnly?: boolean } = {}) {
  const world = mergeWorld();
  const deck = await withDeck();
  const [oaks, elms] = [await OperationAgents.start(), await OperationAgents.start()];
  answerForMerges(oaks, OAK, world);
  answerForMerges(elms, ELM, world);
  const oak = await oaks.join(deck.client, { clusterId: 'oak', name: 'Oak' });
  const elm = await elms.join(deck.client, { clusterId: 'elm', name: 'Elm', ...changes });
  return { ...deck, world, oaks, elms, oak, elm };
}

const ORDER = { planHash: HASH, confirm: 'elm' };

test('both cards are read with each one’s own token, and who stays does not depend on the order', async () => {
  const { client, oak, elm, elms } = await orchard();
  const look = await client.merge.look({ clusters: [elm, oak] });
  expect(look.sides.map(({ uuid, card }) => [uuid, card?.cluster.name])).toEqual([
    [elm, 'elm'],
    [oak, 'oak'],
  ]);
  expect(look).toMatchObject({ gaining: oak, same: null, decision: { by: 'nodes' } });
  const turned = await client.merge.look({ clusters: [oak, elm] });
  expect(turned.decision).toEqual(look.decision);
  expect(elms.posts()).toEqual([]);
  await expect(client.merge.look({ clusters: [oak, oak] })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
});

test('what keeps one from answering stands beside it, with the remedy', async () => {
  const { client, oak, elm, elms } = await orchard();
  elms.rights = 'operator';
  await client.inventory.poll({});
  const look = await client.merge.look({ clusters: [oak, elm] });
  expect(look.sides[0].card?.cluster).toEqual(OAK);
  expect(look.sides[1]).toMatchObject({
    card: null,
    failure: {
      code: 'PERMISSION_DENIED',
      data: { remedy: expect.stringContaining('--role admin'), cluster: 'elm' },
    },
  });
  expect(look.decision).toBeNull();
  expect(elms.asked.some(({ path }) => path.includes('merge'))).toBe(false);
});

test('one cluster on two cards is nothing to merge, and one founded twice heals', async () => {
  const { client, oak, elm, world, oaks, elms } = await orchard();
  world.cards.set(ELM.uuid, cardOf(OAK));
  const look = await client.merge.look({ clusters: [oak, elm] });
  expect(look).toMatchObject({ decision: null, same: 'Both are oak: there is nothing to merge.' });
  world.cards.set(ELM.uuid, cardOf(OAK, { founding: '00000000-0000-4000-8000-00000000dead' }));
  const parted = await client.merge.look({ clusters: [oak, elm] });
  expect(parted.same).toContain('never merged');
  const permit = client.merge.permit({ clusters: [oak, elm] });
  await expect(permit).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect([...oaks.posts(), ...elms.posts()]).toEqual([]);
});

test('each is shown the other’s card, once, and both are written down', async () => {
  const { client, oak, elm, oaks, elms, world } = await orchard();
  const { answers, until } = await client.merge.permit({ clusters: [oak, elm] });
  expect(answers[0].pact.other).toEqual(ELM);
  expect(answers[1].pact.other).toEqual(OAK);
  expect(answers[0].decision).toEqual(answers[1].decision);
  expect(until).toBeGreaterThan(Date.now());
  expect(oaks.posts().map(({ body }) => body)).toEqual([{ card: world.cards.get(ELM.uuid) }]);
  expect(elms.posts().map(({ body }) => body)).toEqual([{ card: world.cards.get(OAK.uuid) }]);
  const { entries } = await client.audit.list({ limit: 20 });
  const permits = entries.filter(({ action }) => action === 'merge.permit');
  const results = permits.map(({ subject, result }) => [subject, result] as const);
  expect(new Map(results)).toEqual(
    new Map([
      ['elm', 'ok'],
      ['oak', 'ok'],
    ]),
  );
  await client.merge.forbid({ clusters: [oak, elm] });
  expect(world.pacts.size).toBe(0);
});

test('where the second refuses, that is told and written down, and nothing else is sent', async () => {
  const { client, oak, elm, elms } = await orchard();
  const before = elms.onOther;
  elms.onOther = (method, path, body) =>
    path === '/api/v1/merge/pact'
      ? {
          status: 409,
          body: { ok: false, code: 'busy', message: 'A merge is under way.', remedy: 'Wait.' },
        }
      : before(method, path, body);
  const permit = client.merge.permit({ clusters: [oak, elm] });
  await expect(permit).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
    data: { cluster: 'elm' },
  });
  expect(elms.posts()).toHaveLength(1);
  const { entries } = await client.audit.list({ limit: 20 });
  const [failed] = entries.filter(
    ({ subject, action }) => `${subject} ${action}` === 'elm merge.permit',
  );
  expect(failed?.result).toMatch(/^failed: /);
});

test('it is planned at the one that stays, by the other’s own uuid, and begun once', async () => {
  const { client, oak, elm, oaks, elms } = await orchard();
  await client.merge.permit({ clusters: [oak, elm] });
  const plan = await client.clusterOperations.plan({
    uuid: oak,
    kind: 'merge',
    params: { losing: ELM.uuid, left_jobs: 'cancel' },
  });
  expect(plan.confirm).toBe('elm');
  const asked = oaks.asked.find(({ path }) => path === '/api/v1/operations/plan');
  expect(asked?.body).toEqual({
    kind: 'merge',
    params: { losing: ELM.uuid, left_jobs: 'cancel' },
  });
  oaks.onPost = () => {
    const begun = mergeAnswer(0);
    oaks.put(begun);
    return { status: 200, body: begun.operation };
  };
  const line = await client.merge.start({ gaining: oak, losing: elm, ...ORDER });
  expect(line).toMatchObject({ uuid: oak, id: OPERATION, merge: { gaining: OAK, losing: ELM } });
  const starts = [...oaks.posts(), ...elms.posts()].filter(
    ({ path }) => path === '/api/v1/operations',
  );
  expect(starts.map(({ body }) => body)).toEqual([{ plan_hash: HASH, confirm: 'elm' }]);
});

test('a protected cluster that would be taken up needs its id, and a read-only one is spared', async () => {
  const { client, oak, elm, oaks } = await orchard({ protected: true });
  const bare = client.merge.start({ gaining: oak, losing: elm, ...ORDER });
  await expect(bare).rejects.toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
    data: { field: 'confirmLosing', cluster: 'elm' },
  });
  await client.clusters.update({ uuid: elm, changes: { readOnly: true } });
  const spared = client.merge.start({ gaining: oak, losing: elm, ...ORDER, confirmLosing: 'elm' });
  await expect(spared).rejects.toMatchObject({ code: 'READ_ONLY' });
  expect(oaks.posts()).toEqual([]);
});

test('the cards of the losing cluster are known by their endpoints, also on a desk without the other', async () => {
  const { client, oak, elm, oaks, elms } = await orchard();
  const ended = { state: 'done' as const, ended_at: STARTED + 9000, pivot_passed: true };
  const done = mergeAnswer(11, ended, elms);
  oaks.put(done);
  elms.put(done);
  const lines = await client.clusterOperations.list({ refresh: true });
  const cards = new Map(lines.map(({ uuid, merge }) => [uuid, merge?.cards]));
  expect(cards).toEqual(
    new Map([
      [oak, [elm]],
      [elm, [elm]],
    ]),
  );
});

const FOREIGN: Sighting = {
  kind: 'foreign',
  cluster: ELM,
  addresses: ['10.0.0.9:9090'],
  seen_by: ['a1'],
  via: ['seed'],
  first_seen: STARTED,
  last_seen: STARTED,
  pact: false,
  remedy: 'Add it to this deck.',
};

test('what agents see of others is asked for while they answer, pushed, and forgotten with them', async () => {
  const { client, core, oak, elm, world } = await orchard();
  world.sightings.set(OAK.uuid, [FOREIGN]);
  const heard: string[][] = [];
  const end = new AbortController();
  const stream = await client.live.watch(undefined, { signal: end.signal });
  const done = (async () => {
    for await (const event of stream) {
      if (event.type === 'sightings') heard.push(event.sightings.map(({ uuid }) => uuid));
    }
  })().catch(() => undefined);
  core.start();
  await expect.poll(() => heard.at(-1), SOON).toEqual([oak]);
  expect(await client.merge.sightings({})).toMatchObject([{ uuid: oak, sightings: [FOREIGN] }]);
  expect(await client.merge.sightings({ uuid: elm, refresh: true })).toEqual([]);
  await client.clusters.remove({ uuid: oak });
  await expect.poll(() => heard.at(-1), SOON).toEqual([]);
  end.abort();
  await done;
});
