import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ClusterFormPage } from './pages/cluster-form-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize } from './support/inspect';

describe('without a network', { timeout: 90_000 }, () => {
  let host: TestHost;
  let page: Page;
  let form: ClusterFormPage;

  beforeAll(async () => {
    host = await startTestHost();
  });
  beforeEach(async () => {
    await page?.context().close();
    page = await host.newPage({ colorScheme: 'dark' });
    form = new ClusterFormPage(page);
    await page.getByRole('heading', { level: 1 }).waitFor();
  });
  afterAll(() => host.close());

  const goTo = (place: string) => page.goto(`${page.url().split('#')[0]}#${place}`);
  /** What the browser tells its pages; the way to the core, on loopback, stays as it is. */
  const network = (present: boolean) =>
    page.evaluate(
      `Object.defineProperty(navigator, 'onLine', { value: ${present}, configurable: true });
      window.dispatchEvent(new Event('${present ? 'online' : 'offline'}'))`,
    );
  const draft = async (key: string) => (await host.client.drafts.get({ key }))?.value;

  it('brings a half-filled form back after the window was closed, without its password', async () => {
    await goTo('/add');
    await form.field('Name').fill('Annex, half typed');
    await form.field('Host').fill('10.20.30.40');
    await form.password().fill('never-in-a-draft');
    await expectSoon(() => draft('cluster')).toMatchObject({ name: 'Annex, half typed' });
    expect(JSON.stringify(await draft('cluster'))).not.toContain('never-in-a-draft');
    await page.context().close();

    page = await host.newPage({ at: '#/add', colorScheme: 'dark' });
    form = new ClusterFormPage(page);
    await page.getByText(/Your draft from/).waitFor();
    expect(await form.field('Name').inputValue()).toBe('Annex, half typed');
    expect(await form.field('Id').inputValue()).toBe('annex-half-typed');
    expect(await form.field('Host').inputValue()).toBe('10.20.30.40');
    expect(await form.password().inputValue()).toBe('');
    await expectEverySize(page, 'draft');

    await form.password().fill('typed again');
    await form.save.click();
    await page.getByText('Annex, half typed is on the deck').waitFor();
    expect(await draft('cluster')).toBeUndefined();
  });

  it('lays a draft of an edit over what is stored by now, and starts afresh when asked', async () => {
    await goTo('/edit/hall-c');
    await page.getByLabel('Description').fill('Half a sentence');
    const { uuid } = await host.client.clusters.get({ ref: 'hall-c' });
    await expectSoon(() => draft(`cluster ${uuid}`)).toEqual({ description: 'Half a sentence' });
    await host.client.clusters.update({ uuid, changes: { priority: 33 } });

    await page.reload();
    await page.getByText(/Your draft from/).waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe('Half a sentence');
    expect(await form.field('Priority').inputValue()).toBe('33');
    await page.getByRole('button', { name: 'Start afresh' }).click();
    expect(await page.getByLabel('Description').inputValue()).not.toBe('Half a sentence');
    await expectSoon(() => draft(`cluster ${uuid}`)).toBeUndefined();
  });

  it('says so, edits and saves all the same, and goes on with a test when the network is back', async () => {
    const { endpoint } = host.lab.cluster('student-lab');
    await goTo('/edit/student-lab');
    await page.getByText('Pick one, or type another.').waitFor();
    await network(false);
    await page.getByRole('status').getByText('No network').waitFor();
    await page.getByText('This machine has no network.').waitFor();
    await expectAccessible(page);

    await form.field('Port').fill('1');
    await form.runTest();
    await form.test.getByText('The test goes on when the network is back.').waitFor();
    await form.field('Port').fill(String(endpoint.port));
    await network(true);
    await form.test.getByText('Quorum: passed').waitFor();

    await network(false);
    await page.getByLabel('Description').fill('Edited on a train');
    await form.save.click();
    await page.waitForURL(/#\/clusters\/student-lab$/);
    expect((await host.client.clusters.get({ ref: 'student-lab' })).description).toBe(
      'Edited on a train',
    );
    await network(true);
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
