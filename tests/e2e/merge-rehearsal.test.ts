import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { control } from '#electron/demo/controls';
import { startTestHost, type TestHost } from '#tests/support/host';
import { HandoffPage } from './pages/handoff-page';
import { MergePage } from './pages/merge-page';
import { expectSoon } from './support/expect-soon';
import { expectEverySize, picture } from './support/inspect';

// on the real engine, with the demo's simulated nodes: what a newcomer rehearses
describe('a merge in the demo', { timeout: 150_000 }, () => {
  let host: TestHost;
  let screen: MergePage;
  let wizard: HandoffPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 0, clusteros: 2 } });
    await host.client.inventory.poll({});
    const page = await host.newPage();
    screen = new MergePage(page);
    wizard = new HandoffPage(page);
  });
  afterAll(() => host?.close());

  /** What a person types into the terminal of the demo. */
  const type = (line: string) => control(host.lab, line);
  const nodesOf = async (cluster: string) => {
    await host.client.inventory.poll({});
    const [known] = await host.client.inventory.query({ cluster });
    return (known?.nodes ?? []).map(({ node }) => node).toSorted();
  };

  it('is planned from the card of one of the two', async () => {
    const { page } = screen;
    await page.getByRole('button', { name: 'Actions for Bench' }).click();
    await page.getByRole('menuitem', { name: 'Merge with another cluster' }).click();
    await screen.chooseOther('Forge');
    await page.getByText('Forge stays and takes up Bench.').waitFor();
    await wizard.goToApproval();
    await picture(page, 'rehearsal-approve');
  });

  it('lets an admin cancel a job that a node waits for', async () => {
    const { page } = screen;
    await type('fault bench-2 munge-fails');
    await wizard.start('bench');
    await expectSoon(() => screen.node('bench-2')).toMatch(/is being emptied.*waits for 2 jobs/);
    await expectEverySize(page, 'rehearsal-emptying');
    const [, holding] = /waits for 2 jobs: (\d+)/.exec(await screen.node('bench-2')) ?? [];
    await screen.openJob('Jobs of bench', holding ?? '');
    const drawer = page.getByRole('dialog');
    await picture(page, 'rehearsal-job');
    await drawer.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel 1 job' }).click();
    await page.keyboard.press('Escape');
    await expectSoon(() => screen.node('bench-2')).toMatch(/waits for 1 job:/);
  });

  it('says what a node lacks that has crossed, and goes on when that is mended', async () => {
    const { page } = screen;
    await type('finish bench-2');
    // the plan speaks of munge too: what is waited for names the node and what is wrong with it
    const lacks = page.getByText(/bench-2 to work in forge: It does not accept our munge/);
    await lacks.first().waitFor({ timeout: 60_000 });
    await picture(page, 'rehearsal-munge');
    await type('mend bench-2');
    await expectSoon(() => screen.node('bench-2')).toMatch(/crossed over/);
    await type('finish bench-1');
    await page.getByText('2 of 2 crossed over').waitFor({ timeout: 90_000 });
    await page.getByText(/It can be rolled back for another/).waitFor({ timeout: 30_000 });
    await expectEverySize(page, 'rehearsal-done');
    expect(await nodesOf('bench')).toEqual(await nodesOf('forge'));
  });

  it('is taken back by whoever changes their mind', async () => {
    const { page } = screen;
    await page.getByRole('main').getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    // jobs that forge began there meanwhile end first
    const undone = async () => {
      await type('finish bench-1');
      await type('finish bench-2');
      return page.getByText('It was undone: everything is as before.').isVisible();
    };
    await expect.poll(undone, { timeout: 90_000, interval: 500 }).toBe(true);
    await expectEverySize(page, 'rehearsal-undone');
    expect(await nodesOf('bench')).toEqual(['bench-1', 'bench-2']);
    expect(host.pageErrors).toEqual([]);
  });
});
