import { isDefinedError, safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import type { Client } from '#shared/contract/index';
import type { TaskLogEvent } from '#shared/contract/tasks';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

async function deckOf(clusterId: string, taskPace = 0) {
  const lab = await withLab({ taskPace });
  const deck = await withDeck(lab);
  const uuid = await deck.uuid(clusterId);
  await deck.client.inventory.poll({ cluster: clusterId });
  const query = async (text: string) => {
    const [answer] = await deck.client.inventory.query({ cluster: clusterId, query: text });
    return answer?.guests ?? [];
  };
  return { ...deck, uuid, query, lab: lab.cluster(clusterId) };
}

async function upidOf(client: Client, id: string): Promise<string> {
  return await vi.waitFor(async () => {
    const { items } = await client.operations.get({ id });
    const upid = items[0]?.upid ?? null;
    if (upid === null) throw new Error('Not sent yet');
    return upid;
  });
}

test('every guest of a release can be shown, with addresses or the reason why there are none', async () => {
  for (const clusterId of ['prod-main', 'student-lab']) {
    const { client, uuid, query } = await deckOf(clusterId);
    const views = await Promise.all(
      (await query('')).map((guest) => client.guests.show({ uuid, guestId: guest.id })),
    );
    for (const view of views) {
      expect(view.status.status).toMatch(/^(running|stopped)$/);
      expect(view.config).not.toHaveProperty('digest');
      expect(view.addresses.length > 0).toBe(view.addressesNote === null);
    }
    expect(views.filter((view) => view.addresses.length > 0).length).toBeGreaterThan(0);
  }
});

test('a guest that is gone is a typed failure', async () => {
  const { client, uuid } = await deckOf('student-lab');
  const { error } = await safe(client.guests.show({ uuid, guestId: 'qemu/999999' }));
  expect(isDefinedError(error) && error.code).toBe('GUEST_NOT_FOUND');
});

test('a query finds guests, and a mistake in it is told with its place', async () => {
  const { client, query } = await deckOf('prod-main');
  const all = await query('');
  const running = await query('is:running');
  expect(running).toEqual(all.filter((guest) => guest.status === 'running'));
  expect(await query('-is:running')).toHaveLength(all.length - running.length);
  const { error } = await safe(client.inventory.query({ query: 'cpu:>x' }));
  expect(isDefinedError(error) && error.data).toMatchObject({ field: 'query', detail: '4-6' });
});

test('a task is followed from its first line to its end, then stands in the list', async () => {
  const { client, uuid, query } = await deckOf('student-lab', 0.2);
  const [guest] = await query('is:stopped type:vm');
  const order = await client.guests.act({
    action: 'start',
    items: [{ uuid, guestId: guest?.id ?? '' }],
  });
  const upid = await upidOf(client, order.id);
  const heard: TaskLogEvent[] = [];
  for await (const event of await client.tasks.follow({ uuid, upid })) heard.push(event);
  expect(heard[0]?.snapshot).toBe(true);
  expect(heard.slice(1).every((event) => !event.snapshot)).toBe(true);
  const lines = heard.flatMap((event) => event.lines);
  expect(lines.map((line) => line.n)).toEqual(lines.map((_, index) => index + 1));
  expect(lines.at(-1)?.text).toBe('TASK OK');
  expect(heard.at(-1)).toMatchObject({ state: 'ok', exitStatus: 'OK' });
  const [newest] = await client.tasks.list({ uuid });
  expect(newest).toMatchObject({
    upid,
    type: 'qmstart',
    subject: String(guest?.vmid),
    state: 'ok',
  });
});

test('a task can be stopped, which is no success of the operation', async () => {
  const { client, uuid, query, lab } = await deckOf('student-lab', 50);
  const [guest] = await query('is:running type:vm');
  const order = await client.guests.act({
    action: 'shutdown',
    items: [{ uuid, guestId: guest?.id ?? '' }],
  });
  const upid = await upidOf(client, order.id);
  await client.tasks.stop({ uuid, upid });
  await vi.waitFor(
    async () => {
      const { items } = await client.operations.get({ id: order.id });
      expect(items[0]).toMatchObject({ state: 'failed', failure: { code: 'TASK_FAILED' } });
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(lab.requestCount('POST', '/nodes/{node}/qemu/{vmid}/status/shutdown')).toBe(1);
});
