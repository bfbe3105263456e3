import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { LetGo } from '#agent/operations/merge/node/let-go';
import { Cards } from '#agent/operations/merge/pact/cards';
import { MergingService } from '#agent/operations/merge/pact/merging';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import { Sightings } from '#agent/operations/merge/split/sightings';
import type { Client } from '#shared/contract/index';
import { KeptLog, member, StagedMembership, stageAgent } from '#tests/support/agent';
import { withDeck } from '#tests/support/deck';
import { fingerprintOf, freshState } from '#tests/support/merge-guests';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

const LONG = 600_000;

/** One agent with its real API, cards and pacts, on the deck with a token of the role admin. */
async function cluster(client: Client, name: string, byte: number, nodes: number) {
  const state = freshState();
  const clock = systemClock;
  const logger = new KeptLog();
  const uuid = randomUUID();
  const record = {
    uuid,
    name,
    region: '',
    datacenter: '',
    createdAt: 1.6e9,
    founding: randomUUID(),
  };
  await state.commit([], [{ key: 'cluster', put: record }]);
  const one = (index: number) =>
    member(`${name}${index}`, { id: randomUUID(), fingerprint: fingerprintOf(byte + index) });
  const own = one(0);
  const others = Array.from({ length: nodes - 1 }, (_, index) => one(index + 1));
  const membership = new StagedMembership(own, others);
  const pacts = new Pacts({ state, clock, logger });
  const sightings = new Sightings({ state, clock, nodeId: own.id, pacts: () => [] });
  const stableSince = () => clock.now() - LONG;
  const cards = new Cards({ membership, state, clock, isEnabled: true, stableSince });
  const slurm = { free: async () => ({ done: [], left: [] }) };
  const held = new LetGo({ state, membership, pacts, slurm });
  const merging = new MergingService({ cards, pacts, held, sightings, clock });
  const agent = await stageAgent({ own, others, state, merging });
  const { uuid: card } = await join(client, name, agent);
  return { agent, pacts, sightings, uuid, card };
}

function join(client: Client, name: string, agent: Awaited<ReturnType<typeof stageAgent>>) {
  return client.clusters.create({
    clusterId: name,
    name,
    kind: 'clusteros',
    authKind: 'token',
    user: '',
    secret: agent.tokens.add('admin', 'desk'),
    endpoints: [
      {
        host: '127.0.0.1',
        port: Number(new URL(agent.url).port),
        pin: agent.certificate.fingerprint,
      },
    ],
  });
}

test('agents show their cards, make the pact on both sides, and take it back', async () => {
  const { client } = await withDeck();
  const oak = await cluster(client, 'oak', 0x10, 3);
  const elm = await cluster(client, 'elm', 0x40, 2);
  const clusters: [string, string] = [elm.card, oak.card];
  const look = await client.merge.look({ clusters });
  expect(look.sides.map(({ failure }) => failure)).toEqual([null, null]);
  expect(look).toMatchObject({ gaining: oak.card, decision: { by: 'nodes' } });

  const { answers } = await client.merge.permit({ clusters });
  expect(answers.map(({ decision }) => decision.gaining.uuid)).toEqual([oak.uuid, oak.uuid]);
  const shown = (await oak.pacts.get(elm.uuid))?.card;
  expect(shown?.cluster.name).toBe('elm');
  expect(shown?.nodes.map(({ id }) => id)).toEqual(look.sides[0].card?.nodes.map(({ id }) => id));
  expect((await elm.pacts.get(oak.uuid))?.by).toContain('desk');

  await client.merge.forbid({ clusters });
  expect(await oak.pacts.get(elm.uuid)).toBeNull();
  expect(await elm.pacts.get(oak.uuid)).toBeNull();
  await client.merge.forbid({ clusters });
});

test('what the agents saw of others reaches the desk as they wrote it', async () => {
  const { client } = await withDeck();
  const oak = await cluster(client, 'oak', 0x10, 1);
  const seen = { uuid: randomUUID(), name: 'elm' };
  const now = Date.now();
  await oak.sightings.tell(
    [
      {
        kind: 'foreign',
        cluster: seen,
        addresses: ['10.0.0.9:9090'],
        via: ['tailnet'],
        by: 'oak0',
        firstSeen: now,
        lastSeen: now,
        remedy: 'Look at both.',
      },
    ],
    AbortSignal.timeout(30_000),
  );
  const heard = await client.merge.sightings({ uuid: oak.card, refresh: true });
  expect(heard[0]?.sightings).toMatchObject([
    { kind: 'foreign', cluster: seen, seen_by: ['oak0'] },
  ]);
});

test('an agent of before there were merges is named with what to do', async () => {
  const { client } = await withDeck();
  const oak = await cluster(client, 'oak', 0x10, 1);
  const old = await stageAgent({ own: member('elm0') });
  const { uuid } = await join(client, 'elm', old);
  const look = await client.merge.look({ clusters: [oak.card, uuid] });
  expect(look.sides[1]).toMatchObject({
    card: null,
    failure: { code: 'UNSUPPORTED', data: { remedy: expect.stringContaining('pdate') } },
  });
});
