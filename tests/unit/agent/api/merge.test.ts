import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { LOCK } from '#agent/operations/merge/lock-record';
import { LetGo } from '#agent/operations/merge/node/let-go';
import { Cards } from '#agent/operations/merge/pact/cards';
import { MergingService } from '#agent/operations/merge/pact/merging';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import { Sightings } from '#agent/operations/merge/split/sightings';
import { auditAnswer } from '#shared/contract/agent/audit';
import { letGoAnswer, mergeCard, pactAnswer, splitAnswer } from '#shared/contract/agent/merge';
import type { TokenRole } from '#shared/contract/agent/tokens';
import { KeptLog, member, StagedMembership, stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';
import {
  cardNode,
  cardOf,
  fingerprintOf,
  freshState,
  GAINING,
  LOSING,
  OPERATION,
} from '#tests/support/merge-guests';

const OWN_ID = 'a0a0a0a0-0000-4000-8000-000000000001';
const FOUNDING = 'f0f0f0f0-0000-4000-8000-000000000001';
const SINCE = Date.now() - 600_000;

async function staged() {
  const state = freshState();
  const clock = systemClock;
  const record = {
    uuid: GAINING,
    name: 'lab-a',
    region: '',
    datacenter: '',
    createdAt: 1_600_000_000,
    founding: FOUNDING,
  };
  await state.commit([], [{ key: 'cluster', put: record }]);
  const own = member('a1', { id: OWN_ID, fingerprint: fingerprintOf(0xa1) });
  const membership = new StagedMembership(own, [
    member('a2', {
      id: 'a0a0a0a0-0000-4000-8000-000000000002',
      fingerprint: fingerprintOf(0xa2),
      status: 'failed',
    }),
    member('stranger', { authenticated: false, fingerprint: '' }),
  ]);
  Object.assign(membership.cluster, { uuid: GAINING, name: 'lab-a' });
  const logger = new KeptLog();
  const pacts = new Pacts({ state, clock, logger });
  const sightings = new Sightings({ state, clock, nodeId: OWN_ID, pacts: () => [] });
  const stableSince = () => SINCE;
  const cards = new Cards({ membership, state, clock, isEnabled: true, stableSince });
  const slurm = { free: async () => ({ done: [], left: [] }) };
  const held = new LetGo({ state, membership, pacts, slurm });
  const merging = new MergingService({ cards, pacts, held, sightings, clock });
  const agent = await stageAgent({ merging, state });
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const ask = (role: TokenRole, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    callHub(pinned, { method, path, token: agent.tokens.add(role), ...(body && { body }) });
  return { agent, ask, pacts, state };
}

const other = () => cardOf([cardNode({ fingerprint: fingerprintOf(0xb1) })]);

test('the card names the members and nothing that must stay here', async () => {
  const { ask } = await staged();
  const answer = await ask('admin', 'GET', '/api/v1/merge/card');
  expect(answer.status).toBe(200);
  const card = mergeCard.strict().parse(answer.json());
  expect(card).toMatchObject({
    cluster: { uuid: GAINING, name: 'lab-a' },
    founding: FOUNDING,
    created_at: 1_600_000_000_000,
    enabled: true,
  });
  expect(card.nodes.map(({ name, alive, stable_since }) => [name, alive, stable_since])).toEqual([
    ['a1', true, SINCE],
    ['a2', false, null],
  ]);
});

test('a pact is an admin’s to make and to end; both are in the audit', async () => {
  const { ask, pacts } = await staged();
  for (const role of ['viewer', 'operator'] as const) {
    expect((await ask(role, 'GET', '/api/v1/merge/card')).status).toBe(403);
    expect((await ask(role, 'POST', '/api/v1/merge/pact', { card: other() })).status).toBe(403);
    expect((await ask(role, 'DELETE', `/api/v1/merge/pact/${LOSING}`)).status).toBe(403);
  }
  expect(await pacts.get(LOSING)).toBeNull();
  const made = await ask('admin', 'POST', '/api/v1/merge/pact', { card: other() });
  const { pact, decision } = pactAnswer.parse(made.json());
  expect(pact.other).toEqual({ uuid: LOSING, name: 'lab-b' });
  expect(pact.until - Date.now()).toBeGreaterThan(86_000_000);
  expect(decision).toMatchObject({ gaining: { name: 'lab-a' } });
  expect(await pacts.get(LOSING)).toMatchObject({ card: { cluster: { name: 'lab-b' } } });
  expect((await ask('admin', 'DELETE', `/api/v1/merge/pact/${LOSING}`)).status).toBe(200);
  expect((await ask('admin', 'DELETE', `/api/v1/merge/pact/${LOSING}`)).status).toBe(404);
  expect((await ask('admin', 'DELETE', '/api/v1/merge/pact/..%2Fcluster')).status).toBe(400);
  expect(await pacts.get(LOSING)).toBeNull();
  const { entries } = auditAnswer.parse((await ask('admin', 'GET', '/api/v1/audit')).json());
  expect(entries.map(({ action, result }) => [action, result])).toEqual([
    ['merge.pact.end', 'refused'],
    ['merge.pact.end', 'done'],
    ['merge.pact', 'done'],
  ]);
});

test.each([
  ['its own card', () => ({ ...other(), cluster: { uuid: GAINING, name: 'lab-a' } })],
  ['an old one', () => ({ ...other(), made_at: Date.now() - 2 * 3_600_000 })],
  ['one of the future', () => ({ ...other(), made_at: Date.now() + 2 * 3_600_000 })],
  ['one without nodes', () => cardOf([])],
  [
    'one that names a node twice',
    () => cardOf([...other().nodes, cardNode({ name: 'b2', fingerprint: fingerprintOf(0xb1) })]),
  ],
  [
    'one with a node of this cluster',
    () => cardOf([cardNode({ id: OWN_ID, fingerprint: fingerprintOf(0xb1) })]),
  ],
  ['one with a broken fingerprint', () => cardOf([cardNode({ fingerprint: 'AA' })])],
])('%s makes no pact', async (_what, make) => {
  const { ask, state } = await staged();
  const answer = await ask('admin', 'POST', '/api/v1/merge/pact', { card: make() });
  expect(answer.status).toBe(400);
  expect(answer.json()).toMatchObject({ remedy: expect.stringMatching(/\w/) });
  expect(await state.list('merge/')).toEqual([]);
});

test('the card of a thousand nodes fits', async () => {
  const { ask, pacts } = await staged();
  const nodes = Array.from({ length: 1000 }, (_, index) => {
    const number = index.toString(16).toUpperCase().padStart(4, '0');
    const last = `${number.slice(0, 2)}:${number.slice(2)}`;
    return cardNode({
      id: `b0b0b0b0-0000-4000-8000-${String(index).padStart(12, '0')}`,
      name: `node-${index}`,
      fingerprint: `${fingerprintOf(0xb0).slice(0, 89)}:${last}`,
    });
  });
  const body = { card: cardOf(nodes) };
  expect((await ask('admin', 'POST', '/api/v1/merge/pact', body)).status).toBe(200);
  expect((await pacts.get(LOSING))?.card.nodes).toHaveLength(1000);
  // of whoever may not make one nothing of that size is taken
  expect((await ask('viewer', 'POST', '/api/v1/merge/pact', body)).status).toBe(413);
});

test('a cluster that is held is let go by an admin who types its name, which the audit has', async () => {
  const { ask, pacts, state } = await staged();
  const letGo = (role: TokenRole, confirm?: string) =>
    ask(role, 'POST', '/api/v1/merge/let-go', confirm === undefined ? {} : { confirm });
  expect((await letGo('operator', 'lab-a')).status).toBe(403);
  const free = await letGo('admin', 'lab-a');
  expect([free.status, free.json()]).toMatchObject([404, { code: 'not-found' }]);
  await ask('admin', 'POST', '/api/v1/merge/pact', { card: other() });
  const by = { uuid: LOSING, name: 'lab-b' };
  const lock = { by, operation: OPERATION, allows: [OWN_ID], at: 1 };
  await state.commit([], [{ key: LOCK, put: lock }]);
  const untyped = await letGo('admin');
  expect([untyped.status, untyped.json()]).toMatchObject([409, { code: 'confirmation-required' }]);
  expect(await pacts.get(LOSING)).not.toBeNull();
  const answer = await letGo('admin', 'lab-a');
  expect(answer.status).toBe(200);
  expect(letGoAnswer.parse(answer.json())).toMatchObject({ operation: OPERATION, by, crossed: [] });
  expect(await state.get(LOCK)).toBeNull();
  expect(await pacts.get(LOSING)).toBeNull();
  const { entries } = auditAnswer.parse((await ask('admin', 'GET', '/api/v1/audit')).json());
  const told = entries.filter(({ action }) => action === 'merge.let-go');
  expect(told.map(({ subject, result }) => [subject, result])).toEqual([
    ['lab-a', 'done'],
    ['', 'refused'],
    ['lab-a', 'refused'],
  ]);
  expect(told[0]?.message).toContain('The nodes of lab-b may not call this cluster any more.');
});

test('the OpenAPI document tells of it', async () => {
  const { ask } = await staged();
  const { paths } = (await ask('viewer', 'GET', '/api/v1/openapi.json')).json();
  expect(paths).toMatchObject({
    '/api/v1/split': { get: { 'x-role': 'viewer' } },
    '/api/v1/merge/card': { get: { 'x-role': 'admin' } },
    '/api/v1/merge/pact': { post: { 'x-role': 'admin' } },
    '/api/v1/merge/let-go': { post: { 'x-role': 'admin' } },
    '/api/v1/merge/pact/{uuid}': { delete: { parameters: [{ name: 'uuid', in: 'path' }] } },
  });
});

test('whoever may look sees what is seen of other clusters', async () => {
  const { ask } = await staged();
  const answer = await ask('viewer', 'GET', '/api/v1/split');
  expect(splitAnswer.parse(answer.json())).toEqual({ sightings: [] });
});
