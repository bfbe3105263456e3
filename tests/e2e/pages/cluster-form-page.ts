import type { Locator, Page } from 'playwright-core';

/** Adding or editing a cluster. */
export class ClusterFormPage {
  readonly page: Page;
  readonly test: Locator;
  readonly save: Locator;

  constructor(page: Page) {
    this.page = page;
    this.test = page.locator('section', {
      has: page.getByRole('heading', { name: 'Connection test' }),
    });
    this.save = page.getByRole('button', { name: /^(Add cluster|Save)$/ });
  }

  async openNew(): Promise<void> {
    await this.page.getByRole('button', { name: 'Add cluster' }).click();
    await this.page.getByRole('heading', { name: 'Add a cluster' }).waitFor();
  }

  async openFor(clusterId: string): Promise<void> {
    await this.page.goto(`${this.page.url().split('#')[0]}#/edit/${clusterId}`);
    await this.page.getByRole('heading', { level: 1, name: /^Edit / }).waitFor();
  }

  field(name: string): Locator {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  password(label = 'Password'): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  /** What stands below a field: its error or its hint. */
  async note(field: Locator): Promise<string> {
    const id = await field.getAttribute('aria-describedby');
    return id === null ? '' : this.page.locator(`[id="${id}"]`).innerText();
  }

  async endpoint(host: string, port: number): Promise<void> {
    await this.field('Host').fill(host);
    await this.field('Port').fill(String(port));
  }

  async runTest(): Promise<void> {
    await this.test.getByRole('button', { name: /^Test/ }).click();
  }

  switch(name: string): Locator {
    return this.page.getByRole('switch', { name, exact: true });
  }
}
