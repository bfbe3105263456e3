import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { newEnrolmentText, parseEnrolment } from '#agent/identity/enrolment';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import { createPeerGate } from '#agent/membership/peer-gate';
import type { PeerRoute } from '#agent/membership/peer-types';
import { createPeers } from '#agent/membership/peers';
import type { ClusterRecord } from '#agent/membership/records';
import { refusal } from '#agent/membership/refusals';
import { Lookout, type Place } from '#agent/operations/merge/split/lookout';
import { Sightings } from '#agent/operations/merge/split/sightings';
import { whoRoute } from '#agent/operations/merge/split/who-route';
import { WHO_PATH } from '#agent/operations/merge/split/wire';
import type { State } from '#agent/state/types';
import { Failure } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership, stageAgent } from '#tests/support/agent';
import { freshState } from '#tests/support/merge-guests';
import { sweptFolder } from '#tests/support/temp-folder';

/** One cluster's key and record, as its enrolment file makes them. */
function clusterNamed(name: string) {
  const text = newEnrolmentText({ name, founder: 'a1' }, Date.now());
  const { cluster, keys } = parseEnrolment(text, 'test');
  const record: ClusterRecord = { ...cluster, founding: crypto.randomUUID() };
  return { record, challengeKey: keys.challengeKey() };
}
type TestCluster = ReturnType<typeof clusterNamed>;

/** An agent that says of which cluster it is. */
async function answering(
  { record, challengeKey }: TestCluster,
  wish: { cluster?: () => ClusterRecord | null; key?: Uint8Array } = {},
) {
  let route: PeerRoute | null = null;
  const late: PeerRoute = {
    method: 'POST',
    path: WHO_PATH,
    access: 'candidate',
    handle: async (request, caller) =>
      route === null ? refusal('not-settled', 'Soon.', 'Wait.') : route.handle(request, caller),
  };
  const agent = await stageAgent({
    peers: [createPeerGate({ routes: [late], callerOf: async () => null })],
  });
  const { fingerprint } = agent.certificate;
  route = whoRoute({
    cluster: wish.cluster ?? (() => record),
    challengeKey: wish.key ?? challengeKey,
    fingerprint,
    // it stands still, so that nobody's patience grows back meanwhile
    clock: { monotonic: () => 0 },
  });
  const port = Number(new URL(agent.url).port);
  return { agent, port, fingerprint };
}

/** A node that looks for others. */
async function looking(
  { record, challengeKey }: TestCluster,
  places: () => Place[],
  wish: {
    name?: string;
    state?: State;
    members?: string[];
    pacts?: string[];
    now?: () => number;
    staged?: StagedMembership;
  } = {},
) {
  const { name = 'a1', state = freshState(), members = [], pacts = [] } = wish;
  const clock = { ...systemClock, now: wish.now ?? (() => Date.now()) };
  const identity = await loadNodeIdentity(join(sweptFolder(), 'id'), [name], Date.now());
  const staged = wish.staged ?? new StagedMembership(member(name));
  const sightings = new Sightings({ state, clock, nodeId: `id-${name}`, pacts: () => pacts });
  const lookout = new Lookout({
    membership: {
      self: staged.self,
      members: () => staged.members(),
      record,
      callerOf: async (fingerprint) =>
        members.includes(fingerprint) ? { id: 'x', name: 'x', fingerprint } : null,
    },
    identity,
    challengeKey,
    places: async () => places(),
    sightings,
    clock,
    logger: new KeptLog(),
  });
  onTestFinished(() => lookout.close());
  return { lookout, sightings, state };
}

const at = (port: number, via: Place['via'] = 'seed'): Place => ({ host: '127.0.0.1', port, via });

test('another cluster is told apart from a part of this one, and from a liar', async () => {
  const [own, other] = [clusterNamed('lab-a'), clusterNamed('lab-b')];
  const twice = { ...own, record: { ...own.record, founding: crypto.randomUUID() } };
  const foreign = await answering(other);
  const part = await answering(own);
  const refounded = await answering(twice);
  const liar = await answering(own, { key: other.challengeKey });
  const fellow = await answering(own);
  const places = [
    at(foreign.port, 'tailnet'),
    at(part.port),
    at(refounded.port),
    at(liar.port),
    at(fellow.port, 'gossip'),
  ];
  const { lookout, sightings } = await looking(own, () => places, {
    members: [fellow.fingerprint],
    pacts: [other.record.uuid],
  });
  await lookout.look();
  const seen = await sightings.list();
  expect(seen.map(({ kind, addresses }) => `${kind} ${addresses.length}`).toSorted()).toEqual([
    'foreign 1',
    'impostor 1',
    'partition 2',
  ]);
  expect(seen.find(({ kind }) => kind === 'foreign')).toMatchObject({
    cluster: { uuid: other.record.uuid, name: 'lab-b' },
    addresses: [`127.0.0.1:${foreign.port}`],
    seen_by: ['a1'],
    via: ['tailnet'],
    pact: true,
  });
  const codes = lookout.problems().map(({ code }) => code);
  expect(codes.toSorted()).toEqual(['split-impostor', 'split-partition', 'split-partition']);
});

test('what stands in between changes a fingerprint, so its relayed proof makes it an impostor', async () => {
  const own = clusterNamed('lab-a');
  const real = await answering(own);
  const wire = await loadNodeIdentity(join(sweptFolder(), 'id'), ['m1'], Date.now());
  const onward = createPeers(wire);
  onTestFinished(() => onward.close());
  const relay: PeerRoute = {
    method: 'POST',
    path: WHO_PATH,
    access: 'candidate',
    async handle({ body }) {
      const target = {
        ...member('a2', { address: '127.0.0.1', apiPort: real.port }),
        fingerprint: real.fingerprint,
      };
      const options = { body, deadlineMs: 5_000 };
      return { status: 200, body: await onward.call(target, 'POST', WHO_PATH, options) };
    },
  };
  const middle = await stageAgent({
    peers: [createPeerGate({ routes: [relay], callerOf: async () => null })],
  });
  const port = Number(new URL(middle.url).port);
  const { lookout, sightings } = await looking(own, () => [at(port)]);
  await lookout.look();
  expect(await sightings.list()).toMatchObject([{ kind: 'impostor' }]);
});

test('what several nodes see is told as one, and forgotten when nobody sees it any more', async () => {
  const [own, other] = [clusterNamed('lab-a'), clusterNamed('lab-b')];
  const [b1, b2] = [await answering(other), await answering(other)];
  const state = freshState();
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const a1 = await looking(own, () => [at(b1.port)], { state, now });
  const a2 = await looking(own, () => [at(b1.port), at(b2.port, 'pact')], {
    name: 'a2',
    state,
    now,
  });
  await a1.lookout.look();
  await a2.lookout.look();
  const addresses = [b1, b2].map(({ port }) => `127.0.0.1:${port}`).toSorted();
  expect(await a1.sightings.list()).toMatchObject([
    { kind: 'foreign', addresses, seen_by: ['a1', 'a2'], via: ['pact', 'seed'] },
  ]);
  await Promise.all([b1.agent.close(), b2.agent.close()]);
  ahead += 5 * 60_000;
  await a1.lookout.look();
  expect(await a1.sightings.list()).toHaveLength(1);
  ahead += 11 * 60_000;
  await a1.lookout.look();
  expect(await a1.sightings.list()).toEqual([]);
  expect(await state.list('split/id-a1/')).toEqual([]);
});

test('what has not changed is not written each time, and what a lost node wrote is taken away', async () => {
  const [own, other] = [clusterNamed('lab-a'), clusterNamed('lab-b')];
  const b1 = await answering(other);
  const state = freshState();
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const gone = await looking(own, () => [at(b1.port)], { name: 'a9', state, now });
  await gone.lookout.look();
  const { lookout, sightings } = await looking(own, () => [at(b1.port)], { state, now });
  await lookout.look();
  const revision = await state.revision();
  await lookout.look();
  expect(await state.revision()).toBe(revision);
  ahead += 6 * 60_000;
  await lookout.look();
  expect(await state.revision()).toBeGreaterThan(revision);
  ahead += 10 * 60_000;
  expect(await sightings.list()).toMatchObject([{ seen_by: ['a1'] }]);
  expect(await state.list('split/')).toHaveLength(2);
  await sightings.sweep(new AbortController().signal);
  expect(await state.list('split/')).toHaveLength(1);
});

test('members are not asked, and one that became a member is told of no more', async () => {
  const [own, other] = [clusterNamed('lab-a'), clusterNamed('lab-b')];
  const b1 = await answering(other);
  const staged = new StagedMembership(member('a1'));
  const { lookout, sightings } = await looking(own, () => [at(b1.port)], { staged });
  await lookout.look();
  expect(await sightings.list()).toHaveLength(1);
  staged.change('b1', { name: 'b1', address: '127.0.0.1', apiPort: b1.port });
  await lookout.look();
  expect(await sightings.list()).toEqual([]);
});

test('it says nothing before it knows its cluster, and is not asked too often', async () => {
  const own = clusterNamed('lab-a');
  let isSettled = false;
  const { agent, port, fingerprint } = await answering(own, {
    cluster: () => (isSettled ? own.record : null),
  });
  const identity = await loadNodeIdentity(join(sweptFolder(), 'id'), ['x1'], Date.now());
  const peers = createPeers(identity);
  onTestFinished(() => peers.close());
  const target = member('a1', { address: '127.0.0.1', apiPort: port, fingerprint });
  const ask = () =>
    peers.call(target, 'POST', WHO_PATH, {
      body: { protocol: 1, nonce: Buffer.alloc(32).toString('base64') },
      deadlineMs: 30_000,
    });
  await expect(ask()).rejects.toMatchObject({ data: { status: 503 } });
  isSettled = true;
  const said = await ask();
  // nothing but which cluster it is: no key, no member, no address
  expect(Object.keys(said as object).toSorted()).toEqual(['cluster', 'founding', 'nonce', 'proof']);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      ask().then(
        () => 200,
        (error: unknown) => (error instanceof Failure ? error.data.status : undefined),
      ),
    ),
  );
  // ten in all, of which two were asked before
  expect(answers.filter((status) => status === 200)).toHaveLength(8);
  expect(answers.filter((status) => status === 429)).toHaveLength(4);
  // nobody without a certificate, as a browser, learns anything
  expect((await fetch(`${agent.plainUrl}${WHO_PATH}`, { method: 'POST' })).status).toBe(404);
});
