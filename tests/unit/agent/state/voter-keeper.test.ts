import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { VoterKeeper } from '#agent/state/etcd/keeper';
import { EtcdMembers } from '#agent/state/etcd/members';
import { EtcdTransport } from '#agent/state/etcd/transport';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { KeptLog } from '#tests/support/agent';

const clock = systemClock;
const at = (name: string) => `https://${name}:2380`;

/** Two members, as the one that is asked lists them. */
class TwoMembers extends EtcdMembers {
  onRemove = async (): Promise<void> => undefined;
  readonly #left = ['1', '2'];

  constructor() {
    super(new EtcdTransport({ endpoints: () => [], tls: { ca: '', cert: '', key: '' }, clock }));
  }

  override list = async () =>
    this.#left.map((id) => ({
      id,
      name: `n${id}`,
      peerUrls: [at(`n${id}`)],
      clientUrls: [`https://n${id}:2379`],
      isLearner: id === '2',
    }));

  override status = async (url: string) => ({
    memberId: url.includes('n1') ? '1' : '2',
    leaderId: '1',
    isLearner: url.includes('n2'),
    raftTerm: '1',
    raftIndex: 1,
    dbBytes: 1,
    dbUsedBytes: 1,
    errors: [],
  });

  override remove = async (id: string) => {
    await this.onRemove();
    this.#left.splice(this.#left.indexOf(id), 1);
  };
}

/** A keeper and two nodes with a seat each, of which the second is to leave. */
async function stage() {
  const store = new SqliteStore(':memory:', clock);
  const state = createSqliteState(store, clock);
  onTestFinished(async () => {
    await state.close();
    store.close();
  });
  const known = { authenticated: true, status: 'alive', lastSeen: 1, joinedAt: 1 } as const;
  const members = new TwoMembers();
  const keeper = new VoterKeeper({
    state,
    members,
    nodes: () => ['n1', 'n2'].map((id) => ({ id, ...known })),
    nodeId: 'n1',
    clock,
    logger: new KeptLog(),
    replaceAfterMs: 60_000,
  });
  for (const id of ['n1', 'n2']) {
    const offer = { peerUrl: at(id), mayVote: true, lostMember: null };
    await state.commit([], [{ key: `seats/${id}`, put: offer }]);
  }
  await state.commit([], [{ key: 'leaving/n2', put: { operation: 'x' } }]);
  return { state, members, keeper };
}

test('a keeper that ends while it takes a seat back leaves no word of a seat that is gone', async () => {
  const { state, members, keeper } = await stage();
  const told: unknown[] = [];
  members.onRemove = async () => {
    told.push((await state.get('voters/n2'))?.value ?? null);
    throw new Error('killed');
  };
  await expect(keeper.step()).rejects.toThrow('killed');
  expect(told).toEqual([null]);
  // the next one finds the seat still there, and takes it
  members.onRemove = async () => undefined;
  expect(await keeper.step()).toMatchObject({ do: 'remove', memberId: '2' });
  expect(await state.get('voters/n2')).toBeNull();
});

test('gives no seat to a node that is let go while it looks', async () => {
  const { state, keeper } = await stage();
  expect(await keeper.step()).toMatchObject({ do: 'remove', memberId: '2' });
  const list = state.list.bind(state);
  const keys = ['leaving/n2', 'seats/n2'];
  let letGo: Promise<unknown> | null = null;
  state.list = async (prefix, options) => {
    if (!/^(leaving|seats)/.test(prefix)) return list(prefix, options);
    if (letGo !== null) {
      await letGo;
      return list(prefix, options);
    }
    // after the first that is read of the nodes, and before the next
    const found = list(prefix, options);
    const writes = keys.map((key) => ({ key, delete: true as const }));
    letGo = found.then(() => state.commit([], writes));
    await letGo;
    return found;
  };
  expect(await keeper.step()).toMatchObject({ do: 'nothing' });
});
