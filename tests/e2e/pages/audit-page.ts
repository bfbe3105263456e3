import type { Locator, Page } from 'playwright-core';

/** The audit: its filter, its entries and the drawer of one of them. */
export class AuditPage {
  readonly page: Page;
  readonly entries: Locator;
  readonly drawer: Locator;
  readonly search: Locator;

  constructor(page: Page) {
    this.page = page;
    this.entries = page.getByRole('grid', { name: 'Entries' });
    this.drawer = page.getByRole('dialog');
    this.search = page.getByRole('searchbox', { name: 'Find words in entries' });
  }

  /** The rows in sight, each as `what of`. */
  async rows(): Promise<string[]> {
    const rows = await this.entries.locator('tbody tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
    return cells.map(([, , what = '', of = '']) => `${what} ${of}`.trim());
  }

  async openEntry(text: string | RegExp): Promise<void> {
    await this.entries.locator('tbody tr').filter({ hasText: text }).first().click();
    await this.drawer.waitFor();
  }
}
