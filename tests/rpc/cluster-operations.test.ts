import { expect, test, vi } from 'vitest';
import type { ClusterOperationView } from '#shared/contract/cluster-operations';
import { openCore } from '#tests/support/core';
import { hear, withDeck } from '#tests/support/deck';
import {
  answerOf,
  HASH,
  OPERATION,
  OperationAgents,
  planOf,
  refusal,
  STARTED,
} from '#tests/support/operation-agents';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

/** A deck with one ClusterOS cluster of two nodes. */
async function atelier(changes: { protected?: boolean; readOnly?: boolean } = {}) {
  const agents = await OperationAgents.start();
  const deck = await withDeck();
  const uuid = await agents.join(deck.client, changes);
  const place = { uuid, id: OPERATION };
  const audited = async () =>
    (await deck.client.audit.list({})).entries
      .map(({ action, result }) => `${action} ${result}`)
      .filter((each) => each.startsWith('operation.'))
      .toReversed();
  return { ...deck, agents, uuid, place, audited };
}

type Deck = Awaited<ReturnType<typeof atelier>>;

/** Keeps what a watcher hears; ended with the test's own hand. */
async function watching({ client, place }: Pick<Deck, 'client' | 'place'>) {
  const end = new AbortController();
  const heard: ClusterOperationView[] = [];
  const stream = await client.clusterOperations.watch(place, { signal: end.signal });
  const done = (async () => {
    for await (const view of stream) heard.push(view);
  })().catch(() => undefined);
  return {
    heard,
    last: () => heard.at(-1),
    end: async () => {
      end.abort();
      await done;
    },
  };
}

const SOON = { timeout: 15_000, interval: 20 };

test('candidates, plan and start are asked of the agents, and the start is audited', async () => {
  const { client, agents, uuid, audited } = await atelier();
  const { handoff } = await client.clusterOperations.candidates({ uuid });
  expect(handoff[0]?.candidates.find(({ fit }) => fit)?.node).toBe('a2');
  const params = { role: 'slurm-controller', to: 'a2' } as const;
  const plan = await client.clusterOperations.plan({ uuid, kind: 'handoff', params });
  expect(plan).toEqual(planOf());
  expect(agents.posts()[0]).toMatchObject({ body: { kind: 'handoff', params } });
  expect(await audited()).toEqual([]);

  const begun = await client.clusterOperations.start({ uuid, planHash: plan.hash, confirm: 'a2' });
  expect(begun).toMatchObject({
    uuid,
    id: OPERATION,
    title: 'SLURM controller: a1 to a2',
    state: 'running',
    steps: { done: 1, total: 4 },
    step: { title: 'Stop a1', waitingOn: 'port 6817 of a1 to close' },
    createdBy: "ada's desk",
  });
  expect(agents.posts().at(-1)?.body).toEqual({ plan_hash: HASH, confirm: 'a2' });
  expect(await audited()).toEqual([
    'operation.start.ordered ok',
    'operation.start SLURM controller: a1 to a2',
  ]);
  expect(await client.clusterOperations.list({})).toMatchObject([{ id: OPERATION, uuid }]);
});

test.each([
  ['plan-stale', 409, 'PLAN_STALE'],
  ['checks-failed', 409, 'CHECKS_FAILED'],
  ['revision-changed', 409, 'REVISION_CHANGED'],
  ['confirmation-required', 400, 'CONFIRMATION_REQUIRED'],
])(
  'a start refused as %s is told as such and is nothing that may have happened',
  async (word, status, code) => {
    const { client, agents, uuid, audited } = await atelier();
    agents.onPost = () => refusal(status, word);
    const start = client.clusterOperations.start({ uuid, planHash: HASH, confirm: 'a2' });
    await expect(start).rejects.toMatchObject({ code, data: { remedy: 'Do this.' } });
    await expect(start).rejects.not.toHaveProperty('data.outcome');
    expect(agents.posts()).toHaveLength(1);
    expect((await audited()).at(-1)).toBe(`operation.start failed: Refused: ${word}.`);
  },
);

test('a start whose answer is lost is found by looking, and not sent again', async () => {
  const { client, agents, uuid } = await atelier();
  // the same plan was carried out before, and is not what has begun now
  const earlier = '99999999-2222-4333-8444-555555555555';
  agents.put(
    answerOf({ id: earlier, state: 'undone', ended_at: STARTED, created_at: STARTED - 9 }),
  );
  agents.onPost = (path) => {
    if (path !== '/api/v1/operations') return null;
    agents.put(answerOf());
    return { lost: true };
  };
  const begun = await client.clusterOperations.start({ uuid, planHash: HASH, confirm: 'a2' });
  expect(begun).toMatchObject({ id: OPERATION, state: 'running' });
  expect(agents.posts()).toHaveLength(1);
});

test('a start that nobody can find stays unknown, in words that tell to look', async () => {
  const { client, agents, uuid, audited } = await atelier();
  agents.onPost = () => ({ lost: true });
  const start = client.clusterOperations.start({ uuid, planHash: HASH, confirm: 'a2' });
  await expect(start).rejects.toMatchObject({ data: { outcome: 'unknown' } });
  expect(agents.posts()).toHaveLength(1);
  expect((await audited()).at(-1)).toMatch(/^operation\.start unknown: /);
});

test('a plan goes on to another agent where one breaks off, since it changes nothing', async () => {
  const { client, agents, uuid } = await atelier();
  agents.onPost = () => {
    agents.onPost = () => null;
    return { lost: true };
  };
  const params = { node: 'a1', reboot: false };
  const plan = await client.clusterOperations.plan({ uuid, kind: 'leave', params });
  expect(plan.hash).toBe(HASH);
  expect(agents.posts()).toHaveLength(2);
});

test('a wish is sent once; one whose answer is lost is looked for', async () => {
  const { client, agents, place, audited } = await atelier();
  agents.put(answerOf());
  const { message } = await client.clusterOperations.ask({ ...place, wish: 'pause' });
  expect(message).toBe('It will pause.');
  agents.onPost = () => {
    agents.put(answerOf({ state: 'undoing', serial: 3 }));
    return { lost: true };
  };
  const asked = await client.clusterOperations.ask({ ...place, wish: 'abort' });
  expect(asked.message).toBe('It was heard.');
  expect(agents.posts().map(({ path }) => path.split('/').at(-1))).toEqual(['pause', 'abort']);
  expect(await audited()).toEqual([
    'operation.pause.ordered ok',
    'operation.pause It will pause.',
    'operation.abort.ordered ok',
    'operation.abort It was heard.',
  ]);
  const { text } = await client.clusterOperations.report({ ...place, format: 'json' });
  const { ordered } = JSON.parse(text);
  expect(ordered).toMatchObject([
    { what: 'pause', who: expect.stringContaining('@'), result: 'It will pause.' },
    { what: 'abort', result: 'It was heard.' },
  ]);
});

test('a token that may only look, viewer mode and a read-only cluster order nothing', async () => {
  const { client, agents, uuid, place } = await atelier({ readOnly: true });
  agents.put(answerOf());
  const start = () => client.clusterOperations.start({ uuid, planHash: HASH, confirm: 'a2' });
  const pause = () => client.clusterOperations.ask({ ...place, wish: 'pause' });
  const plan = () => client.clusterOperations.plan({ uuid, kind: 'leave', params: { node: 'a1' } });
  for (const order of [start, pause]) {
    await expect(order()).rejects.toMatchObject({ code: 'READ_ONLY' });
  }
  expect((await plan()).hash).toBe(HASH);
  await client.clusters.update({ uuid, changes: { readOnly: false } });

  await client.access.setViewer({ viewer: true });
  for (const order of [start, pause]) {
    await expect(order()).rejects.toMatchObject({ code: 'READ_ONLY' });
  }
  expect((await client.clusterOperations.get(place)).hearing.state).toBe('live');
  await client.access.setViewer({ viewer: false });

  agents.rights = 'viewer';
  await client.inventory.poll({ cluster: 'atelier' });
  for (const order of [start, pause, plan]) {
    await expect(order()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      data: { privilege: 'operator', cluster: 'atelier' },
    });
  }
  expect(agents.posts().map(({ path }) => path)).toEqual(['/api/v1/operations/plan']);
});

test('a protected cluster wants its id for a start and a rollback, and not for a pause', async () => {
  const { client, agents, uuid, place } = await atelier({ protected: true });
  agents.put(answerOf());
  const order = { uuid, planHash: HASH, confirm: 'a2' };
  const refused = { code: 'CONFIRMATION_REQUIRED', data: { field: 'confirmCluster' } };
  await expect(client.clusterOperations.start(order)).rejects.toMatchObject(refused);
  const rollback = { ...place, wish: 'rollback' } as const;
  await expect(client.clusterOperations.ask(rollback)).rejects.toMatchObject(refused);
  expect(agents.posts()).toEqual([]);
  await client.clusterOperations.ask({ ...place, wish: 'pause' });
  await client.clusterOperations.ask({ ...rollback, confirmCluster: 'atelier' });
  await client.clusterOperations.start({ ...order, confirmCluster: 'atelier' });
  expect(agents.posts()).toHaveLength(3);
});

test('watching tells all of it at each change, through one connection for all who watch', async () => {
  const deck = await atelier();
  const { agents } = deck;
  agents.put(answerOf());
  const first = await watching(deck);
  await expect.poll(() => first.last()?.answer?.operation.serial, SOON).toBe(1);
  const second = await watching(deck);
  await expect.poll(() => agents.followers(0), SOON).toBe(1);
  agents.put(answerOf({ serial: 2 }, {}, 2));
  for (const { last } of [first, second]) {
    await expect
      .poll(last, SOON)
      .toMatchObject({ answer: { operation: { serial: 2 } }, hearing: { state: 'live' } });
  }
  expect(agents.followers(0)).toBe(1);
  expect(first.last()?.hearing.endpoint).toBe(agents.label(0));
  await first.end();
  agents.put(answerOf({ serial: 3, state: 'done', ended_at: STARTED + 5000 }, {}, 4));
  await expect.poll(() => second.last()?.answer?.operation.state, SOON).toBe('done');
  await second.end();
  await expect.poll(() => agents.followers(0), SOON).toBe(0);
});

test('the agent that is followed dies: another one tells what happened meanwhile', async () => {
  const deck = await atelier();
  const { agents } = deck;
  agents.put(answerOf());
  const { last, heard, end } = await watching(deck);
  await expect.poll(() => agents.followers(0), SOON).toBe(1);
  await agents.die(0);
  agents.put(answerOf({ serial: 5, coordinator: 'a2', epoch: 8 }, {}, 3));
  await expect
    .poll(last, SOON)
    .toMatchObject({ answer: { operation: { serial: 5 } }, hearing: { state: 'live' } });
  expect(last()?.hearing.endpoint).toBe(agents.label(1));
  await agents.die(1);
  await expect
    .poll(last, SOON)
    .toMatchObject({ answer: { operation: { serial: 5 } }, hearing: { state: 'lost' } });
  const lost = last()?.hearing;
  expect(lost?.failure?.data.remedy).not.toBe('');
  const heardAt = heard.findLast(({ hearing }) => hearing.state === 'live')?.hearing.heardAt;
  expect(lost?.heardAt).toBeGreaterThanOrEqual(heardAt ?? Infinity);
  await end();
});

test('an agent that keeps the connection and says nothing is left for one that answers', async () => {
  const deck = await atelier();
  const { agents } = deck;
  agents.put(answerOf());
  const { last, end } = await watching(deck);
  await expect.poll(() => agents.followers(0), SOON).toBe(1);
  agents.freeze(0);
  agents.put(answerOf({ serial: 4 }, {}, 2));
  await expect
    .poll(last, { timeout: 40_000, interval: 50 })
    .toMatchObject({ answer: { operation: { serial: 4 } }, hearing: { state: 'live' } });
  expect(last()?.hearing.endpoint).toBe(agents.label(1));
  await end();
});

test('a long one is heard whole, with the many words of its nodes', async () => {
  const deck = await atelier();
  const { agents } = deck;
  agents.put(answerOf());
  const { last, end } = await watching(deck);
  await expect.poll(() => agents.followers(0), SOON).toBe(1);
  const line = { at: STARTED, step: 'step-1', node: 'a1', text: 'x'.repeat(2000) };
  agents.put(answerOf({ serial: 2 }, { log: Array.from({ length: 500 }, () => line) }));
  await expect.poll(() => last()?.answer?.log.length, SOON).toBe(500);
  expect(agents.followers(0)).toBe(1);
  await end();
});

test('what lags behind takes nothing back', async () => {
  const deck = await atelier();
  const { agents, client, place } = deck;
  agents.put(answerOf({ serial: 9 }, {}, 3));
  const { last, end } = await watching(deck);
  await expect.poll(() => last()?.answer?.operation.serial, SOON).toBe(9);
  agents.put(answerOf({ serial: 8 }, {}, 2));
  agents.put(answerOf({ serial: 10 }, {}, 4));
  await expect.poll(() => last()?.answer?.operation.serial, SOON).toBe(10);
  expect((await client.clusterOperations.list({}))[0]?.steps.done).toBe(4);
  expect(await client.clusterOperations.get(place)).toMatchObject({ hearing: { state: 'live' } });
  await end();
});

test('an agent that talks nonsense is told as such, and heard again when it makes sense', async () => {
  const deck = await atelier();
  const { agents } = deck;
  agents.put(answerOf({ serial: 2 }));
  const { last, end } = await watching(deck);
  await expect.poll(() => last()?.hearing.state, SOON).toBe('live');
  const nonsense = answerOf({ serial: 3 });
  Object.assign(nonsense.operation, { state: 'dancing' });
  agents.put(nonsense);
  await expect.poll(last, SOON).toMatchObject({
    answer: { operation: { serial: 2, state: 'running' } },
    hearing: { state: 'lost', failure: { code: 'BAD_RESPONSE' } },
  });
  agents.put(answerOf({ serial: 4 }));
  await expect
    .poll(last, SOON)
    .toMatchObject({ answer: { operation: { serial: 4 } }, hearing: { state: 'live' } });
  await end();
});

test('after its end it is still watched, so that a rollback from elsewhere is seen', async () => {
  const deck = await atelier();
  const { agents, client, place } = deck;
  const ended = { state: 'done', ended_at: STARTED, rollback_until: STARTED + 9e9 } as const;
  agents.put(answerOf({ ...ended, serial: 20 }, {}, 4));
  const { last, end } = await watching(deck);
  await expect.poll(() => last()?.answer?.operation.state, SOON).toBe('done');
  agents.onPost = () => {
    agents.put(answerOf({ state: 'undoing', serial: 21 }, {}, 3));
    return { status: 200, body: { ok: true, message: 'It is rolled back.' } };
  };
  await client.clusterOperations.ask({ ...place, wish: 'rollback' });
  await expect.poll(() => last()?.answer?.operation.state, SOON).toBe('undoing');
  await end();
});

test('what was last heard is there after a start without a network, with its age and the reason', async () => {
  const agents = await OperationAgents.start();
  const first = await openCore();
  const uuid = await agents.join(first.client);
  const place = { uuid, id: OPERATION };
  agents.put(answerOf({ serial: 2 }));
  await first.client.clusterOperations.list({ refresh: true });
  const before = await first.client.clusterOperations.get(place);
  await first.close();
  await agents.die(0);
  await agents.die(1);

  const { client } = await openCore({ ...first.ports });
  const [row] = await client.clusterOperations.list({});
  expect(row).toMatchObject({ id: OPERATION, heardAt: before.hearing.heardAt, state: 'running' });
  const after = await client.clusterOperations.get(place);
  expect(after.answer).toEqual(before.answer);
  expect(after.hearing).toMatchObject({
    state: 'lost',
    heardAt: before.hearing.heardAt,
    failure: { code: 'CONNECTION_REFUSED' },
  });
  const { heard, end } = await watching({ client, place });
  await expect.poll(() => heard.length, SOON).toBeGreaterThan(1);
  expect(heard[0]).toMatchObject({ answer: before.answer, hearing: { state: 'connecting' } });
  const { text } = await client.clusterOperations.report({ ...place, format: 'markdown' });
  expect(text).toContain('under way');
  await end();
  const unknown = client.clusterOperations.get({ uuid, id: uuid });
  await expect(unknown).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
});

test('a window hears of them at once, and of their end, without asking', async () => {
  const { client, agents, core, uuid } = await atelier();
  await client.settings.update({ pollSeenS: 60 });
  agents.put(answerOf());
  core.start();
  const events = (await client.live.watch())[Symbol.asyncIterator]();
  const heardOf = (state: string) =>
    hear(
      events,
      (event) =>
        event.type === 'clusterOperations' && event.upserts.some((each) => each.state === state),
      20_000,
    );
  await heardOf('running');
  await vi.waitFor(
    () => expect(agents.asked.map(({ path }) => path)).toContain('/api/v1/events'),
    SOON,
  );
  agents.put(answerOf({ serial: 2, state: 'done', ended_at: STARTED + 5000 }, {}, 4));
  await heardOf('done');
  const again = (await client.live.watch())[Symbol.asyncIterator]();
  const [snapshot] = await hear(again, ({ type }) => type === 'snapshot');
  expect(snapshot).toMatchObject({ clusterOperations: [{ uuid, id: OPERATION, state: 'done' }] });
  await Promise.all([events.return?.(), again.return?.()]);
});

test('what the agents have forgotten, and what belonged to a removed cluster, is gone here too', async () => {
  const { client, agents, uuid } = await atelier();
  const other = '99999999-2222-4333-8444-555555555555';
  agents.put(answerOf());
  agents.put(answerOf({ id: other, created_at: STARTED + 1 }));
  const ids = async (refresh: boolean) =>
    (await client.clusterOperations.list({ refresh })).map(({ id }) => id);
  expect(await ids(true)).toEqual([other, OPERATION]);
  agents.operations.delete(OPERATION);
  // what was heard in the same moment as the question was asked stays for this once
  await expect.poll(() => ids(true), SOON).toEqual([other]);
  await client.clusters.create({
    clusterId: 'second',
    name: 'Second',
    kind: 'clusteros',
    authKind: 'token',
    user: '',
    endpoints: [{ host: 'a9.example', port: 9090, pin: null }],
    secret: 'cdk_abd_0123456789abcdef',
  });
  await client.clusters.remove({ uuid });
  expect(await ids(false)).toEqual([]);
});

test('agents of before there were operations are no trouble, and a named one that is silent is', async () => {
  const { client, agents, uuid } = await atelier();
  agents.hasOperations = false;
  expect(await client.clusterOperations.list({ refresh: true })).toEqual([]);
  await expect(client.clusterOperations.list({ uuid, refresh: true })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('an operation that makes no sense leaves the others', async () => {
  const { client, agents } = await atelier();
  agents.put(answerOf());
  const broken = answerOf({ id: '99999999-2222-4333-8444-555555555555' });
  Object.assign(broken.operation, { state: 'dancing' });
  agents.operations.set('broken', broken);
  const rows = await client.clusterOperations.list({ refresh: true });
  expect(rows.map(({ id }) => id)).toEqual([OPERATION]);
});
