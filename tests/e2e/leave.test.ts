import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import type { TestHost } from '#tests/support/host';
import type { HandoffPage } from './pages/handoff-page';
import { type ForgeScreen, openForge } from './support/clusteros-screen';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

describe('a node that leaves', { timeout: 90_000 }, () => {
  let host: TestHost;
  let forge: DemoClusterOs;
  let page: Page;
  let screen: HandoffPage;
  let stateOf: ForgeScreen['stateOf'];

  beforeAll(async () => {
    ({ host, forge, page, screen, stateOf } = await openForge());
  });
  afterAll(() => host.close());

  it('is asked how it goes', async () => {
    await page.getByRole('button', { name: 'forge-3', exact: true }).click();
    await page.getByRole('button', { name: 'More for forge-3' }).click();
    await page.getByRole('menuitem', { name: 'Leave the cluster…' }).click();
    await page.getByRole('heading', { level: 1, name: 'Take out forge-3' }).waitFor();
    const forGood = page.getByRole('radio', { name: 'It leaves for good' });
    await expectSoon(() => forGood.isChecked()).toBe(true);
    await page.getByRole('radio', { name: 'It only reboots' }).click();
    await expectSoon(() => forGood.isChecked()).toBe(false);
    await expectEverySize(page, 'leave-choose');
  });

  it('says who must end first, and what nothing brings back', async () => {
    await page.getByRole('radio', { name: 'It leaves for good' }).click();
    await screen.look();
    await page.getByRole('button', { name: 'See the plan' }).click();
    await page.getByRole('heading', { name: 'What can be taken back' }).waitFor();
    await expectEverySize(page, 'leave-plan');
  });

  it('waits for its jobs, is paused and gone on with, and is taken back', async () => {
    await screen.open('/clusters/forge/leave/forge-3', { way: 'reboot' });
    await screen.goToApproval();
    await screen.start('forge-3');
    await page
      .getByText(/^waits for/)
      .first()
      .waitFor();
    await expectEverySize(page, 'leave-waiting');
    await screen.ask('Pause');
    await page.getByText(/^It is paused before/).waitFor();
    await expectAccessible(page);
    await picture(page, 'leave-paused');
    await screen.ask('Resume');
    await expectSoon(() => stateOf(screen.id())).toBe('running');
    await page.getByRole('button', { name: 'Abort and undo' }).waitFor();
    await screen.ask('Abort and undo');
    await expectSoon(() => stateOf(screen.id())).toBe('undone');
    await page
      .getByText(/It was aborted by/)
      .first()
      .waitFor();
    expect(forge.world.nodes.find(({ spec }) => spec.name === 'forge-3')?.drainReason).toBeNull();
  });

  it('is seen under way on the deck and on its cluster’s page, and told when it is over', async () => {
    await screen.open('/clusters/forge/leave/forge-3', { way: 'reboot' });
    await screen.goToApproval();
    await screen.start('forge-3');
    const id = screen.id();
    await page.getByRole('link', { name: 'Deck', exact: true }).first().click();
    const card = page.getByRole('article', { name: 'Forge' });
    await card.getByRole('button', { name: 'Watch' }).waitFor();
    await expectAccessible(page);
    await picture(page, 'leave-deck');
    await page.getByRole('link', { name: 'Forge', exact: true }).first().click();
    await page.getByRole('button', { name: 'Watch it' }).waitFor();
    await picture(page, 'leave-cluster');
    await page
      .getByRole('link', { name: /^Operations/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'Running' }).getByRole('link').waitFor();
    await expectEverySize(page, 'leave-operations');
    forge.finishJobs('forge-3');
    await expectSoon(() => stateOf(id)).toBe('done');
    await page.getByRole('region', { name: 'Messages' }).getByText('It is done.').waitFor();
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
