import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { DeckPage } from './pages/deck-page';

describe('the deck', { timeout: 60_000 }, () => {
  let host: TestHost;
  let page: Page;
  let deck: DeckPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { unauthorizedDelayMs: 50 } });
    await host.client.settings.update({ pollSeenS: 5 });
    page = await host.newPage();
    deck = new DeckPage(page);
    await deck.card('Student lab').getByText('standalone').waitFor();
    await deck.card('Production').getByText('quorate').waitFor();
    await deck.card('Hall C').getByText('2/3 nodes').waitFor();
  });
  beforeEach(async () => {
    await page.keyboard.press('Escape');
    await deck.open();
  });
  afterAll(() => host.close());

  it('shows each cluster with what it is, how it fares and what is wrong', async () => {
    expect(await deck.names()).toEqual(['Production', 'Student lab', 'Hall C']);
    const production = deck.card('Production');
    expect(await production.innerText()).toMatch(/PVE 9\.2\.11/);
    expect(await production.innerText()).toMatch(/3\/3 nodes/);
    expect(await production.getByText(/\d+ of \d+ cores/).count()).toBe(1);
    expect(await production.getByLabel('Protected').isVisible()).toBe(true);
    expect(await production.getByLabel('Default').isVisible()).toBe(true);
    const hall = deck.card('Hall C');
    expect(await hall.getByText('Node c3 does not answer').isVisible()).toBe(true);
    await hall.getByRole('button', { name: 'Look' }).click();
    await page.waitForURL(/#\/clusters\/hall-c\/nodes/);
  });

  it('counts clusters, trouble and guests in one sentence', async () => {
    const inventory = await host.client.inventory.query({});
    const guests = inventory
      .flatMap((cluster) => cluster.guests)
      .filter((guest) => !guest.template).length;
    await page.getByText(`3 clusters · 3 live · 1 needs you · ${guests} guests`).waitFor();
  });

  it('filters by text and by state, and finds back', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('stud lab');
    await expect.poll(() => deck.names()).toEqual(['Student lab']);
    await page.keyboard.press('Escape');
    await expect.poll(() => deck.names()).toHaveLength(3);
    await deck.onlyState('Needs you');
    await expect.poll(() => deck.names()).toEqual(['Hall C']);
    await deck.filter.fill('nothing is called so');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await expect.poll(() => deck.names()).toHaveLength(3);
  });

  it('keeps a filter while another page is looked at', async () => {
    await deck.filter.fill('hall');
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await deck.open();
    expect(await deck.names()).toEqual(['Hall C']);
    await deck.filter.fill('');
  });

  it('orders the cards as asked, and remembers it in the store', async () => {
    await deck.order('What needs you first');
    await expect.poll(() => deck.names()).toEqual(['Hall C', 'Production', 'Student lab']);
    expect((await host.client.settings.get()).deckSort).toBe('attention');
    await deck.order('Priority');
    await expect.poll(async () => (await deck.names())[0]).toBe('Production');
  });

  it('shows the clusters of one group', async () => {
    await page.getByRole('link', { name: /^Teaching\s*2 clusters$/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Teaching' }).waitFor();
    expect(await deck.names()).toEqual(['Student lab', 'Hall C']);
    await page.getByRole('radio', { name: 'All' }).click();
    await expect.poll(() => deck.names()).toHaveLength(3);
  });

  it('moves between cards with arrows and opens one with Enter', async () => {
    await deck.card('Production').locator('[data-card]').focus();
    await page.keyboard.press('ArrowRight');
    expect(await deck.focusedCard()).toBe('Student lab');
    await page.keyboard.press('End');
    expect(await deck.focusedCard()).toBe('Hall C');
    await page.keyboard.press('Home');
    expect(await deck.focusedCard()).toBe('Production');
    await page.keyboard.press('Tab');
    const name = await page.evaluate(`document.activeElement.getAttribute('aria-label')`);
    expect(name).toBe('Actions for Production');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/clusters\/prod-main$/);
  });

  it('switches a deployment toggle on the card', async () => {
    const idle = deck.toggle('Student lab', 'Idle shutdown');
    expect(await idle.getAttribute('aria-pressed')).toBe('false');
    await idle.click();
    await expect.poll(() => idle.getAttribute('aria-pressed')).toBe('true');
    const stored = await host.client.clusters.get({ ref: 'student-lab' });
    expect(stored.autoShutdownEnabled).toBe(true);
  });

  it('hands the default over, so that exactly one has it', async () => {
    await deck.menu('Student lab', 'Make it the default');
    await deck.card('Student lab').getByLabel('Default').waitFor();
    await expect.poll(() => page.getByLabel('Default').count()).toBe(1);
  });

  it('pauses a cluster, takes one into maintenance, and says so', async () => {
    await deck.menu('Hall C', 'Pause watching');
    await deck.card('Hall C').getByText('paused', { exact: true }).last().waitFor();
    await deck.menu('Hall C', 'Watch it again');
    await deck.menu('Student lab', 'Take into maintenance');
    await deck.card('Student lab').getByText('maintenance', { exact: true }).last().waitFor();
    await deck.menu('Student lab', 'End the maintenance');
    await deck.card('Student lab').getByText('standalone').waitFor();
  });

  it('keeps the last known data of a cluster that does not answer, with their age', async () => {
    await host.lab.cluster('prod-main').refuseConnections();
    const card = deck.card('Production');
    await card.getByText('unreachable', { exact: true }).last().waitFor();
    await card.getByText(/\d+ s ago/).waitFor();
    expect(await card.getByText(/of \d+ guests ran/).isVisible()).toBe(true);
    await host.lab.cluster('prod-main').acceptConnections();
    await card.getByRole('button', { name: 'Try now' }).click();
    await card.getByText('quorate').waitFor();
  });

  it('shows more on less room when asked to', async () => {
    const before = (await deck.card('Hall C').boundingBox())?.height ?? 0;
    await page.getByRole('button', { name: 'Show more densely' }).click();
    await expect
      .poll(async () => (await deck.card('Hall C').boundingBox())?.height ?? before)
      .toBeLessThan(before);
    await page.getByRole('button', { name: 'Show more comfortably' }).click();
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
