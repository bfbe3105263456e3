import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { DeckPage } from './pages/deck-page';
import { expectAccessible, expectNoSidewaysScroll, picture } from './support/inspect';

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
];
const SCHEMES = ['dark', 'light'] as const;

interface Screen {
  name: string;
  at: string;
  /** resolves when the screen shows what it is about */
  ready(page: Page): Promise<void>;
}

const SCREENS: readonly Screen[] = [
  {
    name: 'deck',
    at: '#/',
    ready: (page) => new DeckPage(page).card('Student lab').getByText('standalone').waitFor(),
  },
  {
    name: 'add',
    at: '#/add',
    ready: (page) => page.getByRole('heading', { name: 'Add a cluster' }).waitFor(),
  },
  {
    name: 'edit',
    at: '#/edit/prod-main',
    ready: (page) => page.getByText('Pick one, or type another.').waitFor(),
  },
  {
    name: 'settings',
    at: '#/settings',
    ready: (page) => page.getByText('GNU GPL, version 3 or later').waitFor(),
  },
  {
    name: 'not-here',
    at: '#/nowhere',
    ready: (page) => page.getByText('There is no such page.').waitFor(),
  },
];

describe('every screen, dark and light, large and small', { timeout: 120_000 }, () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await startTestHost();
    await host.client.inventory.poll({});
  });
  afterAll(() => host.close());

  for (const screen of SCREENS) {
    it(`${screen.name} is accessible and fits`, async () => {
      const page = await host.newPage({ at: screen.at });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          await screen.ready(page);
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
          await picture(page, `${screen.name}-${colorScheme}-${size.width}`);
        }
      }
      await page.context().close();
    });
  }

  it('stands still without motion for who asked for that', async () => {
    const page = await host.newPage({ reducedMotion: 'reduce' });
    await new DeckPage(page).card('Production').waitFor();
    const time = await page.evaluate(
      `getComputedStyle(document.querySelector('article')).transitionDuration`,
    );
    expect(time).toBe('0s');
  });

  it('shows a hundred clusters as one tidy deck', async () => {
    const { clusters } = host.client;
    for (let n = 4; n <= 100; n += 1) {
      await clusters.create({
        clusterId: `far-${n}`,
        name: n % 7 === 0 ? `A cluster with quite a long name, number ${n}` : `Far away ${n}`,
        endpoints: [{ host: '127.0.0.1', port: 1, pin: null }],
        verify: 'ca',
        isActive: n % 5 !== 0,
        priority: n,
      });
    }
    const page = await host.newPage({ colorScheme: 'dark' });
    const deck = new DeckPage(page);
    await page.getByText('100 clusters').waitFor();
    expect(await deck.cards.count()).toBe(100);
    const heights = await page.evaluate(
      `[...new Set([...document.querySelectorAll('article')].map((card) => card.offsetHeight))]`,
    );
    expect(heights).toHaveLength(1);
    await expectNoSidewaysScroll(page);
    await picture(page, 'deck-100-dark');
    await page.setViewportSize({ width: 2560, height: 1440 });
    await picture(page, 'deck-100-dark-2560');
    await page.getByRole('button', { name: 'Show more densely' }).click();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await picture(page, 'deck-100-compact-light');
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
