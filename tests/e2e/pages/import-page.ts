import type { Locator, Page } from 'playwright-core';

interface FileGiven {
  name: string;
  content: string | Buffer;
}

/** Clusters out of a file. */
export class ImportPage {
  readonly page: Page;
  readonly table: Locator;
  readonly deed: Locator;

  constructor(page: Page) {
    this.page = page;
    this.table = page.getByRole('table', { name: 'Clusters in the file' });
    this.deed = page.getByRole('button', { name: /^Import( \d+ clusters?)?$/ });
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.page.url().split('#')[0]}#/import`);
    await this.page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
  }

  async choose({ name, content }: FileGiven): Promise<void> {
    await this.page
      .getByLabel('Choose a file')
      .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
  }

  /** As with the mouse, anywhere on the window. */
  async drop({ name, content }: FileGiven): Promise<void> {
    const transfer = await this.page.evaluateHandle(
      `(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(content.toString())}], ${JSON.stringify(name)}));
        return transfer;
      })()`,
    );
    await this.page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
    await this.page.getByText('Drop it to look inside').waitFor();
    await this.page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  }

  row(name: string): Locator {
    return this.table.getByRole('row').filter({
      has: this.page.getByRole('checkbox', { name: `Import ${name}`, exact: true }),
    });
  }

  tick(name: string): Locator {
    return this.page.getByRole('checkbox', { name: `Import ${name}`, exact: true });
  }

  whatToDo(name: string): Locator {
    return this.page.getByRole('combobox', { name: `What to do with ${name}` });
  }
}
