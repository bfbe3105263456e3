import { expect, onTestFinished, test } from 'vitest';
import { Channel } from '#electron/core/events';
import { AutoSync } from '#electron/core/sync/auto-sync';
import type { RemotesEvent } from '#electron/core/sync/remotes';
import type { SyncInput } from '#electron/core/sync/service';
import { fail } from '#shared/contract/errors';
import type { Remote } from '#shared/contract/remotes';
import type { OutboxEntry, SyncReport } from '#shared/contract/sync';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { deskAndPortal } from '#tests/support/sync-desk';
import { until } from '#tests/support/tls-server';

const REMOTE = { uuid: 'r', syncWhenOnline: true } as Remote;
const waiting = (id: number, name: string) =>
  ({ id, remoteUuid: 'r', summary: name, fields: [] }) as unknown as OutboxEntry;
const report = { entries: [] } as unknown as SyncReport;

function automatic(outcome: () => Promise<SyncReport>) {
  const clock = new FakeClock();
  const outbox = {
    entries: [] as OutboxEntry[],
    events: new Channel<OutboxEntry[]>(console.error),
  };
  const remotes = { all: [REMOTE], events: new Channel<RemotesEvent>(console.error) };
  const wakers = new Set<(asleep: boolean) => void>();
  const power = {
    asleep: false,
    onChange(listener: (asleep: boolean) => void) {
      wakers.add(listener);
      return () => wakers.delete(listener);
    },
  };
  const runs: { input: SyncInput; unattended: boolean }[] = [];
  const auto = new AutoSync({
    clock,
    power,
    logger: silent,
    mayChange: () => true,
    remotes: { list: () => remotes.all, events: remotes.events },
    outbox: { list: () => outbox.entries, events: outbox.events },
    sync: {
      async *run(input, _signal, unattended = false) {
        runs.push({ input, unattended });
        yield { type: 'done', report: await outcome() };
      },
    },
  });
  auto.start();
  onTestFinished(() => auto.close());
  const pass = async (ms: number) => {
    clock.advance(ms);
    for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const wait = (...entries: OutboxEntry[]) => {
    outbox.entries = entries;
    outbox.events.emit(entries);
  };
  const wake = () => {
    for (const waker of wakers) waker(false);
  };
  return { runs, pass, wait, power, remotes, wake };
}

test('what waits is sent once the edits have settled, by nobody’s hand and with no password', async () => {
  const { runs, pass, wait } = automatic(async () => report);
  await pass(60_000);
  expect(runs).toEqual([]);
  wait(waiting(1, 'a'));
  await pass(1_500);
  wait(waiting(1, 'a'), waiting(2, 'b'));
  await pass(1_500);
  expect(runs).toEqual([]);
  await pass(600);
  expect(runs).toMatchObject([
    { unattended: true, input: { remoteUuid: 'r', sendSecrets: [], resolutions: [] } },
  ]);
  await pass(3_600_000);
  expect(runs).toHaveLength(1);
});

test('a remote that is away is tried at growing distances, at most ten minutes apart', async () => {
  const { runs, pass, wait, wake } = automatic(async () => {
    throw fail('UNREACHABLE', { remedy: 'Wait.' });
  });
  wait(waiting(1, 'a'));
  await pass(2_000);
  const at: number[] = [];
  for (let seconds = 0; seconds < 3_000; seconds += 5) {
    const before = runs.length;
    await pass(5_000);
    if (runs.length > before) at.push(seconds + 5);
  }
  expect(at.slice(0, 4)).toEqual([15, 45, 105, 225]);
  const gaps = at.map((time, n) => time - (at[n - 1] ?? 0));
  expect(Math.max(...gaps)).toBe(600);
  const before = runs.length;
  wake();
  await pass(2_000);
  expect(runs).toHaveLength(before + 1);
});

test('conflicts and refusals wait for a person until something changes', async () => {
  const refused = {
    entries: [{ failure: { code: 'PARAMETER_REFUSED' } }],
  } as unknown as SyncReport;
  const { runs, pass, wait } = automatic(async () => refused);
  wait(waiting(1, 'a'));
  await pass(2_000);
  await pass(3_600_000);
  expect(runs).toHaveLength(1);
  wait(waiting(1, 'changed'));
  await pass(2_000);
  expect(runs).toHaveLength(2);
});

test('nothing is tried while the machine sleeps, nor for a remote that does not want it', async () => {
  const { runs, pass, wait, power, remotes } = automatic(async () => report);
  power.asleep = true;
  wait(waiting(1, 'a'));
  await pass(2_000);
  expect(runs).toEqual([]);
  power.asleep = false;
  await pass(15_000);
  expect(runs).toHaveLength(1);
  remotes.all = [{ ...REMOTE, syncWhenOnline: false }];
  wait(waiting(2, 'b'));
  await pass(60_000);
  expect(runs).toHaveLength(1);
});

test('an edit made offline reaches the portal by itself once it is back', async () => {
  const clock = new FakeClock(Date.now());
  const desk = await deskAndPortal({ clock });
  desk.portal.add('c1');
  await desk.sync();
  await desk.client.remotes.update({ uuid: desk.remoteUuid, changes: { syncWhenOnline: true } });
  desk.core.start();
  desk.portal.fault = () => 'drop';
  await desk.change('c1', { name: 'By itself' });
  const asked = desk.portal.calls.length;
  clock.advance(2_000);
  await until(() => desk.portal.calls.length > asked, 'a first try');
  desk.portal.fault = () => null;
  await until(() => {
    clock.advance(1_000);
    return desk.portal.row('c1')?.['name'] === 'By itself';
  }, 'the edit arrived');
  const puts = desk.portal.calls.filter(({ method }) => method === 'PUT');
  expect(puts).toHaveLength(1);
});

test('what would move or end a stored password comes down only when somebody looks', async () => {
  const clock = new FakeClock(Date.now());
  const desk = await deskAndPortal({ clock });
  for (const id of ['c1', 'c2', 'c3']) desk.portal.add(id);
  await desk.sync();
  for (const id of ['c1', 'c3']) await desk.change(id, { secret: 'stored here' });
  desk.portal.rows.pop();
  await desk.client.remotes.update({ uuid: desk.remoteUuid, changes: { syncWhenOnline: true } });
  desk.core.start();
  desk.portal.change('c1', { host: 'elsewhere.lab', verify_ssl: true });
  await desk.change('c2', { name: 'Sent' });
  await until(() => {
    clock.advance(1_000);
    return desk.portal.row('c2')?.['name'] === 'Sent';
  }, 'the other cluster is synced');
  expect((await desk.get('c1')).endpoints[0]?.host).toBe('c1.lab');
  expect((await desk.get('c3')).hasSecret).toBe(true);
  const report = await desk.sync();
  expect(report.ok).toBe(true);
  expect((await desk.get('c1')).endpoints[0]?.host).toBe('elsewhere.lab');
  expect(await desk.client.clusters.list()).toHaveLength(2);
});
