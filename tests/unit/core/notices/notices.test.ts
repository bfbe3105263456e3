import { setImmediate as macrotask } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Channel } from '#electron/core/events';
import type { WatchEvent } from '#electron/core/inventory/watcher';
import { Notices } from '#electron/core/notices/notices';
import { type ErrorCode, fail } from '#shared/contract/errors';
import type { ClusterLive, ConnectionState } from '#shared/contract/inventory';
import type { Operation, OperationItem } from '#shared/contract/operations';
import { FakeClock } from '#tests/support/fake-clock';
import { clusterOf } from '#tests/support/rows';
import { silent } from '#tests/support/store';

const MINUTE_MS = 60_000;

function live(uuid: string, state: ConnectionState, more: Partial<ClusterLive> = {}): ClusterLive {
  return {
    uuid,
    state,
    failure: null,
    version: null,
    clusterName: null,
    quorate: true,
    standalone: false,
    totals: null,
    clusteros: null,
    problems: [],
    asOf: null,
    stale: false,
    nextAttemptAt: null,
    endpoint: null,
    latencyMs: null,
    callsPerMinute: 0,
    spark: { cpu: [], memory: [], storage: [] },
    ...more,
  };
}

function desk(uuids = ['a', 'b', 'c', 'd']) {
  const clock = new FakeClock();
  const watched = new Channel<WatchEvent>(() => undefined);
  const changes = new Channel<{ removed: string[] }>(() => undefined);
  const operations = new Channel<Operation>(() => undefined);
  const told: string[] = [];
  const now = { wanted: true, seen: false };
  let tellPower: (asleep: boolean) => void = () => undefined;
  const notices = new Notices({
    clock,
    logger: silent,
    notifier: { notify: ({ title }) => void told.push(title) },
    power: {
      onChange(listener) {
        tellPower = listener;
        return () => undefined;
      },
    },
    clusters: { list: () => uuids.map((uuid) => clusterOf(uuid, { name: uuid.toUpperCase() })) },
    changes,
    watched,
    operations,
    isWanted: () => now.wanted,
    isSeen: () => now.seen,
  });
  onTestFinished(() => notices.close());
  const see = (uuid: string, state: ConnectionState, code?: ErrorCode, more = {}) => {
    const failure = code === undefined ? null : fail(code, { remedy: 'Look.' }).view();
    watched.emit({ type: 'live', live: live(uuid, state, { failure, ...more }) });
  };
  /** Moves the clock and lets whoever woke do their part. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(Math.min(1000, left));
      await macrotask();
    }
  };
  return {
    clock,
    changes,
    operations,
    told,
    now,
    see,
    pass,
    power: (on: boolean) => tellPower(on),
  };
}

test('a changed certificate is told once, however often it is seen', async () => {
  const { see, pass, told } = desk();
  see('a', 'active');
  for (let n = 0; n < 5; n += 1) {
    see('a', 'untrustedCertificate', 'TLS_CHANGED');
    await pass(5 * MINUTE_MS);
  }
  expect(told).toEqual(['A: its certificate is not the trusted one']);
});

test('a certificate that was never trusted is a set-up to finish, and no news', async () => {
  const { see, pass, told } = desk();
  see('a', 'untrustedCertificate', 'TLS_UNTRUSTED');
  await pass(10 * MINUTE_MS);
  expect(told).toEqual([]);
});

test('a needed sign-in and a lost quorum are told at once', async () => {
  const { see, pass, told } = desk();
  see('a', 'authenticationRequired', 'AUTH_FAILED');
  see('b', 'active', undefined, { quorate: false });
  await pass(4000);
  expect(told).toEqual(['A: it needs a sign-in', 'B: it has lost its quorum']);
});

test('silence is told after two minutes of it, and not when it ends before', async () => {
  const { see, pass, told } = desk();
  see('a', 'unavailable', 'UNREACHABLE');
  await pass(MINUTE_MS);
  see('a', 'connecting');
  see('a', 'unavailable', 'TIMEOUT');
  see('b', 'unavailable', 'UNREACHABLE');
  await pass(MINUTE_MS / 2);
  see('b', 'active');
  await pass(20_000);
  expect(told).toEqual([]);
  await pass(15_000);
  expect(told).toEqual(['A: it cannot be reached']);
});

test('recovery is silent; what comes back soon is the same trouble, later it is news', async () => {
  const { see, pass, told } = desk();
  const lost = () => see('a', 'active', undefined, { quorate: false });
  lost();
  await pass(MINUTE_MS);
  for (let n = 0; n < 5; n += 1) {
    see('a', 'active');
    await pass(MINUTE_MS);
    lost();
    await pass(MINUTE_MS);
  }
  expect(told).toHaveLength(1);
  see('a', 'active');
  await pass(3 * MINUTE_MS);
  expect(told).toHaveLength(1);
  lost();
  await pass(4000);
  expect(told).toHaveLength(2);
});

test('many at once are one notice: the network, most likely', async () => {
  const { see, pass, told } = desk();
  for (const uuid of ['a', 'b', 'c', 'd']) see(uuid, 'unavailable', 'UNREACHABLE');
  await pass(3 * MINUTE_MS);
  expect(told).toEqual(['4 clusters need you']);
});

test('time that the machine slept says nothing about clusters', async () => {
  const { see, pass, told, power, clock } = desk();
  see('a', 'unavailable', 'UNREACHABLE');
  power(true);
  // the clock went on, the timers did not
  clock.advance(8 * 60 * MINUTE_MS);
  power(false);
  await pass(4000);
  see('a', 'active');
  await pass(3 * MINUTE_MS);
  expect(told).toEqual([]);
});

test('a cluster that was removed, paused or taken into maintenance is not told of', async () => {
  const { see, pass, told, changes } = desk();
  for (const uuid of ['a', 'b', 'c']) see(uuid, 'unavailable', 'UNREACHABLE');
  await pass(MINUTE_MS);
  changes.emit({ removed: ['a'] });
  see('b', 'paused');
  see('c', 'maintenance');
  await pass(5 * MINUTE_MS);
  expect(told).toEqual([]);
});

test('who wants no notices gets none, also not later', async () => {
  const { see, pass, told, now } = desk();
  now.wanted = false;
  see('a', 'authenticationRequired', 'AUTH_FAILED');
  await pass(MINUTE_MS);
  now.wanted = true;
  see('a', 'authenticationRequired', 'AUTH_FAILED');
  await pass(MINUTE_MS);
  expect(told).toEqual([]);
});

const item = (state: OperationItem['state']): OperationItem => ({
  key: 'k',
  clusterUuid: 'a',
  guestId: 'qemu/100',
  label: 'web',
  state,
  upid: null,
  message: '',
  failure: null,
  startedAt: 0,
  endedAt: 0,
});
const operation = (id: string, tookMs: number, state: Operation['state'] = 'done'): Operation => ({
  id,
  kind: 'guestAction',
  title: `Operation ${id}`,
  action: 'stop',
  state,
  items: [item('done')],
  createdAt: 1000,
  endedAt: state === 'running' ? null : 1000 + tookMs,
});

test('the end of a long operation is told once, while nobody looks', () => {
  const { operations, told, now } = desk();
  operations.emit(operation('1', 0, 'running'));
  operations.emit(operation('1', 60_000));
  operations.emit(operation('1', 60_000));
  operations.emit(operation('2', 2000));
  now.seen = true;
  operations.emit(operation('3', 60_000));
  now.seen = false;
  operations.emit(operation('3', 60_000));
  operations.emit(operation('4', 60_000, 'failed'));
  expect(told).toEqual(['Operation 1', 'Operation 4']);
});
