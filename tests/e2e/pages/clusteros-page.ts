import type { Locator, Page } from 'playwright-core';

/** The page of one ClusterOS cluster, with its lists of nodes and jobs. */
export class ClusterosPage {
  readonly page: Page;
  readonly jobs: Locator;
  readonly rows: Locator;
  readonly query: Locator;
  readonly toolbar: Locator;
  readonly drawer: Locator;

  constructor(page: Page) {
    this.page = page;
    this.jobs = page.getByRole('grid', { name: 'Jobs' });
    this.rows = this.jobs.locator('tbody tr');
    this.query = page.getByRole('textbox', { name: 'Find jobs' });
    this.toolbar = page.getByRole('toolbar', { name: 'Selected jobs' });
    this.drawer = page.getByRole('dialog');
  }

  async open(clusterId: string, tab: string): Promise<void> {
    const base = this.page.url().split('#')[0];
    await this.page.goto(`${base}#/clusters/${clusterId}/${tab}`);
    await this.page.getByRole('link', { name: new RegExp(`^${tab}`, 'i') }).waitFor();
  }

  /** A node's line in the table of nodes. */
  node(name: string): Locator {
    return this.page
      .getByRole('table', { name: 'Nodes' })
      .locator('tbody tr')
      .filter({ has: this.page.getByRole('button', { name, exact: true }) });
  }

  async tickNode(name: string): Promise<void> {
    await this.page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).click();
  }

  job(id: string): Locator {
    return this.rows.filter({ has: this.page.getByText(id, { exact: true }) });
  }

  async tickJob(id: string): Promise<void> {
    await this.job(id).locator('td').first().click();
  }

  /** `7 jobs` or `2 of 7` */
  count(): Promise<string> {
    return this.page.locator('main output').first().innerText();
  }

  async preset(name: string): Promise<void> {
    await this.page.getByRole('radio', { name, exact: true }).click();
  }
}
