import { expect, test } from 'vitest';
import { openCore } from '#tests/support/core';
import { FakeClock } from '#tests/support/fake-clock';

test('a draft outlives the program, and goes when it is dropped', async () => {
  const first = await openCore();
  await first.client.drafts.keep({
    key: 'cluster',
    value: { name: 'Half', endpoints: [{ host: 'a' }] },
  });
  await first.client.drafts.keep({ key: 'cluster', value: { name: 'Half typed' } });
  await first.close();

  const { client } = await openCore({ paths: first.ports.paths });
  expect(await client.drafts.get({ key: 'cluster' })).toMatchObject({
    value: { name: 'Half typed' },
  });
  await client.drafts.drop({ key: 'cluster' });
  expect(await client.drafts.get({ key: 'cluster' })).toBeNull();
});

test('the hundred newest are kept', async () => {
  const clock = new FakeClock();
  const { client } = await openCore({ clock });
  for (let n = 0; n <= 100; n += 1) {
    clock.advance(1);
    await client.drafts.keep({ key: `form ${n}`, value: { n } });
  }
  expect(await client.drafts.get({ key: 'form 0' })).toBeNull();
  expect(await client.drafts.get({ key: 'form 1' })).toMatchObject({ value: { n: 1 } });
});

test.each([
  ['a password', { password: 'x' }],
  ['a secret', { Secret: 'x' }],
  ['a passphrase', { passphrase: 'x' }],
  ['more than a form holds', { text: 'x'.repeat(70_000) }],
])('%s is refused', async (_what, value) => {
  const { client } = await openCore();
  await expect(client.drafts.keep({ key: 'cluster', value })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
  expect(await client.drafts.get({ key: 'cluster' })).toBeNull();
});

test('keeping a draft is no edit: the audit does not tell of it', async () => {
  const { client } = await openCore();
  const before = (await client.audit.list({})).total;
  await client.drafts.keep({ key: 'cluster', value: { name: 'Half' } });
  expect((await client.audit.list({})).total).toBe(before);
});
