import type { Locator, Page } from 'playwright-core';

/** Remotes, what waits, and the sync with one remote. */
export class SyncPage {
  readonly page: Page;
  /** the dialog of a remote */
  readonly form: Locator;
  readonly waiting: Locator;

  constructor(page: Page) {
    this.page = page;
    this.form = page.getByRole('dialog', { name: /remote|^Edit/ });
    this.waiting = page.getByRole('list', { name: 'Waiting changes' });
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.page.url().split('#')[0]}#/sync`);
    await this.page.getByRole('heading', { level: 1, name: 'Sync & bundles' }).waitFor();
  }

  remote(name: string): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  /** Opens the sync with a remote to look at it before it is done. */
  async look(name: string): Promise<void> {
    await this.open();
    await this.remote(name).getByRole('button', { name: 'Look first' }).click();
    await this.page.getByRole('heading', { level: 1, name: `Sync with ${name}` }).waitFor();
  }

  /** One cluster of a sync, by its name or its id. */
  entry(name: string): Locator {
    return this.page
      .getByRole('list', { name: 'Clusters of this sync' })
      .getByRole('listitem')
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  take(clusterId: string, field: string, side: 'mine' | 'theirs'): Locator {
    return this.entry(clusterId).getByRole('radio', {
      name: new RegExp(`^${field}: take ${side}`),
    });
  }
}
