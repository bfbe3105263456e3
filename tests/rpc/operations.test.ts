import { isDefinedError, safe } from '@orpc/server';
import { expect, test, vi } from 'vitest';
import type { Client } from '#shared/contract/index';
import { hear, withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

async function ended(client: Client, id: string) {
  return await vi.waitFor(
    async () => {
      const operation = await client.operations.get({ id });
      expect(operation.state).not.toBe('running');
      return operation;
    },
    { timeout: 15_000, interval: 50 },
  );
}

async function studentLab() {
  const lab = await withLab();
  const deck = await withDeck(lab);
  const uuid = await deck.uuid('student-lab');
  await deck.client.inventory.poll({ cluster: 'student-lab' });
  const [answer] = await deck.client.inventory.query({ cluster: 'student-lab' });
  const guests = answer?.guests ?? [];
  const find = (query: (guest: (typeof guests)[number]) => boolean) => {
    const found = guests.find(query);
    if (found === undefined) throw new Error('The lab has no such guest');
    return found;
  };
  return { ...deck, lab: lab.cluster('student-lab'), uuid, guests, find };
}

test('a stopped guest is started once, its task followed and its state seen', async () => {
  const { client, uuid, find, lab } = await studentLab();
  const guest = find((each) => each.kind === 'qemu' && each.status === 'stopped' && !each.template);
  const order = await client.guests.act({ action: 'start', items: [{ uuid, guestId: guest.id }] });
  expect(order).toMatchObject({ state: 'running', title: `Start ${guest.name}` });
  const done = await ended(client, order.id);
  expect(done.items[0]).toMatchObject({ state: 'done', message: 'OK', failure: null });
  expect(done.items[0]?.upid).toMatch(/^UPID:/);
  expect(lab.guest(guest.vmid).status).toBe('running');
  expect(lab.requestCount('POST', '/nodes/{node}/qemu/{vmid}/status/start')).toBe(1);
});

test('a task that fails keeps its error text, and each item has its own result', async () => {
  const { client, uuid, find } = await studentLab();
  const template = find((each) => each.template && each.kind === 'qemu');
  const stopped = find(
    (each) => each.kind === 'qemu' && each.status === 'stopped' && !each.template,
  );
  const items = [template, stopped].map((guest) => ({ uuid, guestId: guest.id }));
  const done = await ended(client, (await client.guests.act({ action: 'start', items })).id);
  expect(done.state).toBe('failed');
  expect(done.items[0]).toMatchObject({ state: 'failed', failure: { code: 'TASK_FAILED' } });
  expect(done.items[0]?.message).toContain('template');
  expect(done.items[1]).toMatchObject({ state: 'done' });
});

test('a protected cluster wants its name before work can be lost, and nothing is sent without it', async () => {
  const lab = await withLab();
  const { client, uuid: find } = await withDeck(lab);
  const uuid = await find('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  const [answer] = await client.inventory.query({ cluster: 'prod-main', query: 'is:running' });
  const guestId = answer?.guests[0]?.id ?? '';
  const items = [{ uuid, guestId }];
  const { error } = await safe(client.guests.act({ action: 'stop', items }));
  expect(isDefinedError(error) && error.code).toBe('CONFIRMATION_REQUIRED');
  expect(await client.operations.list({})).toEqual([]);
  const order = await client.guests.act({ action: 'stop', items, confirm: 'prod-main' });
  expect((await ended(client, order.id)).state).toBe('done');
});

test('an operation is told live, and the inventory follows it', async () => {
  const { client, core, uuid, find } = await studentLab();
  core.start();
  const events = (await client.live.watch())[Symbol.asyncIterator]();
  await hear(events, (event) => event.type === 'inventoryAll' && event.uuid === uuid);
  const guest = find((each) => each.kind === 'lxc' && each.status === 'running');
  await client.guests.act({ action: 'shutdown', items: [{ uuid, guestId: guest.id }] });
  await hear(
    events,
    (event) => event.type === 'operation' && event.operation.items[0]?.state === 'done',
  );
  const heard = await hear(
    events,
    (event) =>
      event.type === 'inventory' &&
      event.delta.guests.upserts.some((row) => row.id === guest.id && row.status === 'stopped'),
  );
  expect(heard.at(-1)?.type).toBe('inventory');
  await events.return?.();
});
