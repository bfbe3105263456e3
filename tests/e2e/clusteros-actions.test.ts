import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ClusterosPage } from './pages/clusteros-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

const PATIENT = { timeout: 90_000 };

describe('what is done on a ClusterOS cluster', PATIENT, () => {
  let host: TestHost;
  let page: Page;
  let forge: DemoClusterOs;
  let screen: ClusterosPage;
  let uuid: string;
  const ids: string[] = [];

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 0, clusteros: 1, ambient: false } });
    const [first] = host.lab.clusteros;
    if (first === undefined) throw new Error('The demo has no ClusterOS cluster');
    forge = first;
    uuid = (await host.client.clusters.get({ ref: 'forge' })).uuid;
    // held: they wait until somebody does something
    for (const name of ['wait-one', 'wait-two', 'wait-three']) {
      const wish = {
        user: 'gina',
        partition: partition(),
        name,
        cpus: 4,
        minutes: 600,
        held: true,
      };
      ids.push(String(forge.world.submit(wish)));
    }
    forge.look();
    await host.client.inventory.poll({});
    page = await host.newPage({ at: '#/clusters/forge/jobs' });
    screen = new ClusterosPage(page);
    await screen.rows.first().waitFor();
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    await host.client.access.setViewer({ viewer: false });
    await host.client.clusters.update({ uuid, changes: { protected: false, readOnly: false } });
    await page.keyboard.press('Escape');
  });

  const partition = () => forge.world.nodes[0]?.spec.partitions[0] ?? '';
  const jobNamed = (name: string) => forge.world.jobs().find((job) => job.name === name);

  it('finds jobs by a query, and by a choice beside it', async () => {
    await screen.query.fill('user:gina');
    await expectSoon(() => screen.count()).toMatch(/^3 of \d+/);
    await screen.preset('Running');
    await page.getByText('None of the jobs is like that').waitFor();
    await page.getByRole('button', { name: 'Show all' }).last().click();
    await expectSoon(() => screen.count()).toMatch(/^\d+ jobs/);
    await screen.query.fill('cpus:many');
    await page.getByRole('alert').filter({ hasText: 'cpus:>=16' }).waitFor();
    await screen.query.fill('');
    await screen.preset('Held');
    await expectSoon(() => screen.rows.count()).toBeGreaterThanOrEqual(3);
    await screen.preset('All');
  });

  it('releases several jobs at once, with a result for each', async () => {
    await screen.query.fill('user:gina');
    await screen.tickJob(ids[0] ?? '');
    await screen.tickJob(ids[1] ?? '');
    await screen.toolbar.getByText('2 jobs selected').waitFor();
    await screen.toolbar.getByRole('button', { name: 'Release' }).click();
    await page.getByText('They start as soon as there is place.').waitFor();
    await expectAccessible(page);
    await picture(page, 'clusteros-release');
    await page.getByRole('button', { name: 'Release 2 jobs' }).click();
    await page.getByRole('button', { name: 'Follow' }).first().click();
    const items = page.getByRole('table', { name: 'Nodes and jobs of this operation' });
    await expectSoon(() => items.getByText('done', { exact: true }).count()).toBe(2);
    expect(jobNamed('wait-one')?.held).toBe(false);
    expect(jobNamed('wait-two')?.held).toBe(false);
    expect(jobNamed('wait-three')?.held).toBe(true);
    await picture(page, 'clusteros-release-result');
    await page.keyboard.press('Escape');
    // jobs that wait no longer are left alone
    await screen.tickJob(ids[2] ?? '');
    await screen.toolbar.getByRole('button', { name: 'Hold' }).click();
    await page.getByText('None of the selected jobs can take this action.').waitFor();
    await page.getByText(/Left alone: 1 held already/).waitFor();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.getByRole('button', { name: 'Select none' }).click();
  });

  it('cancels a job of a protected cluster only after its id was typed', async () => {
    await host.client.clusters.update({ uuid, changes: { protected: true } });
    await screen.job(ids[2] ?? '').click();
    await screen.drawer.getByText('It is held.').waitFor();
    await expectEverySize(page, 'clusteros-job');
    await screen.drawer.getByRole('button', { name: 'Cancel', exact: true }).click();
    const deed = page.getByRole('button', { name: 'Cancel 1 job' });
    expect(await deed.isDisabled()).toBe(true);
    expect(jobNamed('wait-three')?.cancelled).toBe(false);
    await page.getByRole('textbox', { name: /to confirm/ }).fill('forge');
    await deed.click();
    await expectSoon(() => jobNamed('wait-three')?.cancelled ?? true).toBe(true);
    await page.keyboard.press('Escape');
    await screen.query.fill('');
  });

  it('drains a node with a reason and resumes it', async () => {
    await screen.open('forge', 'nodes');
    await screen.node('forge-4').waitFor();
    await screen.tickNode('forge-4');
    await page.getByText('1 node selected').waitFor();
    await page.getByRole('button', { name: 'Drain' }).first().click();
    const deed = page.getByRole('button', { name: 'Drain 1 node' });
    expect(await deed.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Reason' }).fill('a fan is loud');
    await expectAccessible(page);
    await picture(page, 'clusteros-drain');
    await deed.click();
    await screen.node('forge-4').getByText(/drain/).waitFor();
    expect(forge.world.nodes.find(({ spec }) => spec.name === 'forge-4')?.drainReason).toContain(
      'a fan is loud',
    );
    await screen.node('forge-4').getByRole('button').first().click();
    await page.getByText('Reason: a fan is loud').waitFor();
    await screen.tickNode('forge-4');
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await page.getByRole('button', { name: 'Resume 1 node' }).click();
    await expectSoon(() => screen.node('forge-4').innerText()).not.toContain('drain');
  });

  it('offers nothing in viewer mode, on a read-only cluster, and to a viewer’s token', async () => {
    await screen.open('forge', 'jobs');
    await screen.rows.first().waitFor();
    await screen.rows.first().locator('td').first().click();
    const hold = screen.toolbar.getByRole('button', { name: 'Hold' });
    const refused = async (words: string) => {
      await expectSoon(async () => {
        // what is pushed meanwhile may take the button from under the mouse
        await page.mouse.move(0, 0);
        await hold.hover({ force: true });
        const tip = page.getByRole('tooltip').getByText(words).first();
        return tip.waitFor({ timeout: 1500 }).then(
          () => true,
          () => false,
        );
      }).toBe(true);
      expect(await hold.getAttribute('aria-disabled')).toBe('true');
      await page.mouse.move(0, 0);
    };
    await host.client.access.setViewer({ viewer: true });
    await refused('Viewer mode is on');
    await host.client.access.setViewer({ viewer: false });
    await host.client.clusters.update({ uuid, changes: { readOnly: true } });
    await refused('read only here');
    await host.client.clusters.update({ uuid, changes: { readOnly: false } });
    await host.client.clusters.update({ uuid, changes: { secret: forge.token('viewer') } });
    await host.client.connection.refresh({ uuid });
    await refused('may only look');
    await host.client.clusters.update({ uuid, changes: { secret: forge.token('operator') } });
    await host.client.connection.refresh({ uuid });
    await expectSoon(() => hold.getAttribute('aria-disabled')).toBeNull();
  });

  it('shows a node that fell silent, and keeps what a silent cluster said last', async () => {
    await screen.open('forge', 'nodes');
    await forge.powerOff('forge-4');
    await host.client.connection.refresh({ uuid });
    await screen.node('forge-4').getByText('does not answer').waitFor();
    await expectEverySize(page, 'clusteros-node-lost');
    for (const { spec } of forge.nodes) await forge.powerOff(spec.name);
    await host.client.connection.refresh({ uuid });
    await page.getByText('What is shown was measured').waitFor();
    await screen.open('forge', 'overview');
    await expectEverySize(page, 'clusteros-silent');
    await page.getByRole('link', { name: 'Deck', exact: true }).first().click();
    await page.getByRole('article', { name: 'Forge' }).getByText('unreachable').last().waitFor();
    await picture(page, 'deck-clusteros-silent');
    for (const { spec } of forge.nodes) await forge.powerOn(spec.name);
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
