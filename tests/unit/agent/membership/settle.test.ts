import { expect, test } from 'vitest';
import type { HostAndPort } from '#agent/membership/addresses';
import type { Gossip, GossipMember } from '#agent/membership/gossip';
import type { KnockOutcome } from '#agent/membership/knock';
import { encodeTags } from '#agent/membership/serf/tags';
import { findCluster } from '#agent/membership/settle';
import type { Clock } from '#agent/ports';

const SELF = '00000000-0000-8000-8000-000000000000';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Time passes only while somebody waits, and then at once. */
class LeapingClock implements Clock {
  #now = 0;
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += ms;
    await new Promise((done) => setImmediate(done));
  }
}

interface Other {
  address: string;
  settled: boolean;
  /** how its API answers */
  outcome: KnockOutcome;
  /** whether gossip reaches it */
  heard: boolean;
}

const UNSETTLED: KnockOutcome = { kind: 'unsettled' };
const FAILED: KnockOutcome = { kind: 'failed', message: 'No answer.', remedy: 'Look.' };
const REFUSED: KnockOutcome = {
  kind: 'refused',
  code: 'name-used',
  message: 'Another node of this cluster has the name a1.',
  remedy: 'Take another.',
};
const JOINED: KnockOutcome = {
  kind: 'joined',
  answer: {
    cluster: {
      uuid: '11111111-1111-4111-8111-111111111111',
      name: 'forge',
      region: '',
      datacenter: '',
      createdAt: 1,
      founding: '22222222-2222-4222-8222-222222222222',
    },
    joinedAt: 1,
    members: [],
    stateEndpoints: ['https://10.0.0.2:2379'],
  },
};

function world(others: Other[], mayFound: boolean, running = true) {
  const clock = new LeapingClock();
  const joined = new Set<string>();
  const knocked: string[] = [];
  const said: string[] = [];
  const member = ({ address, settled }: Other, n: number): GossipMember => ({
    gossipName: `n${n}`,
    address,
    port: 7946,
    status: 'alive',
    tags: encodeTags({
      id: `0000000${n + 1}-0000-8000-8000-000000000000`,
      apiPort: 9090,
      roles: [],
      settled,
    }),
  });
  const gossip: Gossip = {
    start: async () => {},
    isRunning: () => running,
    members: () => others.map(member).filter(({ address }) => joined.has(address)),
    onLook: () => () => {},
    async join(address) {
      const isHeard = others.some((other) => other.address === address && other.heard);
      if (isHeard) joined.add(address);
      return isHeard;
    },
    setTags: async () => {},
    drop: async () => {},
    leave: async () => {},
    close() {},
  };
  const find = (stopAfterMs: number) => {
    const stop = new AbortController();
    const until: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      async sleep(ms, signal) {
        await clock.sleep(ms, signal);
        if (clock.monotonic() > stopAfterMs) stop.abort(new Error('still waiting'));
      },
    };
    return findCluster(
      {
        selfId: SELF,
        own: { host: '10.0.0.1', port: 7946 },
        mayFound,
        foundAfterMs: 10_000,
        seeds: async (): Promise<HostAndPort[]> => [
          { host: '10.0.0.1', port: 7946 },
          ...others.map(({ address }) => ({ host: address, port: 7946 })),
        ],
        gossip,
        knock: async ({ address }) => {
          knocked.push(address);
          return others.find((other) => other.address === address)?.outcome ?? FAILED;
        },
        onWaiting: (message) => {
          if (message !== null) said.push(message.title);
        },
        clock: until,
        logger: silent,
      },
      stop.signal,
    );
  };
  return { find, clock, knocked, said };
}

const other = (changes: Partial<Other> = {}): Other => ({
  address: '10.0.0.2',
  settled: false,
  outcome: UNSETTLED,
  heard: true,
  ...changes,
});

const NINETY_SECONDS = 90_000;

test('a founder that is its only seed founds at once', async () => {
  const { find, clock } = world([], true);
  expect(await find(NINETY_SECONDS)).toEqual({ how: 'founded' });
  expect(clock.monotonic()).toBeLessThan(1_000);
});

test('a founder whose seeds all wait themselves founds at once', async () => {
  const { find, clock } = world([other(), other({ address: '10.0.0.3' })], true);
  expect(await find(NINETY_SECONDS)).toEqual({ how: 'founded' });
  expect(clock.monotonic()).toBeLessThan(3_000);
});

test('a founder gives silent seeds its whole bound', async () => {
  const { find, clock } = world([other({ heard: false })], true);
  expect(await find(NINETY_SECONDS)).toEqual({ how: 'founded' });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
});

test.each([
  ['a member that cannot be asked', other({ settled: true, outcome: FAILED })],
  ['a member that refuses', other({ settled: true, outcome: REFUSED })],
  ['a refusal by a node whose tags are old', other({ settled: false, outcome: REFUSED })],
])('%s forbids the founding, however long it lasts', async (_case, present) => {
  const { find, said } = world([present], true);
  await expect(find(NINETY_SECONDS)).rejects.toThrow('still waiting');
  expect(said.length).toBeGreaterThan(50);
});

test('a founder without gossip of its own has asked nobody, and founds nothing', async () => {
  const { find, said } = world([other({ heard: false })], true, false);
  await expect(find(NINETY_SECONDS)).rejects.toThrow('still waiting');
  expect(said.at(-1)).toContain('serf');
});

test('nobody but the founder founds in 90 s of isolation, and says what it waits for', async () => {
  const { find, said } = world([other({ heard: false })], false);
  await expect(find(NINETY_SECONDS)).rejects.toThrow('still waiting');
  expect(said.at(-1)).toBe('No other node of the cluster answers yet (asked: 10.0.0.2).');
});

test('whoever waits asks members only, and joins by the first that takes it', async () => {
  const waiting = other({ address: '10.0.0.3' });
  const broken = other({ address: '10.0.0.4', settled: true, outcome: FAILED });
  const member = other({ settled: true, outcome: JOINED });
  const { find, knocked } = world([waiting, broken, member], false);
  expect(await find(NINETY_SECONDS)).toMatchObject({
    how: 'joined',
    answer: { stateEndpoints: ['https://10.0.0.2:2379'] },
  });
  expect(knocked).not.toContain('10.0.0.3');
  expect(knocked.at(-1)).toBe('10.0.0.2');
});
