import { expect, onTestFinished, test } from 'vitest';
import { AuditLog } from '#electron/core/audit/log';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import { GuestActions } from '#electron/core/operations/guest-actions';
import { GuestCarrier } from '#electron/core/operations/guest-carrier';
import { Journal } from '#electron/core/operations/journal';
import { Operations } from '#electron/core/operations/service';
import { fail } from '#shared/contract/errors';
import type { GuestAction, Operation } from '#shared/contract/operations';
import { FakeClock } from '#tests/support/fake-clock';
import { testPorts } from '#tests/support/ports';
import { clusterOf, guestRow } from '#tests/support/rows';
import { FakePve, pass, readerOf } from '#tests/support/watching';

const A = '00000000-0000-4000-8000-00000000000a';
const UPID = 'UPID:pve1:00000046:00044310:6B01F504:qmstart:100:root@pam:';

/** One store that several runs of the program open one after another. */
function desk(options: { protected?: boolean } = {}) {
  const clock = new FakeClock();
  const pve = new FakePve();
  const { paths, logger, lines } = testPorts();
  const sqlite = openDatabase({ dataDir: paths.dataDir, clock, logger });
  const store = new Store(sqlite, new AuditLog('test@desk', clock), logger);
  onTestFinished(() => store.close());
  const nudged: string[] = [];
  const start = () => {
    const clusters = readerOf([
      clusterOf(A, { clusterId: 'prod', protected: options.protected ?? false }),
    ]);
    const guest = (_uuid: string, guestId: string) =>
      guestId === 'qemu/404'
        ? undefined
        : guestRow({ vmid: Number(guestId.split('/')[1]), name: guestId });
    const nodeOf = (uuid: string, guestId: string) => guest(uuid, guestId)?.node;
    const carrier = new GuestCarrier({ clock, clients: pve, clusters, nodeOf });
    const operations = new Operations({
      journal: new Journal(store, clock, logger),
      clock,
      logger,
      clusters,
      nudge: (uuid) => void nudged.push(uuid),
      carriers: { guestAction: carrier, slurmAction: carrier },
    });
    const watcher = { guest, poll: async () => [] };
    const guests = new GuestActions({ operations, carrier, clock, clusters, watcher });
    return Object.assign(operations, { act: guests.act.bind(guests) });
  };
  const audit = () =>
    sqlite.prepare('select action, subject, result from audit order by seq').all();
  return { clock, pve, start, nudged, audit, lines };
}

const posts = (pve: FakePve) => pve.calls.filter((call) => call.method === 'POST').length;
type Desk = ReturnType<ReturnType<typeof desk>['start']>;
const act = (operations: Desk, action: GuestAction, ids: string[], confirm?: string) =>
  operations.act({ action, items: ids.map((guestId) => ({ uuid: A, guestId })), confirm });
const item = ({ items: [first] }: Operation) => first;

/** A cluster whose tasks end after some looks. */
function willing(looks = 1, exitstatus = 'OK', status = 'running') {
  let left = looks;
  return (path: string) => {
    if (path.endsWith('/status/current')) return { status };
    if (path.includes('/tasks/')) {
      left -= 1;
      return left > 0 ? { status: 'running' } : { status: 'stopped', exitstatus };
    }
    if (path.endsWith('/tasks')) return [];
    return UPID;
  };
}

test('warnings are a success, and what happened stands in the audit', async () => {
  const { clock, pve, start, audit, nudged } = desk();
  pve.on(A, willing(3, 'WARNINGS: 1'));
  const operations = start();
  const { id } = await act(operations, 'start', ['qemu/100']);
  await pass(clock, 10_000);
  expect(operations.get(id)).toMatchObject({
    state: 'done',
    items: [{ state: 'done', message: 'WARNINGS: 1' }],
  });
  expect(posts(pve)).toBe(1);
  expect(nudged).toEqual([A]);
  expect(audit()).toEqual([
    { action: 'guest.start.ordered', subject: 'Start qemu/100', result: 'ok' },
    { action: 'guest.start', subject: 'prod qemu/100 qemu/100', result: 'WARNINGS: 1' },
  ]);
});

test('a task that ends well is no success while the guest is not as wanted', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, willing(1, 'OK', 'running'));
  const operations = start();
  const { id } = await act(operations, 'shutdown', ['qemu/100']);
  await pass(clock, 30_000);
  expect(item(operations.get(id))).toMatchObject({
    state: 'running',
    message: 'Waiting for the guest to be stopped',
  });
  await pass(clock, 40_000);
  expect(item(operations.get(id))).toMatchObject({
    state: 'failed',
    failure: { code: 'TASK_FAILED' },
  });
});

test('an action that was refused is failed and never sent again', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, () => {
    throw fail('PERMISSION_DENIED', { remedy: 'Give VM.PowerMgmt.' });
  });
  const operations = start();
  const { id } = await act(operations, 'start', ['qemu/100']);
  await pass(clock, 60_000, 1000);
  expect(item(operations.get(id))).toMatchObject({
    state: 'failed',
    failure: { code: 'PERMISSION_DENIED' },
  });
  expect(posts(pve)).toBe(1);
});

test('an answer that is lost is looked for among the tasks, and the one found is followed', async () => {
  const { clock, pve, start } = desk();
  const followed = willing();
  pve.on(A, (path) => {
    if (path.endsWith('/status/start')) throw fail('TIMEOUT', { remedy: 'Check the network.' });
    if (path !== '/nodes/pve1/tasks') return followed(path);
    const task = { node: 'pve1', user: 'root@pam', starttime: clock.now() / 1000 };
    return [
      { ...task, upid: UPID, type: 'qmstart', id: '100' },
      { ...task, upid: UPID.replace('100', '101'), type: 'qmstart', id: '101' },
      { ...task, upid: UPID.replace('qmstart', 'qmstop'), type: 'qmstop', id: '100' },
      {
        ...task,
        upid: UPID.replace('root@pam', 'ada@pve'),
        type: 'qmstart',
        id: '100',
        user: 'ada@pve',
      },
      {
        ...task,
        upid: UPID.replace('6B01F504', '6B000000'),
        type: 'qmstart',
        id: '100',
        starttime: 1,
      },
    ];
  });
  const operations = start();
  const { id } = await act(operations, 'start', ['qemu/100']);
  await pass(clock, 10_000);
  expect(item(operations.get(id))).toMatchObject({ state: 'done', upid: UPID });
  expect(posts(pve)).toBe(1);
});

test('an answer that is lost without a trace is unknown, and nothing is sent twice', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, (path) => {
    if (path.endsWith('/status/start')) throw fail('UNREACHABLE', { remedy: 'Check the network.' });
    return willing()(path);
  });
  const operations = start();
  const { id } = await act(operations, 'start', ['qemu/100']);
  await pass(clock, 30_000);
  expect(operations.get(id)).toMatchObject({ state: 'failed', items: [{ state: 'unknown' }] });
  expect(posts(pve)).toBe(1);
});

test('killed between sending and recording, the next start finds out by reading', async () => {
  const { clock, pve, start } = desk();
  let sent = false;
  pve.on(A, (path) => {
    if (path.endsWith('/status/start')) {
      sent = true;
      // the program dies before the answer comes
      return new Promise(() => undefined);
    }
    return willing()(path);
  });
  const { id } = await act(start(), 'start', ['qemu/100']);
  await pass(clock, 500);
  expect(sent).toBe(true);
  const startedAt = clock.now() / 1000;
  pve.on(A, (path) =>
    path === '/nodes/pve1/tasks'
      ? [
          {
            node: 'pve1',
            user: 'root@pam',
            starttime: startedAt,
            upid: UPID,
            type: 'qmstart',
            id: '100',
          },
        ]
      : willing()(path),
  );
  const next = start();
  next.resume();
  await pass(clock, 10_000);
  expect(item(next.get(id))).toMatchObject({ state: 'done', upid: UPID });
  expect(posts(pve)).toBe(1);
});

test('after a restart a running task is followed on, and what was not sent is cancelled', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, willing(1_000_000));
  const ids = Array.from({ length: 12 }, (_, index) => `qemu/${100 + index}`);
  const first = start();
  const { id } = await act(first, 'start', ids);
  await pass(clock, 3000);
  expect(posts(pve)).toBe(8);
  await first.close();
  pve.on(A, willing());
  const next = start();
  next.resume();
  await pass(clock, 20_000);
  const states = next.get(id).items.map((each) => each.state);
  expect(states.filter((state) => state === 'done')).toHaveLength(8);
  expect(states.filter((state) => state === 'cancelled')).toHaveLength(4);
  expect(posts(pve)).toBe(8);
});

test('cancelling stops what waits and leaves what runs', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, willing(12));
  const operations = start();
  const { id } = await act(
    operations,
    'start',
    Array.from({ length: 10 }, (_, index) => `qemu/${100 + index}`),
  );
  await pass(clock, 300);
  const record = operations.cancel(id);
  expect(
    record.items.map((each) => each.state).filter((state) => state === 'cancelled'),
  ).toHaveLength(2);
  await pass(clock, 120_000, 1000);
  expect(operations.get(id)).toMatchObject({ state: 'cancelled' });
  expect(posts(pve)).toBe(8);
});

test('a cluster that falls silent is waited for, and says so', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, willing(1_000_000));
  const operations = start();
  const { id } = await act(operations, 'start', ['qemu/100']);
  await pass(clock, 3000);
  pve.on(A, () => {
    throw fail('UNREACHABLE', { remedy: 'Check the network.' });
  });
  await pass(clock, 600_000, 1000);
  expect(item(operations.get(id))).toMatchObject({
    state: 'running',
    message: expect.stringContaining('Waiting for the cluster'),
  });
  pve.on(A, willing());
  await pass(clock, 60_000, 1000);
  expect(operations.get(id).state).toBe('done');
});

test.each<GuestAction>(['shutdown', 'stop', 'reboot', 'reset'])(
  '%s can lose work: on a protected cluster it needs the cluster’s name',
  async (action) => {
    const { pve, start } = desk({ protected: true });
    pve.on(A, willing());
    const operations = start();
    for (const confirm of [undefined, 'Prod']) {
      await expect(act(operations, action, ['qemu/100'], confirm)).rejects.toMatchObject({
        code: 'CONFIRMATION_REQUIRED',
      });
    }
    expect(posts(pve)).toBe(0);
    expect((await act(operations, action, ['qemu/100'], 'prod')).state).toBe('running');
  },
);

test.each<GuestAction>(['start', 'resume'])(
  '%s loses nothing and needs no name',
  async (action) => {
    const { pve, start } = desk({ protected: true });
    pve.on(A, willing());
    expect((await act(start(), action, ['qemu/100'])).state).toBe('running');
  },
);

test('an unknown guest stops the whole order before anything is sent', async () => {
  const { pve, start } = desk();
  pve.on(A, willing());
  await expect(act(start(), 'start', ['qemu/100', 'qemu/404'])).rejects.toMatchObject({
    code: 'GUEST_NOT_FOUND',
  });
  expect(posts(pve)).toBe(0);
});

test('what containers cannot do fails for them alone', async () => {
  const { clock, pve, start } = desk();
  pve.on(A, willing());
  const operations = start();
  const { id } = await act(operations, 'reset', ['lxc/100', 'qemu/101']);
  await pass(clock, 10_000);
  expect(operations.get(id).items.map((each) => [each.state, each.failure?.code])).toEqual([
    ['failed', 'UNSUPPORTED'],
    ['done', undefined],
  ]);
  expect(posts(pve)).toBe(1);
});
