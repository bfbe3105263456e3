import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { type RunningPortal, startPortal } from '#tests/support/portal';
import { SyncPage } from './pages/sync-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize } from './support/inspect';

const PASSWORD = 'correct horse';

describe('remotes and syncs', { timeout: 120_000 }, () => {
  let host: TestHost;
  let portal: RunningPortal;
  let page: Page;
  let sync: SyncPage;

  beforeAll(async () => {
    host = await startTestHost();
    portal = await startPortal();
    portal.portal.add('annex', { name: 'Annex', priority: 20, description: 'Two old hosts' });
  });
  beforeEach(async () => {
    await page?.context().close();
    page = await host.newPage({ colorScheme: 'dark' });
    sync = new SyncPage(page);
    await page.getByRole('heading', { level: 1 }).waitFor();
  });
  afterAll(async () => {
    await host.close();
    await portal.close();
  });

  const cluster = (ref: string) => host.client.clusters.get({ ref });
  const change = async (ref: string, changes: object) =>
    host.client.clusters.update({ uuid: (await cluster(ref)).uuid, changes });
  const calls = (method: string) =>
    portal.portal.calls.filter(
      (call) => call.method === method && call.path.startsWith('/api/cluster-config'),
    ).length;

  it('says what a remote is where there is none', async () => {
    await sync.open();
    await page.getByRole('heading', { name: 'No remote yet' }).waitFor();
    await expectEverySize(page, 'sync-empty');
  });

  it('tests a remote, pins what is trusted, and keeps the form as a draft until it is added', async () => {
    await sync.open();
    await page.getByRole('button', { name: 'Add a remote' }).first().click();
    await sync.form.getByLabel('Name').fill('portal');
    await sync.form.getByLabel('Address').fill('portal.lab');
    await sync.form.getByRole('button', { name: 'Test' }).click();
    await sync.form.getByText('An address as https://portal.example.org.').waitFor();
    await sync.form.getByLabel('Address').fill(portal.url);
    await sync.form.getByLabel('User').fill('ada@pve');
    await sync.form.getByLabel('Password', { exact: true }).fill('wrong one');
    await expectSoon(async () => (await host.client.drafts.get({ key: 'remote' }))?.value).toEqual(
      expect.objectContaining({ name: 'portal', url: portal.url, user: 'ada@pve' }),
    );
    await page.reload();
    await sync.open();
    await page.getByRole('button', { name: 'Add a remote' }).first().click();
    await sync.form.getByText(/Your draft from/).waitFor();
    expect(await sync.form.getByLabel('Address').inputValue()).toBe(portal.url);
    expect(await sync.form.getByLabel('Password', { exact: true }).inputValue()).toBe('');

    await sync.form.getByLabel('Password', { exact: true }).fill('wrong one');
    await sync.form.getByRole('button', { name: 'Test' }).click();
    await sync.form.getByText(portal.fingerprint.slice(0, 23)).waitFor();
    expect(calls('GET')).toBe(0);
    await expectEverySize(page, 'remote-trust');
    await sync.form.getByRole('button', { name: 'Trust this certificate' }).click();
    await sync.form.getByText('Sign-in: failed').waitFor();
    await sync.form.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await sync.form.getByRole('button', { name: 'Test again' }).click();
    await sync.form.getByText('Clusters: passed').waitFor();
    await expectAccessible(page);
    await sync.form.getByRole('button', { name: 'Add remote' }).click();
    await sync.remote('portal').getByText('certificate pinned').waitFor();
    // the page hears of the new remote before it drops the draft
    await expectSoon(() => host.client.drafts.get({ key: 'remote' })).toBeNull();
    expect(await host.client.remotes.list()).toMatchObject([
      { name: 'portal', pin: portal.fingerprint, hasSecret: true, user: 'ada@pve' },
    ]);
  });

  it('takes clusters along, asks before a password goes up, and tells what happened', async () => {
    await sync.open();
    await sync.remote('portal').getByRole('button', { name: 'No cluster follows it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Clusters that follow portal' });
    await dialog.getByRole('checkbox', { name: 'All', exact: true }).click();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await sync.remote('portal').getByText('3 clusters follow it').waitFor();

    await sync.remote('portal').getByRole('button', { name: 'Sync now' }).click();
    await page.getByText('3 clusters are new for portal.').waitFor();
    await sync.entry('Annex').getByText('New for this desk').waitFor();
    await expectEverySize(page, 'sync-first');
    expect(calls('POST')).toBe(0);

    await sync
      .entry('Hall C')
      .getByRole('checkbox', { name: /Send its password/ })
      .click();
    await page.getByText('2 clusters wait for you and stay as they are.').waitFor();
    await page.getByRole('button', { name: 'Send all their passwords' }).click();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('Dry run: nothing was changed.').waitFor();
    expect(calls('POST')).toBe(0);
    await page.getByRole('button', { name: 'Sync now' }).click();
    await expectSoon(() => calls('POST')).toBe(3);
    await sync.entry('Annex').getByText('done').waitFor();
    await expectEverySize(page, 'sync-report');
    expect(await cluster('annex')).toMatchObject({ name: 'Annex', priority: 20 });
    expect(portal.portal.rows.map(({ id }) => id).sort()).toEqual([
      'annex',
      'hall-c',
      'prod-main',
      'student-lab',
    ]);
    expect(await page.content()).not.toContain(
      host.lab.cluster('prod-main').user('root@pam').password,
    );
  });

  it('says in every window what waits, since when, and lets it be looked at and dropped', async () => {
    const { description } = await cluster('hall-c');
    await change('hall-c', { priority: 77, description: 'New floor' });
    await page.getByRole('link', { name: '1 change waits for portal' }).click();
    const line = sync.waiting.getByRole('listitem');
    await line.getByRole('button', { expanded: false }).click();
    await line.getByRole('table').getByText('New floor').waitFor();
    await expectEverySize(page, 'sync-waiting');
    await line.getByRole('button', { name: /^Drop/ }).click();
    const question = page.getByRole('dialog', { name: 'Drop this change?' });
    await expectAccessible(page);
    await question.getByRole('button', { name: 'Drop' }).click();
    await expectSoon(async () => (await cluster('hall-c')).description).toBe(description);
    await expectSoon(() => page.getByText(/changes? waits? for/).count()).toBe(0);
    expect(portal.portal.row('hall-c')?.['priority']).not.toBe(77);
  });

  it('lays mine and theirs side by side and does what is chosen, field by field', async () => {
    await change('prod-main', { priority: 95, description: 'Mine', allowIsoSync: false });
    await change('hall-c', { name: 'Hall C, mine' });
    portal.portal.change('prod-main', { priority: 10, description: 'Theirs', admin_group: 'ops' });
    portal.portal.change('hall-c', { name: 'Hall C, theirs', priority: 61 });

    await sync.open();
    await sync.remote('portal').getByRole('button', { name: 'Sync now' }).click();
    await page.getByText('2 clusters were changed on both sides.').waitFor();
    await sync.entry('Hall C, mine').getByText('1 field is open.').waitFor();
    await expectEverySize(page, 'sync-conflict');

    await sync.take('hall-c', 'Name', 'theirs').check();
    await sync.entry('Hall C, mine').getByText('All decided.').waitFor();
    await page.getByRole('button', { name: 'Take all theirs for' }).first().waitFor();
    await sync.take('prod-main', 'Priority', 'mine').check();
    await sync.take('prod-main', 'Description', 'theirs').check();
    await page.getByText('Nothing is left to decide.').waitFor();
    await page.getByRole('button', { name: /^Sync \d clusters/ }).click();
    await sync.entry('hall-c').getByText('done').waitFor();

    expect(await cluster('prod-main')).toMatchObject({
      priority: 95,
      description: 'Theirs',
      allowIsoSync: false,
    });
    expect(portal.portal.row('prod-main')).toMatchObject({
      priority: 95,
      description: 'Theirs',
      allow_iso_sync: false,
      admin_group: 'ops',
    });
    expect(await cluster('hall-c')).toMatchObject({ name: 'Hall C, theirs', priority: 61 });
  });

  it('asks what becomes of a cluster that one side deleted and the other changed', async () => {
    const row = portal.portal.row('annex');
    portal.portal.rows.splice(portal.portal.rows.indexOf(row as never), 1);
    await change('annex', { description: 'Still needed' });
    await sync.look('portal');
    await sync.entry('Annex').getByText('Gone from portal').waitFor();
    await expectAccessible(page);
    await sync.entry('Annex').getByRole('radio', { name: 'Delete it from this desk too' }).check();
    await page.getByRole('button', { name: /^Sync \d cluster/ }).click();
    await expectSoon(async () =>
      (await host.client.clusters.list()).map(({ clusterId }) => clusterId).sort(),
    ).toEqual(['hall-c', 'prod-main', 'student-lab']);
  });

  it('syncs at once where nothing needs a look, and says why where it cannot', async () => {
    await sync.open();
    await change('student-lab', { description: 'For the summer school' });
    await sync.remote('portal').getByRole('button', { name: 'Sync now' }).click();
    await page.getByText('In step with portal').waitFor();
    expect(portal.portal.row('student-lab')?.['description']).toBe('For the summer school');

    portal.portal.fault = () => ({
      status: 500,
      body: `[SQL: UPDATE] [parameters: ('${PASSWORD}')]`,
    });
    await sync.remote('portal').getByRole('button', { name: 'Sync now' }).click();
    await sync.remote('portal').getByRole('alert').waitFor();
    expect(await page.content()).not.toContain(PASSWORD);
    await expectEverySize(page, 'sync-failed');
    portal.portal.fault = () => null;
    await sync.remote('portal').getByRole('button', { name: 'Sync now' }).click();
    await expectSoon(() => sync.remote('portal').getByRole('alert').count()).toBe(0);
  });

  it('lets a viewer look at a sync and do nothing', async () => {
    await host.client.access.setViewer({ viewer: true });
    const before = calls('PUT');
    await change('hall-c', { priority: 1 }).catch(() => undefined);
    await sync.look('portal');
    const deed = page.getByRole('button', { name: /^Sync/, disabled: true });
    await deed.waitFor();
    await expectAccessible(page);
    await deed.hover();
    await page.getByRole('tooltip').getByText('Viewer mode is on').waitFor();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('Dry run: nothing was changed.').waitFor();
    await host.client.access.setViewer({ viewer: false });
    expect(calls('PUT')).toBe(before);
  });

  it('removes a remote and leaves its clusters', async () => {
    await sync.open();
    await page.getByRole('button', { name: 'Actions for portal' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'No remote yet' }).waitFor();
    const left = await host.client.clusters.list();
    expect(left.map(({ remoteUuid }) => remoteUuid)).toEqual([null, null, null]);
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
