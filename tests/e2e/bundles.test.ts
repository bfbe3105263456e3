import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ageKeys } from '#tests/support/bundles';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ImportPage } from './pages/import-page';
import { SyncPage } from './pages/sync-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

const PASSPHRASE = 'seven green bicycles';

describe('bundles out and in', { timeout: 120_000 }, () => {
  let host: TestHost;
  let page: Page;
  let files: ImportPage;
  let bundle: Buffer;
  let identity: string;

  beforeAll(async () => {
    host = await startTestHost();
  });
  beforeEach(async () => {
    await page?.context().close();
    page = await host.newPage({ colorScheme: 'light', acceptDownloads: true });
    files = new ImportPage(page);
    await page.getByRole('heading', { level: 1 }).waitFor();
  });
  afterAll(() => host.close());

  const cluster = (ref: string) => host.client.clusters.get({ ref });
  const ids = async () => (await host.client.clusters.list()).map(({ clusterId }) => clusterId);
  const openExport = async () => {
    await new SyncPage(page).open();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    return page.getByRole('dialog', { name: 'Export a bundle' });
  };

  it('exports the ticked ones for holders of age keys, without secrets unless asked', async () => {
    const keys = await ageKeys();
    identity = keys.identity;
    const dialog = await openExport();
    await expectEverySize(page, 'export');
    await dialog.getByRole('radio', { name: 'Choose' }).click();
    const deed = dialog.getByRole('button', { name: /^Export/ });
    expect(await deed.isDisabled()).toBe(true);
    await dialog.getByRole('checkbox', { name: 'Hall C' }).click();
    await dialog.getByRole('checkbox', { name: 'Student lab' }).click();
    await dialog.getByRole('radio', { name: 'Holders of age keys' }).click();
    await dialog.getByLabel('Recipients').fill('AGE-SECRET-KEY-1QQQ');
    await dialog.getByText('This is a secret identity.').waitFor();
    await dialog.getByLabel('Recipients').fill(keys.recipient);
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export 2 clusters' }).click();
    bundle = readFileSync(await (await download).path());
    await page.getByRole('dialog', { name: 'The bundle is made' }).waitFor();
    await expectAccessible(page);
    await picture(page, 'export-done');
    expect((await download).suggestedFilename()).toMatch(/\.cdeck$/);
    expect(bundle.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
  });

  it('exports under a passphrase typed twice, with a warning where secrets go along', async () => {
    const dialog = await openExport();
    await dialog.getByRole('switch', { name: 'With passwords and tokens' }).click();
    await dialog.getByText('Whoever opens this file can sign in').waitFor();
    const deed = dialog.getByRole('button', { name: 'Export 3 clusters' });
    await dialog.getByLabel('New passphrase').fill('too short');
    await dialog.getByText('At least 10 characters.').waitFor();
    await dialog.getByLabel('New passphrase').fill(PASSPHRASE);
    await dialog.getByLabel('Once more').fill(`${PASSPHRASE}?`);
    await dialog.getByText('The two are not the same.').waitFor();
    expect(await deed.isDisabled()).toBe(true);
    await dialog.getByLabel('Once more').fill(PASSPHRASE);
    await expectEverySize(page, 'export-secrets');
    const download = page.waitForEvent('download');
    await deed.click();
    await dialog.getByRole('meter', { name: 'Making the bundle' }).waitFor();
    await picture(page, 'export-running');
    const bytes = readFileSync(await (await download).path());
    await page.getByRole('button', { name: 'Done' }).click();

    await files.open();
    await files.choose({ name: 'all.cdeck', content: bytes });
    await page.getByRole('heading', { name: 'all.cdeck is encrypted' }).waitFor();
    await expectEverySize(page, 'import-locked');
    await page.getByLabel('Its passphrase').fill('not this one');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('The passphrase is wrong.').waitFor();
    expect(await page.getByLabel('Its passphrase').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Its passphrase').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await files.row('Hall C').getByText('same as here').waitFor();
    expect(await files.deed.isDisabled()).toBe(true);
    expect(await page.content()).not.toContain(
      host.lab.cluster('prod-main').user('root@pam').password,
    );
  });

  it('shows entry by entry what a bundle would do, imports what is chosen, and undoes it', async () => {
    const { uuid } = await cluster('hall-c');
    await host.client.clusters.update({
      uuid,
      changes: { description: 'Edited since', priority: 5, protected: true },
    });
    const student = await cluster('student-lab');
    await host.client.clusters.update({
      uuid: student.uuid,
      changes: { name: 'Student lab, edited' },
    });

    await files.open();
    await files.choose({ name: 'two.cdeck', content: bundle });
    await page.getByLabel('Your age identity').fill(identity);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await files.row('Hall C').getByText('conflict').waitFor();
    await files.row('Student lab').getByText('differs from here').waitFor();
    expect(await files.tick('Hall C').isChecked()).toBe(false);
    await files
      .row('Hall C')
      .getByRole('button', { name: /^\d fields/ })
      .click();
    const diff = page.getByRole('table', { name: 'What differs of Hall C' });
    await diff.getByRole('row', { name: /Description Edited since/ }).waitFor();
    await expectEverySize(page, 'import-preview');

    await page.getByRole('radio', { name: 'Add as a copy' }).click();
    await page.getByText('This changes 1, copies 1.').waitFor();
    await files.deed.click();
    await page.getByRole('heading', { name: '2 clusters imported' }).waitFor();
    await expectEverySize(page, 'import-done');
    expect(await ids()).toContain('hall-c-2');
    expect((await cluster('student-lab')).name).toBe('Student lab');
    expect(await cluster('hall-c')).toMatchObject({ description: 'Edited since', priority: 5 });

    await page.reload();
    await files.open();
    await page.getByText(/two\.cdeck was imported on/).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('The import is undone').waitFor();
    expect(await ids()).not.toContain('hall-c-2');
    expect((await cluster('student-lab')).name).toBe('Student lab, edited');
  });

  it('takes a file that is dropped anywhere, and explains each entry it cannot use', async () => {
    const portal = [
      {
        id: 'north',
        name: 'North <b>hall</b>',
        host: '10.9.8.7',
        user: 'root@pam',
        password: 'x9',
      },
      { name: 'Nameless', host: '10.9.8.6', user: 'root@pam', password: 'x9' },
      { id: 'north', name: 'Again', host: '10.9.8.5', user: 'root@pam', password: 'x9' },
      { id: 'odd', name: 'Odd', host: 'https://nowhere/', port: 'not-a-port', user: 'root@pam' },
      'text',
    ];
    await page.getByRole('link', { name: /^Guests/ }).click();
    await files.drop({ name: 'clusters.json', content: JSON.stringify(portal) });
    await files.row('North <b>hall</b>').getByText('new', { exact: true }).waitFor();
    expect(await files.table.getByText('cannot be imported').count()).toBe(4);
    expect(await files.tick('Again').isDisabled()).toBe(true);
    await expectEverySize(page, 'import-portal');
    await files.deed.click();
    await page.getByRole('heading', { name: '1 cluster imported' }).waitFor();
    await page
      .getByRole('region', { name: 'Messages' })
      .getByRole('button', { name: 'Undo' })
      .click();
    await expectSoon(ids).not.toContain('north');
  });

  it('says what is wrong with a file, and leaves the desk as it is', async () => {
    const before = await host.client.clusters.list();
    await files.open();
    await files.choose({ name: 'photo.cdeck', content: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) });
    await page.getByRole('alert').getByText('The file is damaged.').waitFor();
    await expectAccessible(page);
    await files.choose({ name: 'cut.cdeck', content: bundle.subarray(0, bundle.length - 20) });
    await page.getByLabel('Your age identity').fill(identity);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('alert').getByText('It was cut off or altered.').waitFor();
    await files.choose({ name: 'page.html', content: '<html>' });
    await page.getByRole('alert').getByText('This is no file that can be imported.').waitFor();
    await picture(page, 'import-refused');
    expect(await host.client.clusters.list()).toEqual(before);
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
