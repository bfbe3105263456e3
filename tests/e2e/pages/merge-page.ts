import type { Locator, Page } from 'playwright-core';

/** The wizard of a merge, and the page on which nodes are watched crossing over. */
export class MergePage {
  readonly page: Page;
  readonly lanes: Locator;

  constructor(page: Page) {
    this.page = page;
    this.lanes = page.getByRole('region', { name: 'Nodes crossing over' });
  }

  async chooseOther(name: string): Promise<void> {
    await this.page.getByRole('radio', { name, exact: true }).click();
  }

  async swap(): Promise<void> {
    await this.page.getByRole('button', { name: 'Swap' }).click();
  }

  /** What a node's lane says, as `b2 first crosses over, between both`. */
  async node(name: string): Promise<string> {
    const lane = this.lanes.locator(`[data-node="${name}"]`);
    return (await lane.innerText()).replaceAll(/\s+/g, ' ').replaceAll(' ,', ',');
  }

  /** The line of a job by its number, in the table of one of the two clusters. */
  async job(table: string, id: string): Promise<string> {
    return (await this.#line(table, id).innerText()).replaceAll(/\s+/g, ' ');
  }

  /** Opens what can be done with it. */
  async openJob(table: string, id: string): Promise<void> {
    await this.#line(table, id).getByRole('button', { name: id, exact: true }).click();
    await this.page.getByRole('dialog').getByText(`job ${id} of`).waitFor();
  }

  #line(table: string, id: string): Locator {
    const rows = this.page.getByRole('table', { name: table }).locator('tbody tr');
    return rows.filter({ has: this.page.getByRole('cell', { name: id, exact: true }) }).first();
  }
}
