import type { Locator, Page } from 'playwright-core';

/** The wizard of a handoff or a leave, and the page on which the operation is watched. */
export class HandoffPage {
  readonly page: Page;
  readonly stages: Locator;
  readonly approve: Locator;

  constructor(page: Page) {
    this.page = page;
    this.stages = page.getByRole('navigation', { name: 'Stages' });
    this.approve = page.getByRole('button', { name: 'Approve and start' });
  }

  /** Opens a place in the program, as `/clusters/forge/handoff`, with what its address names. */
  async open(path: string, params: Record<string, string> = {}): Promise<void> {
    await this.openPage(path, params);
    await this.stages.waitFor();
  }

  /** Opens any place in the program. */
  async openPage(path: string, params: Record<string, string> = {}): Promise<void> {
    const url = new URL(this.page.url());
    url.search = new URLSearchParams(params).toString();
    url.hash = path;
    await this.page.goto(url.href);
  }

  /** The stage that is open. */
  stage(): Promise<string> {
    return this.stages.locator('[aria-current="step"]').innerText();
  }

  async choose(role: string, node: string): Promise<void> {
    await this.page.getByRole('radio', { name: role, exact: true }).click();
    await this.page.getByRole('radio', { name: node, exact: true }).click();
  }

  /** From the choice, over the checks and the plan, to where it is approved. */
  async goToApproval(): Promise<void> {
    await this.look();
    await this.page.getByRole('button', { name: 'See the plan' }).click();
    await this.page.getByRole('button', { name: 'Go to the approval' }).click();
    await this.approve.waitFor();
  }

  /** Leaves the choice and waits until the nodes have answered. */
  async look(): Promise<void> {
    await this.page.getByRole('button', { name: 'Look whether it can be done' }).click();
    await this.page.getByRole('button', { name: 'See the plan' }).waitFor();
  }

  /** Types what is asked for and begins. */
  async start(confirm: string): Promise<void> {
    await this.page.getByRole('textbox', { name: /to approve it/ }).fill(confirm);
    await this.approve.click();
    await this.page.waitForURL(/#\/operations\/[^/]+\/[0-9a-f-]{36}/);
  }

  /** id of the operation that is watched */
  id(): string {
    return /[0-9a-f-]{36}/.exec(this.page.url())?.[0] ?? '';
  }

  /** A step of the story, with its title and what became of it. */
  step(title: string | RegExp): Locator {
    return this.page.getByRole('listitem').filter({ hasText: title });
  }

  /** Asks for something and confirms it in the dialog. */
  async ask(label: string, action = label): Promise<void> {
    await this.page.getByRole('main').getByRole('button', { name: label, exact: true }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }
}
