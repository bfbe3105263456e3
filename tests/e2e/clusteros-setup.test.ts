import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ClusterFormPage } from './pages/cluster-form-page';
import { ClusterosPage } from './pages/clusteros-page';
import { DeckPage } from './pages/deck-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

describe('setting up ClusterOS', { timeout: 90_000 }, () => {
  let host: TestHost;
  let page: Page;
  let bench: DemoClusterOs;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'enrol-'));
    host = await startTestHost({ lab: { clusters: 1, clusteros: 2, ambient: false } });
    const found = host.lab.clusteros.find(({ id }) => id === 'bench');
    if (found === undefined) throw new Error('The demo has no cluster bench');
    bench = found;
    const { uuid } = await host.client.clusters.get({ ref: 'bench' });
    await host.client.clusters.remove({ uuid });
    page = await host.newPage();
  });
  afterAll(async () => {
    await host.close();
    rmSync(folder, { recursive: true });
  });

  it('adds a cluster by address and token, its certificate trusted on sight', async () => {
    const form = new ClusterFormPage(page);
    await form.openNew();
    await page.getByRole('radio', { name: 'ClusterOS' }).click();
    expect(await form.field('Port').inputValue()).toBe('9090');
    expect(await page.getByRole('switch', { name: 'New guests' }).count()).toBe(0);
    await form.field('Name').fill('Bench');
    await form.endpoint('127.0.0.1', bench.endpoints[0]?.port ?? 0);
    await form.password('Token').fill('cdk_wrong_token');
    await form.runTest();
    await page.getByText('On the node, node-agent info prints it.').waitFor();
    await expectEverySize(page, 'clusteros-add-trust');
    await page.getByRole('button', { name: 'Trust this certificate' }).click();
    await form.test.getByText('Authentication: failed').waitFor();
    await form.password('Token').fill(bench.token('operator'));
    await form.runTest();
    await form.test.getByText('Shared state: passed').waitFor();
    await expectEverySize(page, 'clusteros-add');
    await form.save.click();
    const card = new DeckPage(page).card('Bench');
    await card.getByText('2/2 nodes').waitFor();
    const stored = await host.client.clusters.get({ ref: 'bench' });
    expect(stored).toMatchObject({
      kind: 'clusteros',
      authKind: 'token',
      user: '',
      hasSecret: true,
    });
    expect(stored.endpoints[0]?.pin).toBe(bench.endpoints[0]?.fingerprint);
  });

  it('edits it without asking for the token again, and without changing its kind', async () => {
    const form = new ClusterFormPage(page);
    await form.openFor('bench');
    expect(await page.getByRole('radio', { name: 'ClusterOS' }).count()).toBe(0);
    expect(await form.note(form.password('Token'))).toContain('Leave it blank');
    await page.getByRole('button', { name: 'Find the other members' }).click();
    await expectSoon(() => page.getByRole('textbox', { name: /^Host/ }).count()).toBe(2);
    await form.field('Name').fill('Bench two');
    await form.save.click();
    await page.getByRole('heading', { level: 1, name: 'Bench two' }).waitFor();
    expect((await host.client.clusters.get({ ref: 'bench' })).endpoints).toHaveLength(2);
  });

  it('finds jobs, nodes and enrolment in the palette', async () => {
    const [job] = host.lab.clusteros[0]?.world.jobs() ?? [];
    await expectSoon(
      async () => (await host.client.inventory.query({ cluster: 'forge' }))[0]?.jobs.length,
    ).toBeGreaterThan(0);
    const find = async (text: string) => {
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Search clusters, guests, jobs, actions').fill(text);
    };
    await find(String(job?.id));
    await page
      .getByRole('option', { name: new RegExp(`${job?.id}`) })
      .first()
      .waitFor();
    await picture(page, 'clusteros-palette');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: job?.name ?? '' }).waitFor();
    await page.keyboard.press('Escape');
    await find('jobs of bench');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Find jobs' }).waitFor();
  });

  it('writes what the nodes of a new cluster need, the key readable by nobody else', async () => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search clusters, guests, jobs, actions').fill('enrol nodes');
    await page.getByRole('option', { name: /^Enrol nodes ?a new/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Enrol nodes' });
    await dialog.getByRole('button', { name: 'Write the files' }).click();
    await dialog.getByText('Nothing was written').waitFor();
    await expectAccessible(page);
    await picture(page, 'clusteros-enrol-errors');
    const field = (name: string) => dialog.getByRole('textbox', { name, exact: true });
    await field('Name').fill('quarry');
    await field('Founder').fill('quarry-1');
    await field('Seeds').fill('10.9.0.1\n10.9.0.2:7000');
    const at = join(folder, 'quarry');
    await field('Folder').fill(at);
    await expectEverySize(page, 'clusteros-enrol');
    await dialog.getByRole('button', { name: 'Write the files' }).click();
    await page.getByRole('dialog', { name: 'The files are written' }).waitFor();
    await expectEverySize(page, 'clusteros-enrolled');
    const enrolment = join(at, 'enrolment.yaml');
    expect(existsSync(enrolment)).toBe(true);
    expect(statSync(enrolment).mode & 0o777).toBe(0o600);
    const text = readFileSync(enrolment, 'utf8');
    expect(text).toContain('10.9.0.2:7000');
    const key = /key: "?([A-Za-z0-9+/=]{40,})/.exec(text)?.[1] ?? 'no key was found';
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Done' }).click();
  });

  it('takes the key of a cluster on the deck hidden, and says when a file is in the way', async () => {
    await page.getByRole('button', { name: 'Actions for Bench two' }).click();
    await page.getByRole('menuitem', { name: 'Enrol nodes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Enrol nodes' });
    const key = dialog.getByLabel('Cluster key', { exact: true });
    expect(await key.getAttribute('type')).toBe('password');
    await key.fill(randomBytes(32).toString('base64'));
    await dialog.getByRole('textbox', { name: 'Folder', exact: true }).fill(join(folder, 'quarry'));
    await dialog.getByRole('button', { name: 'Write the files' }).click();
    await expectSoon(() =>
      dialog.getByRole('textbox', { name: 'Folder', exact: true }).getAttribute('aria-invalid'),
    ).toBe('true');
    await picture(page, 'clusteros-enrol-in-the-way');
    await dialog.getByRole('switch', { name: 'Replace files that are there' }).click();
    await dialog.getByRole('button', { name: 'Write the files' }).click();
    await page.getByRole('dialog', { name: 'The files are written' }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
  });

  it('keeps thousands of jobs light: only what is in sight exists', async () => {
    const [partition = ''] = bench.world.nodes[0]?.spec.partitions ?? [];
    for (let n = 0; n < 2000; n += 1) {
      bench.world.submit({
        user: 'gina',
        partition,
        name: `sweep-${n}`,
        cpus: 1,
        minutes: 9,
        held: true,
      });
    }
    bench.look();
    const { uuid } = await host.client.clusters.get({ ref: 'bench' });
    await host.client.connection.refresh({ uuid });
    const screen = new ClusterosPage(page);
    await screen.open('bench', 'jobs');
    await expectSoon(async () =>
      Number(await screen.jobs.getAttribute('aria-rowcount')),
    ).toBeGreaterThan(1000);
    expect(await screen.rows.count()).toBeLessThan(60);
    await screen.query.fill('name:sweep-77*');
    await expectSoon(() => screen.count()).toMatch(/^\d+ of \d+/);
    await picture(page, 'clusteros-many-jobs');
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
