import type { Locator, Page } from 'playwright-core';

/** What was asked of guests, and one of these operations in its drawer. */
export class OperationsPage {
  readonly page: Page;
  readonly drawer: Locator;
  readonly messages: Locator;

  constructor(page: Page) {
    this.page = page;
    this.drawer = page.getByRole('dialog');
    this.messages = page.getByRole('region', { name: 'Messages' });
  }

  list(title: 'Running' | 'Past'): Locator {
    return this.page.getByRole('region', { name: title }).getByRole('listitem');
  }

  async openFirst(title: 'Running' | 'Past'): Promise<void> {
    await this.list(title).first().getByRole('button').click();
    await this.drawer.waitFor();
  }

  /** State and result of each guest, by its name. */
  async results(): Promise<Record<string, string>> {
    const rows = await this.drawer.locator('tbody tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
    return Object.fromEntries(
      cells.map(([guest = '', state = '']) => [guest.split('\n')[0] ?? '', state.trim()]),
    );
  }
}
