import { expect, test } from 'vitest';
import { LiveHub } from '#electron/core/inventory/live';
import { placeKey } from '#shared/contract/cluster-operations';
import { type InventoryDelta, type InventoryRows, noRows } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import { FakeClock } from '#tests/support/fake-clock';
import { agentWork, clusterOf, guestRow, snapshotOf } from '#tests/support/rows';
import { pass } from '#tests/support/watching';

const NONE = { upserts: [], removed: [] };
const noChange = {
  nodes: NONE,
  storages: NONE,
  members: NONE,
  jobs: NONE,
  pods: NONE,
  services: NONE,
  partitions: NONE,
};
const guests = (upserts: InventoryDelta['guests']['upserts'], removed: string[] = []) => ({
  ...noChange,
  guests: { upserts, removed },
});

function hub(maxLag?: number) {
  const clock = new FakeClock();
  const seen: boolean[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string) => void logged.push(message);
  const rows: InventoryRows = {
    ...noRows(),
    nodes: [
      {
        id: 'node/pve1',
        node: 'pve1',
        status: 'online',
        cpu: 0,
        maxCpu: 1,
        mem: 0,
        maxMem: 1,
        disk: 0,
        maxDisk: 1,
        uptimeS: 1,
        level: '',
      },
    ],
    guests: [guestRow()],
  };
  const live = new LiveHub({
    clock,
    logger: { debug: log, info: log, warn: log, error: log },
    snapshot: () => snapshotOf([clusterOf('a'), clusterOf('b')]),
    rows: (uuid) => (uuid === 'a' ? rows : noRows()),
    onSeen: (value) => seen.push(value),
    ...(maxLag === undefined ? {} : { maxLag }),
  });
  return { clock, live, seen, logged };
}

/** Collects what a subscriber hears; `end` aborts it. */
function listen(live: LiveHub) {
  const heard: LiveEvent[] = [];
  const abort = new AbortController();
  const done = (async () => {
    for await (const event of live.watch(abort.signal)) heard.push(event);
  })();
  return { heard, end: () => abort.abort(), done };
}

const types = (events: LiveEvent[]) => events.map((event) => event.type);

test('the first item is a snapshot, then the rows of each cluster that has some', async () => {
  const { clock, live } = hub();
  const { heard, end, done } = listen(live);
  await pass(clock, 250);
  expect(types(heard)).toEqual(['snapshot', 'inventoryAll']);
  end();
  await done;
});

test('many changes within a quarter of a second are one event, with the last value of each row', async () => {
  const { clock, live } = hub();
  const { heard, end, done } = listen(live);
  await pass(clock, 500);
  heard.length = 0;
  live.publish({ type: 'groups', groups: [] });
  await pass(clock, 10, 10);
  for (let round = 1; round <= 50; round += 1) {
    live.publish({ type: 'inventory', uuid: 'a', delta: guests([guestRow({ cpu: round / 100 })]) });
  }
  live.publish({ type: 'inventory', uuid: 'a', delta: guests([guestRow({ vmid: 101 })]) });
  live.publish({ type: 'inventory', uuid: 'a', delta: guests([], ['qemu/101']) });
  await pass(clock, 1000);
  expect(types(heard)).toEqual(['groups', 'inventory']);
  const last = heard[1];
  expect(last?.type === 'inventory' && last.delta.guests).toEqual({
    upserts: [guestRow({ cpu: 0.5 })],
    removed: ['qemu/101'],
  });
  end();
  await done;
});

test('an agents’ operation that tells much is told with its last word', async () => {
  const { clock, live } = hub();
  const { heard, end, done } = listen(live);
  await pass(clock, 500);
  heard.length = 0;
  const gone = agentWork({ createdAt: 1, id: '00000000-0000-4000-8000-0000000000aa' });
  for (const state of ['running', 'undoing', 'undone'] as const) {
    const upserts = [agentWork({ state }), gone];
    live.publish({ type: 'clusterOperations', upserts, removed: [] });
  }
  live.publish({ type: 'clusterOperations', upserts: [], removed: [placeKey(gone)] });
  await pass(clock, 1000);
  expect(heard).toEqual([
    {
      type: 'clusterOperations',
      upserts: [agentWork({ state: 'undone' })],
      removed: [placeKey(gone)],
    },
  ]);
  end();
  await done;
});

test('a subscriber that lags too far behind gets a new snapshot instead of a growing backlog', async () => {
  const { clock, live } = hub(100);
  const abort = new AbortController();
  const stream = live.watch(abort.signal);
  await stream.next();
  await stream.next();
  for (let vmid = 1; vmid <= 5000; vmid += 1) {
    live.publish({ type: 'inventory', uuid: 'a', delta: guests([guestRow({ vmid })]) });
  }
  const next = stream.next();
  await pass(clock, 500);
  expect((await next).value?.type).toBe('snapshot');
  abort.abort();
});

test('clusters are seen while some window is visible, and a window that goes away is forgotten', async () => {
  const { clock, live, seen } = hub();
  const one = listen(live);
  const two = listen(live);
  await pass(clock, 250);
  const [first] = one.heard;
  const [second] = two.heard;
  if (first?.type !== 'snapshot' || second?.type !== 'snapshot') throw new Error('No snapshot');
  live.attend(first.subscription, false);
  expect(seen.at(-1)).toBe(true);
  live.attend(second.subscription, false);
  expect(seen.at(-1)).toBe(false);
  live.attend(first.subscription, true);
  expect(seen.at(-1)).toBe(true);
  one.end();
  await one.done;
  expect(seen.at(-1)).toBe(false);
  expect(() => live.attend(first.subscription, true)).toThrow('There is no such entry');
  two.end();
  await two.done;
});

test('an ended subscription leaves nothing behind', async () => {
  const { clock, live, logged } = hub();
  const { heard, end, done } = listen(live);
  await pass(clock, 250);
  end();
  await done;
  const before = heard.length;
  live.publish({ type: 'groups', groups: [] });
  await pass(clock, 1000);
  expect(heard).toHaveLength(before);
  expect(logged).toEqual([]);
});
