import type { Locator, Page } from 'playwright-core';

/** One cluster's page. */
export class ClusterPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(clusterId: string, tab = ''): Promise<void> {
    const base = this.page.url().split('#')[0];
    await this.page.goto(`${base}#/clusters/${clusterId}${tab === '' ? '' : `/${tab}`}`);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  async tab(name: string): Promise<void> {
    await this.page
      .getByRole('navigation', { name: /^Parts of/ })
      .getByRole('link', { name })
      .click();
  }

  /** A number of the strip with its sentence, as `12 %` and `19.9 of 160 cores`. */
  figure(label: string): Locator {
    return this.page
      .locator('main dl')
      .first()
      .locator('div')
      .filter({
        has: this.page.locator('dt', { hasText: label }),
      });
  }

  chart(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  /** The line of a drawn series: its path's commands. */
  async lines(title: string): Promise<string[]> {
    const paths = this.chart(title).locator(
      'path.recharts-curve.recharts-line-curve, path.recharts-area-curve',
    );
    await paths.first().waitFor();
    return paths.evaluateAll((list) => list.map((path) => path.getAttribute('d') ?? ''));
  }

  async span(name: string): Promise<void> {
    await this.page.getByRole('radio', { name, exact: true }).click();
  }

  table(name: string): Locator {
    return this.page.getByRole('table', { name, exact: true });
  }

  /** The texts of a table's cells, row by row. */
  async cells(name: string): Promise<string[][]> {
    const rows = await this.table(name).locator('tbody tr').all();
    return Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
  }
}
