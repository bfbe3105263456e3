import { expect, test } from 'vitest';
import { seedLab } from '#electron/demo/seed';
import { ageKeys, document, entry, exportBundle, openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';
import { withLab } from '#tests/support/pve';

const endpoints = [{ host: 'a1.example', port: 9090, pin: null }];
const atelier = {
  clusterId: 'atelier',
  name: 'Atelier',
  kind: 'clusteros' as const,
  endpoints,
  secret: 'cdk_abc_0123456789abcdef',
};

test('what was last known of a cluster is there after a start without a network', async () => {
  const lab = await withLab({ clusters: 0, clusteros: 1 });
  const first = await openCore();
  await seedLab(lab.deckCards(), first.client);
  await first.client.inventory.poll({ cluster: 'forge' });
  const [before] = await first.client.inventory.query({ cluster: 'forge' });
  await first.close();
  await lab.close();

  const { client } = await openCore({ ...first.ports });
  const [after] = await client.inventory.query({ cluster: 'forge' });
  expect(after?.asOf).toBe(before?.asOf);
  expect(after?.live.clusteros).toEqual(before?.live.clusteros);
  expect(after?.members).toEqual(before?.members);
  expect(after?.jobs).toEqual(before?.jobs);
  expect(after?.live.totals).toEqual(before?.live.totals);
  await client.inventory.poll({ cluster: 'forge' });
  const [silent] = await client.inventory.query({ cluster: 'forge' });
  expect(silent?.live).toMatchObject({
    state: 'unavailable',
    failure: { code: 'CONNECTION_REFUSED' },
    clusteros: { id: before?.live.clusteros?.id },
  });
  expect(silent?.live.failure?.data.remedy).toContain('node agent');
  expect(silent?.members).toHaveLength(5);
});

test('a bundle carries it with its token, and without one says what is to be entered', async () => {
  const here = await openCore();
  await here.client.clusters.create(atelier);
  const { identity, recipient } = await ageKeys();
  const file = await exportBundle(here.client, { recipients: [recipient], withSecrets: true });
  const there = await openCore();
  const preview = await openFile(there.client, file.bytes, { identity });
  expect(preview.entries).toMatchObject([{ verdict: 'new', hasSecret: true, reasons: [] }]);
  await there.client.bundles.apply({ token: preview.token, only: ['0'] });
  const taken = await there.client.clusters.get({ ref: 'atelier' });
  expect(taken).toMatchObject({ kind: 'clusteros', authKind: 'token', user: '', endpoints });
  expect(await there.core.vault.open(taken.uuid)).toBe(atelier.secret);

  const bare = await exportBundle(here.client, { recipients: [recipient], withSecrets: false });
  const elsewhere = await openCore();
  const shown = await openFile(elsewhere.client, bare.bytes, { identity });
  expect(shown.entries[0]?.reasons).toEqual(['It has no token; enter one after the import.']);
  await elsewhere.client.bundles.apply({ token: shown.token, only: ['0'] });
  const later = await elsewhere.client.clusters.get({ ref: 'atelier' });
  expect(later.hasSecret).toBe(false);
  const changes = { secret: atelier.secret };
  const entered = await elsewhere.client.clusters.update({ uuid: later.uuid, changes });
  expect(entered.hasSecret).toBe(true);
});

test('an entry of another kind under the same id is not taken', async () => {
  const { client } = await openCore();
  await client.clusters.create(atelier);
  const preview = await openFile(client, document([entry('atelier', { kind: 'proxmox' })]));
  expect(preview.entries).toMatchObject([
    {
      verdict: 'invalid',
      reasons: expect.arrayContaining(['A cluster of another kind has this id here.']),
    },
  ]);
});

test('an edit of the token is audited without it, and a draft keeps neither token nor key', async () => {
  const { client } = await openCore();
  const { uuid } = await client.clusters.create(atelier);
  const secret = 'cdk_def_fedcba9876543210';
  await client.clusters.update({ uuid, changes: { secret } });
  const told = JSON.stringify(await client.audit.list({ limit: 10 }));
  expect([told.includes(secret), told.includes(atelier.secret)]).toEqual([false, false]);
  for (const field of ['key', 'token', 'secret']) {
    const kept = client.drafts.keep({ key: 'enrol', value: { [field]: 'x' } });
    await expect(kept).rejects.toThrow('Input validation failed');
  }
});

test('it has no web interface of its own, but its services have', async () => {
  const { client } = await openCore();
  const { uuid } = await client.clusters.create(atelier);
  await expect(client.app.openWebInterface({ uuid })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  });
});
