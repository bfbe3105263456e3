import { expect, test, vi } from 'vitest';
import type { ClusterOperationView } from '#shared/contract/cluster-operations';
import type { Client } from '#shared/contract/index';
import { member, type StagedAgent, stageAgent } from '#tests/support/agent';
import { withDeck } from '#tests/support/deck';
import { type Fleet, stageFleet } from '#tests/support/operations';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 90_000 });

const SOON = { timeout: 20_000, interval: 20 };

/** Three agents with their real API, service, coordinator and engine, on a deck. */
async function forge() {
  const fleet = stageFleet();
  const names = fleet.nodes.map(({ name }) => name);
  const agents = new Map<string, StagedAgent>();
  for (const name of names) {
    const { operations } = fleet.node(name).operations;
    const others = names.filter((one) => one !== name).map((one) => member(one));
    agents.set(name, await stageAgent({ own: member(name), others, operations }));
  }
  const [first] = agents.values();
  const token = first?.tokens.add('operator', 'desk') ?? '';
  for (const { tokens } of agents.values()) {
    tokens.known.set(token, { id: 'desk', name: 'desk', role: 'operator' });
  }
  const deck = await withDeck();
  const { uuid } = await deck.client.clusters.create({
    clusterId: 'forge',
    name: 'Forge',
    kind: 'clusteros',
    authKind: 'token',
    user: '',
    secret: token,
    // the desk begins with the first that answers
    endpoints: [...agents.values()].toReversed().map(({ url, certificate }) => ({
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      pin: certificate.fingerprint,
    })),
  });
  const powerOff = async (name: string) => {
    await Promise.all([fleet.node(name).stop('killed'), agents.get(name)?.close()]);
  };
  const endpointOf = (name: string) => new URL(agents.get(name)?.url ?? '').host;
  return { ...deck, fleet, uuid, names, powerOff, endpointOf };
}

/** Begins what the fleet can do, carried out by a3, as the wizard would. */
async function begun({ fleet, client, uuid }: { fleet: Fleet; client: Client; uuid: string }) {
  const { operations } = fleet.node('a1').operations;
  const params = { avoid: ['a1', 'a2'] };
  const { hash } = await operations.plan({ kind: 'moving', params }, 'desk');
  const { id } = await client.clusterOperations.start({ uuid, planHash: hash, confirm: 'a2' });
  return { uuid, id };
}

async function watching(client: Client, place: { uuid: string; id: string }) {
  const end = new AbortController();
  const heard: ClusterOperationView[] = [];
  const stream = await client.clusterOperations.watch(place, { signal: end.signal });
  const done = (async () => {
    for await (const view of stream) heard.push(view);
  })().catch(() => undefined);
  return {
    heard,
    state: () => heard.at(-1)?.answer?.operation.state,
    end: async () => {
      end.abort();
      await done;
    },
  };
}

test('an operation is begun, followed to its end and rolled back, all as the agents tell it', async () => {
  const deck = await forge();
  const { client, fleet, uuid } = deck;
  const place = await begun(deck);
  const { heard, state, end } = await watching(client, place);
  await expect.poll(state, SOON).toBe('done');
  const last = heard.at(-1)?.answer;
  expect(last?.operation).toMatchObject({ created_by: expect.stringContaining('desk') });
  expect(last?.operation.rollback_until).not.toBeNull();
  expect(last?.log.map(({ text }) => text)).toContain('controller: true');
  expect(fleet.ground.there).toContain('a2 controller');
  const serials = heard.map(({ answer }) => answer?.operation.serial ?? 0);
  expect(serials).toEqual(serials.toSorted((a, b) => a - b));

  await client.clusterOperations.ask({ ...place, wish: 'rollback' });
  await expect.poll(state, SOON).toBe('undone');
  expect([...fleet.ground.there].filter((each) => each.endsWith('controller'))).toEqual([
    'a1 controller',
  ]);
  const late = client.clusterOperations.ask({ ...place, wish: 'rollback' });
  await expect(late).rejects.not.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
  expect(await client.clusterOperations.list({ uuid, refresh: true })).toMatchObject([
    { id: place.id, state: 'undone' },
  ]);
  const { text } = await client.clusterOperations.report({ ...place, format: 'markdown' });
  expect(text).toContain('| Result | undone |');
  await end();
});

test('the node that coordinates and is listened to loses its power: another one takes both over', async () => {
  const deck = await forge();
  const { client, fleet, powerOff, endpointOf } = deck;
  fleet.ground.busy.add('job 7');
  fleet.ground.patienceMs = 500;
  const place = await begun(deck);
  const { heard, state, end } = await watching(client, place);
  // what takes longer than its deadline is a person's to decide
  await expect.poll(state, SOON).toBe('stuck');
  const { answer, hearing } = heard.at(-1) ?? {};
  expect(answer?.operation.steps[0]?.waiting_on).toContain('job 7');
  expect(answer?.operation.coordinator).toBe('a3');
  expect(hearing?.endpoint).toBe(endpointOf('a3'));
  await powerOff('a3');
  fleet.ground.busy.clear();
  const isElsewhere = () => heard.at(-1)?.hearing.endpoint !== endpointOf('a3');
  await expect.poll(isElsewhere, SOON).toBe(true);
  await client.clusterOperations.ask({ ...place, wish: 'retry' });
  await expect.poll(state, { timeout: 60_000, interval: 50 }).toBe('done');
  const last = heard.at(-1);
  expect(last?.answer?.operation.coordinator).not.toBe('a3');
  expect(last?.hearing.endpoint).not.toBe(endpointOf('a3'));
  expect(fleet.ground.made.get('a2 controller')).toBe(1);
  expect(fleet.ground.broken).toBeNull();
  await end();
});

test('of two who start the same plan at once, one begins and the other is refused', async () => {
  const deck = await forge();
  const { client, fleet, uuid } = deck;
  fleet.ground.busy.add('job 7');
  const { operations } = fleet.node('a1').operations;
  const { hash } = await operations.plan({ kind: 'moving', params: {} }, 'desk');
  const order = { uuid, planHash: hash, confirm: 'a2' };
  const ends = await Promise.allSettled([1, 2].map(() => client.clusterOperations.start(order)));
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = ends.find(({ status }) => status === 'rejected');
  expect(refused).toMatchObject({ reason: { data: { remedy: expect.stringMatching(/\w/) } } });
  expect(refused).not.toMatchObject({ reason: { data: { outcome: 'unknown' } } });
  expect(await client.clusterOperations.list({ refresh: true })).toHaveLength(1);

  fleet.ground.facts = { controller: 'a3' };
  const stale = client.clusterOperations.start(order);
  await expect(stale).rejects.toMatchObject({ code: 'PLAN_STALE' });
  fleet.ground.busy.clear();
});
