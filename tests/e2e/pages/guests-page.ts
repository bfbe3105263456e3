import type { Locator, Page } from 'playwright-core';

/** A list of guests: of all clusters, or in a cluster's page. */
export class GuestsPage {
  readonly page: Page;
  readonly query: Locator;
  readonly grid: Locator;
  readonly rows: Locator;
  readonly toolbar: Locator;
  readonly drawer: Locator;

  constructor(page: Page) {
    this.page = page;
    this.query = page.getByRole('textbox', { name: 'Find guests' });
    this.grid = page.getByRole('grid', { name: 'Guests' });
    this.rows = this.grid.locator('tbody tr');
    this.toolbar = page.getByRole('toolbar', { name: 'Selected guests' });
    this.drawer = page.getByRole('dialog');
  }

  async open(): Promise<void> {
    await this.page.getByRole('link', { name: 'Guests' }).first().click();
    await this.rows.first().waitFor();
  }

  /** `105 guests, 9 templates` or `12 of 114`. */
  count(): Promise<string> {
    return this.page.locator('main output').first().innerText();
  }

  async find(query: string): Promise<void> {
    await this.query.fill(query);
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Which rows are told to be selected, by name. */
  async selectedNames(): Promise<string[]> {
    const rows = this.grid.locator('tbody tr[aria-selected=true]');
    return Promise.all((await rows.all()).map((row) => nameOf(row)));
  }

  /** The name of the row the keyboard stands on. */
  async cursorName(): Promise<string | null> {
    const id = await this.grid.getAttribute('aria-activedescendant');
    return id === null ? null : nameOf(this.page.locator(`[id="${id}"]`));
  }

  async names(): Promise<string[]> {
    return Promise.all((await this.rows.all()).map((row) => nameOf(row)));
  }

  async act(action: string): Promise<void> {
    await this.toolbar.getByRole('button', { name: action, exact: true }).click();
  }
}

async function nameOf(row: Locator): Promise<string> {
  const cell = row.locator('td').nth(1).locator('span:not([role])').first();
  return (await cell.innerText()).trim();
}
