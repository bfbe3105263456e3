import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { DeckPage } from './pages/deck-page';
import { expectSoon } from './support/expect-soon';
import { expectEverySize } from './support/inspect';

let host: TestHost;
let page: Page;

beforeAll(async () => {
  host = await startTestHost({ lab: { clusters: 1, clusteros: 2, ambient: false } });
  await host.client.inventory.poll({});
});
afterAll(() => host.close());

const open = async (at: string) => {
  page = await host.newPage({ at });
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const closing = () => page.context().close();

describe('the deck', () => {
  beforeEach(async () => {
    await open('#/');
    return closing;
  });

  it('shows ClusterOS cards beside those of Proxmox', async () => {
    const deck = new DeckPage(page);
    const card = deck.card('Forge');
    await card.getByText('5/5 nodes').waitFor();
    const words = await card.innerText();
    expect(words).toContain('ClusterOS');
    expect(words).toMatch(/leader forge-\d/);
    expect(words).toMatch(/\d+ jobs? runs?/);
    expect(words).toContain('Disk');
    await expectEverySize(page, 'deck-clusteros');
  });
});

describe('a ClusterOS cluster', () => {
  const tabs = ['overview', 'nodes', 'jobs', 'pods', 'partitions', 'services', 'configuration'];
  for (const tab of tabs) {
    it(`${tab} is accessible and fits`, { timeout: 60_000 }, async () => {
      await open(`#/clusters/forge/${tab}`);
      await page.getByText('5/5 nodes').waitFor();
      await expectSoon(() => page.locator('main').innerText()).toContain('forge');
      await expectEverySize(page, `clusteros-${tab}`);
      await closing();
    });
  }
});

it('wrote no error to the console', () => {
  expect(host.pageErrors).toEqual([]);
});
