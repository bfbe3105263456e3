import { expect, test } from 'vitest';
import { fail } from '#shared/contract/errors';
import { clusterOf } from '#tests/support/rows';
import { healthy, pass, resources, watching } from '#tests/support/watching';

const RESOURCES = '/cluster/resources';
const refused = () => {
  throw fail('CONNECTION_REFUSED', { remedy: 'Check the port.' });
};

test('a seen cluster is polled each 10 s, a hidden one each 60 s, with one request a refresh', async () => {
  const { clock, pve, watcher } = watching(['a']);
  pve.on('a', healthy());
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 20_000);
  const before = pve.calls.length;
  await pass(clock, 60_000);
  expect(pve.calls.length - before).toBe(6);
  expect(pve.calls.slice(before).every((call) => call.path === RESOURCES)).toBe(true);
  watcher.setSeen(false);
  await pass(clock, 60_000);
  const hidden = pve.calls.length;
  await pass(clock, 180_000);
  expect(pve.count('a', RESOURCES)).toBeGreaterThan(0);
  expect(pve.calls.length - hidden).toBe(3);
  await watcher.close();
});

test('version and quorum are read at the first contact, then each five minutes', async () => {
  const { clock, pve, watcher } = watching(['a']);
  pve.on('a', healthy());
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 240_000);
  expect(pve.count('a', '/version')).toBe(1);
  await pass(clock, 90_000);
  expect(pve.count('a', '/version')).toBe(2);
  expect(watcher.view('a')).toMatchObject({ version: '9.2.11', standalone: true, quorate: null });
  await watcher.close();
});

test('nothing is polled while the machine sleeps, and at once when it wakes', async () => {
  const { clock, pve, watcher, power } = watching(['a']);
  pve.on('a', healthy());
  watcher.start();
  await pass(clock, 5000);
  power.tell(true);
  const before = pve.calls.length;
  await pass(clock, 600_000, 5000);
  expect(pve.calls.length).toBe(before);
  power.tell(false);
  await pass(clock, 500);
  // a look, what seldom changes, and what node and storage measured while it slept
  expect(pve.calls.length).toBe(before + 1 + 2 + 2);
  await watcher.close();
});

test('a paused cluster and one in maintenance are left alone, and say so', async () => {
  const { clock, pve, watcher, clusters } = watching(['a', 'b']);
  pve.on('a', healthy());
  pve.on('b', healthy());
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 3000);
  watcher.pause('a', true);
  const maintained = clusterOf('b', { isActive: false });
  clusters.splice(1, 1, maintained);
  watcher.clustersChanged({ upserts: [maintained], removed: [], reconnect: [] });
  const before = pve.calls.length;
  await pass(clock, 60_000);
  expect(pve.calls.length).toBe(before);
  expect(watcher.view('a')).toMatchObject({ state: 'paused', stale: true });
  expect(watcher.view('b')).toMatchObject({ state: 'maintenance', stale: true });
  watcher.pause('a', false);
  await pass(clock, 1000);
  expect(watcher.view('a')).toMatchObject({ state: 'active', stale: false });
  await watcher.close();
});

test('a dead cluster is backed off up to 180 s, keeps its data and delays no other', async () => {
  const { clock, pve, watcher, saved } = watching(['dead', 'well']);
  pve.on('dead', healthy());
  pve.on('well', healthy());
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 15_000);
  const { asOf } = watcher.view('dead');
  pve.on('dead', refused);
  await pass(clock, 40_000);
  expect(watcher.view('dead')).toMatchObject({
    state: 'unavailable',
    stale: true,
    asOf,
    failure: { code: 'CONNECTION_REFUSED' },
    problems: [{ severity: 'bad', title: 'Nothing listens at this address', action: 'retry' }],
  });
  expect(watcher.rows('dead').guests).toHaveLength(2);
  expect(saved.get('dead')).toBe(asOf);
  await pass(clock, 600_000, 500);
  const before = { dead: pve.count('dead', RESOURCES), well: pve.count('well', RESOURCES) };
  await pass(clock, 360_000, 500);
  expect(pve.count('dead', RESOURCES) - before.dead).toBe(2);
  expect(pve.count('well', RESOURCES) - before.well).toBe(36);
  pve.on('dead', healthy());
  await watcher.refresh('dead');
  expect(watcher.view('dead')).toMatchObject({ state: 'active', stale: false, problems: [] });
  await pass(clock, 60_000);
  expect(watcher.view('dead').stale).toBe(false);
  await watcher.close();
});

test('a cluster that hangs is asked once at a time', async () => {
  const { clock, pve, watcher } = watching(['a']);
  let open = 0;
  let most = 0;
  pve.on('a', async (path) => {
    if (path !== RESOURCES) return healthy()(path, undefined);
    open += 1;
    most = Math.max(most, open);
    await clock.sleep(34_000);
    open -= 1;
    return resources();
  });
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 180_000);
  expect(most).toBe(1);
  expect(watcher.view('a').state).toBe('active');
  watcher.clustersChanged({ upserts: [], removed: ['a'], reconnect: [] });
});

test('a locked vault waits for its unlocking, then connects at once', async () => {
  const { clock, pve, watcher } = watching(['a']);
  pve.on('a', () => {
    throw fail('VAULT_LOCKED', { remedy: 'Unlock the keychain.' });
  });
  watcher.start();
  await pass(clock, 10_000);
  expect(watcher.view('a')).toMatchObject({
    state: 'notConnected',
    problems: [{ severity: 'warning', action: 'unlock' }],
  });
  pve.on('a', healthy());
  watcher.vaultChanged();
  await pass(clock, 250);
  expect(watcher.view('a').state).toBe('active');
  await watcher.close();
});

test('refused credentials are not tried again and again, and a refresh starts afresh', async () => {
  const { clock, pve, watcher } = watching(['a']);
  pve.on('a', () => {
    throw fail('AUTH_FAILED', { remedy: 'Enter the password again.' });
  });
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 120_000);
  expect(pve.count('a', RESOURCES)).toBe(1);
  expect(watcher.view('a').state).toBe('authenticationRequired');
  pve.on('a', healthy());
  await watcher.refresh('a');
  expect(pve.resets).toEqual(['a']);
  expect(watcher.view('a').state).toBe('active');
  await watcher.close();
});

test('a changed address drops what is under way and asks the new one at once', async () => {
  const { clock, pve, watcher, clusters } = watching(['a']);
  let aborted = false;
  pve.on('a', (_path, options) => {
    const { promise, reject } = Promise.withResolvers<never>();
    options?.signal?.addEventListener('abort', () => {
      aborted = true;
      reject(fail('ABORTED', { remedy: 'Try again.' }));
    });
    return promise;
  });
  watcher.start();
  await pass(clock, 1000);
  pve.on('a', healthy());
  const moved = clusterOf('a', { endpoints: [{ host: '10.0.0.6', port: 8006, pin: null }] });
  clusters.splice(0, 1, moved);
  watcher.clustersChanged({ upserts: [moved], removed: [], reconnect: ['a'] });
  await pass(clock, 500);
  expect(aborted).toBe(true);
  expect(watcher.view('a')).toMatchObject({ state: 'active', failure: null });
  await watcher.close();
});

test('only changed rows are told, and an uptime alone is no change', async () => {
  const { clock, pve, watcher, events } = watching(['a']);
  let rows = resources();
  pve.on(
    'a',
    healthy(() => rows),
  );
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 2000);
  expect(events.filter((event) => event.type === 'inventory')).toHaveLength(1);
  // rates are known from the second reading on
  rows = resources({ uptime: 4011 });
  await pass(clock, 10_000);
  events.length = 0;
  rows = resources({ uptime: 4021 });
  await pass(clock, 10_000);
  expect(events.some((event) => event.type === 'live')).toBe(true);
  expect(events.filter((event) => event.type === 'inventory')).toEqual([]);
  rows = resources({ uptime: 4031, cpu: 0.5 });
  await pass(clock, 10_000);
  const told = events.flatMap((event) => (event.type === 'inventory' ? [event.delta] : []));
  expect(told).toHaveLength(1);
  expect(told[0]?.guests.upserts.map((row) => [row.id, row.cpu])).toEqual([['qemu/100', 0.5]]);
  expect(told[0]?.nodes.upserts).toEqual([]);
  await watcher.close();
});

test('an answer that is no list is a typed state, and rows that lie are left out', async () => {
  const { pve, watcher, logged } = watching(['a']);
  pve.on(
    'a',
    healthy(() => ({ hello: 'world' })),
  );
  expect(await watcher.poll('a')).toMatchObject([
    { state: 'unavailable', failure: { code: 'BAD_RESPONSE' } },
  ]);
  pve.on(
    'a',
    healthy(() => [
      ...resources(),
      null,
      7,
      { type: 'qemu', vmid: 'many', node: 'pve1' },
      {
        type: 'qemu',
        vmid: 102,
        node: 'pve1',
        cpu: 'NaN',
        mem: -4,
        maxmem: {},
        name: ['x'],
        tags: 9,
      },
    ]),
  );
  await watcher.poll('a');
  expect(watcher.rows('a').guests).toHaveLength(3);
  expect(watcher.guest('a', 'qemu/102')).toMatchObject({
    name: 'VM 102',
    cpu: null,
    mem: null,
    tags: [],
  });
  expect(logged).toContain('Rows could not be understood');
});

test('an account without privileges is told from an empty cluster', async () => {
  const { pve, watcher } = watching(['a']);
  pve.on(
    'a',
    healthy(() => [{ type: 'node', node: 'pve1', status: 'online', level: '' }]),
  );
  expect(await watcher.poll('a')).toMatchObject([
    { state: 'insufficientPermissions', failure: { code: 'PERMISSION_DENIED' } },
  ]);
});

test('many clusters spread their polls over the interval', async () => {
  const uuids = Array.from({ length: 40 }, (_, index) => `cluster-${index}-${index * 7919}`);
  const { clock, pve, watcher } = watching(uuids);
  for (const uuid of uuids) pve.on(uuid, healthy());
  watcher.setSeen(true);
  watcher.start();
  await pass(clock, 20_000);
  let busiest = 0;
  for (let slice = 0; slice < 10; slice += 1) {
    const before = pve.calls.length;
    await pass(clock, 1000);
    busiest = Math.max(busiest, pve.calls.length - before);
  }
  expect(busiest).toBeLessThan(15);
  await watcher.close();
});
