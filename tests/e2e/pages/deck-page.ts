import type { Locator, Page } from 'playwright-core';

/** The deck as a person meets it. */
export class DeckPage {
  readonly page: Page;
  readonly cards: Locator;
  readonly filter: Locator;

  constructor(page: Page) {
    this.page = page;
    this.cards = page.getByRole('list', { name: 'Clusters' }).getByRole('article');
    this.filter = page.getByRole('searchbox', { name: 'Filter the clusters' });
  }

  async open(): Promise<void> {
    await this.page.getByRole('link', { name: 'Deck', exact: true }).first().click();
    await this.page.getByRole('heading', { level: 1, name: 'Deck' }).waitFor();
  }

  card(name: string): Locator {
    return this.page.getByRole('article', { name, exact: true });
  }

  /** The names of the cards in their order. */
  names(): Promise<string[]> {
    return this.cards.locator('[data-card]').allInnerTexts();
  }

  toggle(name: string, toggle: string): Locator {
    return this.card(name).getByRole('button', { name: toggle, exact: true });
  }

  async menu(name: string, command: string): Promise<void> {
    await this.page.getByRole('button', { name: `Actions for ${name}` }).click();
    await this.page.getByRole('menuitem', { name: command, exact: true }).click();
  }

  async order(by: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Order of the cards' }).click();
    await this.page.getByRole('menuitemradio', { name: by }).click();
  }

  async onlyState(state: string): Promise<void> {
    await this.page.getByRole('button', { name: /^State/ }).click();
    await this.page.getByRole('menuitemcheckbox', { name: state }).click();
    await this.page.keyboard.press('Escape');
  }

  /** The name of the card the keyboard stands on. */
  focusedCard(): Promise<string> {
    return this.page.locator('[data-card]:focus').innerText();
  }
}
