import { safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { ageKeys, document, entry, exportBundle, openFile } from '#tests/support/bundles';
import { openCore } from '#tests/support/core';

const pin = Array.from({ length: 32 }, () => 'AB').join(':');
const verdicts = (preview: { entries: { clusterId: string | null; verdict: string }[] }) =>
  preview.entries.map(({ clusterId, verdict }) => `${clusterId} ${verdict}`);
const keys = (preview: { entries: { key: string }[] }) => preview.entries.map(({ key }) => key);

/** A deck with everything that a bundle can carry. */
async function fullDeck() {
  const desk = await openCore();
  const { client } = desk;
  const group = await client.groups.create({ name: 'Physics', colour: '#3fc1b0' });
  const prod = await client.clusters.create({
    clusterId: 'prod',
    name: 'Production',
    endpoints: [
      { host: '10.0.0.1', port: 8006, pin },
      { host: 'fd00::2', port: 443, pin: null },
    ],
    authKind: 'token',
    user: 'deck@pve',
    tokenId: 'deck@pve!desk',
    secret: 's3cret-token',
    isDefault: true,
    priority: 90,
    isoStorage: 'isos',
    description: 'Two\nlines',
    groupUuid: group.uuid,
    protected: true,
    colour: '#112233',
  });
  const lab = await client.clusters.create({
    clusterId: 'lab',
    name: 'Lab',
    endpoints: [{ host: 'lab.example', port: 8006, pin: null }],
    isActive: false,
    secret: 's3cret-lab',
  });
  return { ...desk, prod, lab };
}

test('what one desk exports another imports field by field, with groups, pins and secrets', async () => {
  const { identity, recipient } = await ageKeys();
  const here = await fullDeck();
  const file = await exportBundle(here.client, { withSecrets: true, recipients: [recipient] });
  expect(file.clusters).toBe(2);
  expect(file.fileName).toMatch(/^clusterdeck-\d{4}-\d\d-\d\d\.cdeck$/);
  const { client, core } = await openCore();
  const preview = await openFile(client, file.bytes, { identity });
  expect(preview).toMatchObject({ source: 'bundle', hasSecrets: true, groups: ['Physics'] });
  expect(preview.madeBy).toContain('@');
  expect(verdicts(preview)).toEqual(['lab new', 'prod new']);
  const outcome = await client.bundles.apply({ token: preview.token, only: keys(preview) });
  expect(outcome).toMatchObject({ created: ['lab', 'prod'], changed: [], kept: [] });
  const [prod, lab] = await client.clusters.list();
  const own = ['uuid', 'number', 'createdAt', 'updatedAt', 'groupUuid'] as const;
  const plain = (cluster: object | undefined) =>
    Object.fromEntries(Object.entries(cluster ?? {}).filter(([key]) => !own.some((k) => k === key)));
  expect(plain(prod)).toEqual(plain(await here.client.clusters.get({ ref: 'prod' })));
  expect(plain(lab)).toEqual(plain(await here.client.clusters.get({ ref: 'lab' })));
  const [group] = await client.groups.list();
  expect(group).toMatchObject({ name: 'Physics', colour: '#3fc1b0' });
  expect(prod?.groupUuid).toBe(group?.uuid);
  expect(await core.vault.open(prod?.uuid ?? '')).toBe('s3cret-token');
  expect(await core.vault.open(lab?.uuid ?? '')).toBe('s3cret-lab');
  const again = await openFile(client, file.bytes, { identity });
  expect(verdicts(again)).toEqual(['lab same', 'prod same']);
});
