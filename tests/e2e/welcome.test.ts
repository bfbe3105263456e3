import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ImportPage } from './pages/import-page';
import { expectAccessible, picture } from './support/inspect';

const FILE = JSON.stringify([
  {
    cluster_id: 'north',
    name: 'North hall',
    host: '10.9.8.7',
    port: 8006,
    user: 'root@pam',
    password: 'not-a-real-one',
  },
  { cluster_id: 'BAD ID', name: 'Broken', host: 'https://nowhere/', port: 99999 },
]);

describe('the first start', { timeout: 60_000 }, () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await startTestHost({ lab: null });
  });
  afterAll(() => host.close());

  it('offers ways to fill the deck, and imports a clusters.json entry by entry', async () => {
    const page = await host.newPage({ colorScheme: 'light' });
    await page.getByRole('heading', { name: 'Welcome to Clusterdeck' }).waitFor();
    await expectAccessible(page);
    await picture(page, 'welcome-light');

    await page.getByRole('button', { name: 'Import from a file' }).click();
    const files = new ImportPage(page);
    await files.choose({ name: 'clusters.json', content: FILE });
    await files.row('North hall').getByText('new', { exact: true }).waitFor();
    await files.table.getByText('cannot be imported').waitFor();
    expect(await files.tick('Broken').isDisabled()).toBe(true);
    await files.deed.click();
    await page.getByRole('button', { name: 'Go to the deck' }).click();

    await page.getByRole('article', { name: 'North hall' }).waitFor();
    const [imported] = await host.client.clusters.list();
    expect(imported).toMatchObject({ clusterId: 'north', hasSecret: true });
    expect(await page.content()).not.toContain('not-a-real-one');
  });

  it('says in words why a file is no clusters.json', async () => {
    const page = await host.newPage();
    await page.getByRole('article', { name: 'North hall' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('import');
    await page.keyboard.press('Enter');
    const files = new ImportPage(page);
    await files.choose({ name: 'x.json', content: '{"clusters": []}' });
    await page.getByRole('alert').getByText('It is no JSON array of clusters.').waitFor();
    expect(await host.client.clusters.list()).toHaveLength(1);
  });

  it('does not delete the last cluster', async () => {
    const page = await host.newPage();
    await page.getByRole('button', { name: 'Actions for North hall' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('The last cluster cannot be deleted.').waitFor();
    expect(await host.client.clusters.list()).toHaveLength(1);
  });
});
