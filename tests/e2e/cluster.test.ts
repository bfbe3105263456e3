import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { ClusterPage } from './pages/cluster-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectNoSidewaysScroll, picture } from './support/inspect';

let host: TestHost;
let page: Page;
let cluster: ClusterPage;

beforeAll(async () => {
  host = await startTestHost({ lab: { ambient: false, taskPace: 8 } });
});
afterAll(() => host.close());

const open = async (at: string, options: Parameters<TestHost['newPage']>[0] = {}) => {
  page = await host.newPage({ at: `#/clusters/${at}`, ...options });
  cluster = new ClusterPage(page);
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const closing = () => page.context().close();
const uuidOf = async (ref: string) => (await host.client.clusters.get({ ref })).uuid;

describe('a live cluster', () => {
  beforeEach(async () => {
    await open('prod-main');
    return closing;
  });

  it('says what it is and how it is reached', async () => {
    const lead = page.locator('header', { has: page.getByRole('heading', { level: 1 }) });
    await lead.getByText('3/3 nodes').waitFor();
    const words = await lead.innerText();
    for (const word of ['PVE 9.2.11', 'quorate', 'pinned', 'root@pam', 'prod-main']) {
      expect(words).toContain(word);
    }
  });

  it('sums up, with the measure beside each number', async () => {
    await cluster.figure('CPU').getByText('of 160 cores').waitFor();
    expect(await cluster.figure('Memory').innerText()).toMatch(/of 704 GiB/);
    expect(await cluster.figure('Storage').innerText()).toContain('shared once');
    expect(await cluster.figure('Guests').innerText()).toContain('of 56 run, 4 templates');
    expect(await cluster.figure('API calls').innerText()).toMatch(/last took \d+ ms/);
  });

  it('draws a line per node and gives the same numbers as a table', async () => {
    const lines = await cluster.lines('CPU by node');
    expect(lines).toHaveLength(3);
    expect(lines.every((path) => path.length > 100)).toBe(true);
    const chart = cluster.chart('CPU by node');
    await chart.getByRole('button', { name: 'CPU by node as a table' }).click();
    const table = chart.getByRole('table');
    const head = await table.getByRole('columnheader').allInnerTexts();
    expect(head).toEqual(['Time', 'pve-01', 'pve-02', 'pve-03']);
    expect(await table.locator('tbody tr').count()).toBeGreaterThan(50);
    expect(await table.locator('tbody td').nth(5).innerText()).toMatch(/^[\d.<]+ %$/);
  });

  it('lets the keyboard read a chart point by point', async () => {
    await cluster.lines('Memory by node');
    const chart = cluster.chart('Memory by node');
    await chart.locator('svg[role=application]').focus();
    await page.keyboard.press('ArrowLeft');
    const reading = chart.getByRole('status');
    await reading.waitFor();
    expect(await reading.innerText()).toMatch(/\d\d:\d\d[\s\S]*pve-01[\s\S]*%/);
  });

  it('draws another span when asked', async () => {
    const hour = await cluster.lines('Network');
    await cluster.span('Week');
    await expectSoon(() => cluster.lines('Network')).not.toEqual(hour);
    await cluster
      .chart('Network')
      .getByText(/Mon|Tue|Wed/)
      .first()
      .waitFor();
    await page.reload();
    await page.getByRole('radio', { name: 'Week', checked: true }).waitFor();
  });

  it('opens a node with its charts', async () => {
    await cluster.tab('Nodes 3');
    await cluster.table('Nodes').getByRole('button', { name: 'pve-03' }).click();
    await page.getByRole('heading', { level: 2, name: 'pve-03' }).waitFor();
    expect(await cluster.lines('CPU and IO wait')).toHaveLength(2);
    await page.reload();
    await page.getByRole('heading', { level: 2, name: 'pve-03' }).waitFor();
  });

  it('counts a shared storage once', async () => {
    await cluster.tab('Storage 8');
    const rows = await cluster.cells('Storages');
    expect(rows.filter(([name]) => name === 'ceph-vm')).toHaveLength(1);
    expect(rows.filter(([name]) => name === 'local')).toHaveLength(3);
    const shared = rows.find(([name]) => name === 'ceph-vm')?.join(' ') ?? '';
    expect(shared).toContain('shared by 3 nodes');
  });

  it('lists only its own guests', async () => {
    await cluster.tab('Guests 60');
    await page.locator('main output').getByText('guests').waitFor();
    expect(await page.locator('main output').first().innerText()).toBe('56 guests, 4 templates');
    const heads = await page.getByRole('columnheader').allInnerTexts();
    expect(heads.join(' ')).not.toContain('Cluster');
  });

  it('shows how it is set up', async () => {
    await cluster.tab('Configuration');
    const pin = host.lab.cluster('prod-main').endpoint.fingerprint;
    const shown = (await page.locator('main').innerText()).replaceAll(/\s/g, '');
    expect(shown).toContain(pin);
    await cluster.table('Privileges by feature').getByText('possible').first().waitFor();
  });
});

describe('the tasks of a cluster', () => {
  it('are told as they run, with the log as it is written, and can be stopped', async () => {
    const uuid = await uuidOf('student-lab');
    const lab = host.lab.cluster('student-lab');
    const guest = lab.guests().find((one) => one.status === 'stopped' && !one.template);
    const guestId = `${guest?.kind}/${guest?.vmid}`;
    await host.client.guests.act({ action: 'start', items: [{ uuid, guestId }] });
    await open('student-lab/tasks');
    const running = cluster.table('Tasks').locator('tbody tr', { hasText: 'running' });
    await running.waitFor();
    await running.getByRole('button').click();
    const drawer = page.getByRole('dialog');
    await drawer.getByText('running').first().waitFor();
    await picture(page, 'task-running');
    await drawer.getByRole('button', { name: 'Stop the task' }).click();
    await page
      .getByRole('dialog', { name: /^Stop “/ })
      .getByRole('button', { name: 'Stop the task' })
      .click();
    await drawer.getByText('The task failed.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: 'Failed', exact: true }).click();
    await cluster
      .table('Tasks')
      .locator('tbody tr', { hasText: `${guest?.vmid}` })
      .first()
      .waitFor();
    await closing();
  });
});

describe('a cluster in trouble', () => {
  it('shows which node is silent and what is unknown because of it', async () => {
    await open('hall-c');
    await page.getByText('Node c3 does not answer').waitFor();
    expect(await cluster.figure('Guests').innerText()).toContain('unknown');
    await page.getByRole('button', { name: 'Look' }).click();
    const [, , c3] = await cluster.cells('Nodes');
    expect(c3?.slice(0, 2)).toEqual(['c3', 'does not answer']);
    await closing();
  });

  it('keeps its last numbers with their age while it cannot be reached, then goes on', async () => {
    await open('student-lab');
    await cluster.figure('CPU').getByText('cores').waitFor();
    const lab = host.lab.cluster('student-lab');
    const uuid = await uuidOf('student-lab');
    await lab.refuseConnections();
    await host.client.inventory.poll({ cluster: 'student-lab' }).catch(() => undefined);
    await page.getByText('unreachable').first().waitFor();
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    expect(await cluster.figure('CPU').innerText()).toMatch(/of \d+ cores/);
    await picture(page, 'cluster-unreachable');
    await expectAccessible(page);
    await lab.acceptConnections();
    await host.client.connection.refresh({ uuid });
    await page.getByText('unreachable').first().waitFor({ state: 'detached' });
    await closing();
  });

  it('says when there is no quorum', async () => {
    const lab = host.lab.cluster('prod-main');
    lab.noQuorum();
    await open('prod-main');
    await host.client.connection.refresh({ uuid: await uuidOf('prod-main') });
    await page
      .locator('main')
      .getByText(/no quorum/i)
      .first()
      .waitFor();
    await picture(page, 'cluster-no-quorum');
    lab.noQuorum(false);
    await host.client.connection.refresh({ uuid: await uuidOf('prod-main') });
    await closing();
  });

  it('in maintenance it rests, and says so with the way back', async () => {
    const uuid = await uuidOf('hall-c');
    await open('hall-c');
    await host.client.clusters.update({ uuid, changes: { isActive: false } });
    await page.getByText('In maintenance: it is not watched.').waitFor();
    await picture(page, 'cluster-maintenance');
    await page.getByRole('button', { name: 'End it' }).click();
    await page.getByText('In maintenance: it is not watched.').waitFor({ state: 'detached' });
    await closing();
  });

  it('that is not on this desk leads back to the deck', async () => {
    await open('no-such-cluster');
    await page.getByText('There is no such cluster on this desk.').waitFor();
    await page.getByRole('button', { name: 'Go to the deck' }).click();
    await page.getByRole('heading', { level: 1, name: 'Deck' }).waitFor();
    await closing();
  });
});

const TABS = ['', 'nodes', 'guests', 'storage', 'tasks', 'configuration'];

describe.each(['light', 'dark'] as const)('the cluster page in %s', (colorScheme) => {
  it('is accessible and fits the window on each tab', { timeout: 60_000 }, async () => {
    await open('prod-main', { colorScheme });
    for (const tab of TABS) {
      await cluster.open('prod-main', tab);
      if (tab === '' || tab === 'nodes')
        await page.locator('path.recharts-curve').first().waitFor();
      else if (tab !== 'configuration') await page.locator('tbody tr').first().waitFor();
      else await cluster.table('Privileges by feature').waitFor();
      const name = `cluster-${tab === '' ? 'overview' : tab}-${colorScheme}`;
      await picture(page, name);
      await expectAccessible(page);
      await page.setViewportSize({ width: 1024, height: 700 });
      await picture(page, `${name}-1024`);
      await expectNoSidewaysScroll(page);
      await page.setViewportSize({ width: 1440, height: 900 });
    }
    await closing();
  });
});

it('the pages wrote no error', () => {
  expect(host.pageErrors).toEqual([]);
});
