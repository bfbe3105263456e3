import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ClusterFormPage } from './pages/cluster-form-page';
import { DeckPage } from './pages/deck-page';

describe('adding and editing a cluster', { timeout: 60_000 }, () => {
  let host: TestHost;
  let page: Page;
  let deck: DeckPage;
  let form: ClusterFormPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { unauthorizedDelayMs: 50 } });
  });
  beforeEach(async () => {
    await page?.context().close();
    // what one test leaves half typed must not be in the next one's form
    await host.client.drafts.drop({ key: 'cluster' });
    page = await host.newPage();
    deck = new DeckPage(page);
    form = new ClusterFormPage(page);
    await deck.card('Student lab').waitFor();
  });
  afterAll(() => host.close());

  it('takes apart a pasted address, tests, pins what is trusted, and adds the cluster', async () => {
    const { endpoint } = host.lab.cluster('student-lab');
    await form.openNew();
    await form.field('Name').fill('Räume & Labs');
    expect(await form.field('Id').inputValue()).toBe('raume-labs');
    await form.field('Host').fill(`https://${endpoint.host}:${endpoint.port}/#v1:0`);
    await form.password().fill(host.lab.cluster('student-lab').user('root@pam').password);
    expect(await form.field('Host').inputValue()).toBe(endpoint.host);
    expect(await form.field('Port').inputValue()).toBe(String(endpoint.port));

    await form.runTest();
    await form.test.getByText(endpoint.fingerprint.slice(0, 23)).waitFor();
    await form.test.getByRole('button', { name: 'Trust this certificate' }).click();
    await form.test.getByText('Quorum: passed').waitFor();
    expect(await form.field('Pinned fingerprint').inputValue()).toBe(endpoint.fingerprint);

    await form.field('Storage for guests').or(page.getByLabel('Storage for guests')).click();
    const options = page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
    await options.first().waitFor();
    const storage = ((await options.first().innerText()).split('\n')[0] ?? '').trim();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await form.save.click();

    await deck.card('Räume & Labs').getByText('standalone').waitFor();
    const stored = await host.client.clusters.get({ ref: 'raume-labs' });
    expect(stored).toMatchObject({
      endpoints: [{ host: endpoint.host, port: endpoint.port, pin: endpoint.fingerprint }],
      hasSecret: true,
      verify: 'pin',
    });
    expect(storage.startsWith(stored.defaultStorage ?? '?')).toBe(true);
  });

  it('shows what is wrong at the field, stores nothing, and puts the focus there', async () => {
    const before = (await host.client.clusters.list()).length;
    await form.openNew();
    await form.field('Id').fill('Not OK');
    await form.field('Host').fill('a host');
    await form.field('Port').fill('99999');
    await form.save.click();
    await page.getByText(/\d fields need a correction\./).waitFor();
    expect(await form.note(form.field('Name'))).toContain('needs a name');
    expect(await form.note(form.field('Id'))).toContain('small letters');
    expect(await form.note(form.field('Host'))).toContain('host name or an IP address');
    expect(await form.note(form.field('Port'))).toContain('1 to 65535');
    await expect
      .poll(() => form.field('Name').evaluate((field) => field === document.activeElement))
      .toBe(true);
    expect(await host.client.clusters.list()).toHaveLength(before);
  });

  it('shows at its field what only the core can refuse', async () => {
    await form.openNew();
    await form.field('Name').fill('Second');
    await form.field('Id').fill('prod-main');
    await form.field('Host').fill('10.0.0.9');
    await form.save.click();
    await page.getByText('Another cluster has this id.').waitFor();
    expect(await form.field('Id').getAttribute('aria-invalid')).toBe('true');
    await form.field('Id').fill('second');
    expect(await form.field('Id').getAttribute('aria-invalid')).toBeNull();
  });

  it('keeps the stored password when it is left blank, and writes only what was touched', async () => {
    await form.openFor('student-lab');
    expect(await form.password().inputValue()).toBe('');
    await page.getByLabel('Description').fill('Courses <b>and</b> exams');
    await form.field('Priority').fill('80');
    await page.getByText('High. Clusters with a higher priority').waitFor();
    await form.save.click();
    await page.waitForURL(/#\/clusters\/student-lab$/);
    const stored = await host.client.clusters.get({ ref: 'student-lab' });
    expect(stored).toMatchObject({
      description: 'Courses <b>and</b> exams',
      priority: 80,
      hasSecret: true,
    });
    await deck.open();
    await deck.card('Student lab').getByText('standalone').waitFor();
  });

  it('says when somebody else saved meanwhile, and lays the own changes on top', async () => {
    await form.openFor('hall-c');
    await page.getByLabel('Description').fill('Mine');
    const { uuid } = await host.client.clusters.get({ ref: 'hall-c' });
    await host.client.clusters.update({ uuid, changes: { priority: 12 } });
    await form.save.click();
    await page.getByText('changed elsewhere while you edited it').waitFor();
    await page.getByRole('button', { name: 'Save my changes too' }).click();
    await page.waitForURL(/#\/clusters\/hall-c$/);
    expect(await host.client.clusters.get({ ref: 'hall-c' })).toMatchObject({
      description: 'Mine',
      priority: 12,
    });
  });

  it('asks before unsaved changes are left, whichever way', async () => {
    await form.openFor('hall-c');
    await page.getByLabel('Description').fill('Half a thought');
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).last().click();
    expect(await page.getByLabel('Description').inputValue()).toBe('Half a thought');
    // the address that was refused has become a second one of this page
    await page.goBack();
    await page.goBack();
    await page.getByRole('button', { name: 'Leave' }).click();
    await expect.poll(() => page.getByLabel('Description').count()).toBe(0);
  });

  it('warns where certificates are not verified, and keeps it visible on the card', async () => {
    await form.openFor('student-lab');
    await page.getByLabel('How its certificate is verified').selectOption('off');
    await page.getByText('Anybody in between can read the password.').waitFor();
    await form.save.click();
    await deck.open();
    await deck.card('Student lab').getByLabel('Its certificate is not verified').waitFor();
    const { uuid } = await host.client.clusters.get({ ref: 'student-lab' });
    await host.client.clusters.update({ uuid, changes: { verify: 'pin' } });
  });

  it('duplicates a cluster under an id that is free', async () => {
    await deck.menu('Hall C', 'Duplicate');
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.waitForURL(/#\/edit\/hall-c-2$/);
    expect(await host.client.clusters.get({ ref: 'hall-c-2' })).toMatchObject({
      name: 'Hall C (copy)',
    });
  });

  it('deletes a protected cluster only when its id is typed', async () => {
    await deck.menu('Production', 'Delete');
    const deed = page.getByRole('button', { name: 'Delete', exact: true });
    expect(await deed.isDisabled()).toBe(true);
    await page.getByLabel('Type prod-main to confirm').fill('prod-mai');
    expect(await deed.isDisabled()).toBe(true);
    await page.getByLabel('Type prod-main to confirm').fill('prod-main');
    await deed.click();
    await deed.waitFor({ state: 'hidden' });
    expect((await host.client.clusters.list()).map((c) => c.clusterId)).not.toContain('prod-main');
    await deck.open();
    await expect.poll(() => deck.names()).not.toContain('Production');
  });

  it('never shows a secret again, and wrote no error to the console', async () => {
    const { password } = host.lab.cluster('student-lab').user('root@pam');
    await form.openFor('student-lab');
    expect(await page.content()).not.toContain(password);
    const kept = await page.evaluate(`JSON.stringify([{...localStorage}, {...sessionStorage}])`);
    expect(kept).not.toContain(password);
    expect(host.pageErrors).toEqual([]);
  });
});
