import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { OperationsPage } from './pages/operations-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectNoSidewaysScroll, picture } from './support/inspect';

let host: TestHost;

beforeAll(async () => {
  host = await startTestHost({ lab: { ambient: false, taskPace: 1 } });
  await host.client.inventory.poll({});
});
afterAll(() => host.close());

/** Guests of a simulated cluster in a state, as actions name them. */
async function guestsOf(clusterId: string, status: string, count: number) {
  const { uuid } = await host.client.clusters.get({ ref: clusterId });
  const guests = host.lab.cluster(clusterId).guests();
  return guests
    .filter((guest) => guest.status === status && !guest.template)
    .slice(0, count)
    .map((guest) => ({ uuid, guestId: `${guest.kind}/${guest.vmid}` }));
}

describe('operations', () => {
  it('say that there are none, and where to begin', async () => {
    const page = await host.newPage({ at: '#/operations' });
    await page.getByText('Nothing was done from here yet').waitFor();
    await picture(page, 'operations-empty');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Go to the guests' }).click();
    await page.getByRole('heading', { level: 1, name: 'Guests' }).waitFor();
    await page.context().close();
  });

  it('are seen as they run, also when somebody else began them', async () => {
    const page = await host.newPage({ at: '#/operations' });
    const operations = new OperationsPage(page);
    await page.getByRole('heading', { level: 1, name: 'Operations' }).waitFor();
    const items = await guestsOf('student-lab', 'stopped', 3);
    await host.client.guests.act({ action: 'start', items });
    await operations.list('Running').first().waitFor();
    await operations.openFirst('Running');
    await operations.drawer.getByText('running').first().waitFor();
    await picture(page, 'operation-running');
    await operations.drawer.getByText('all 3 done').waitFor();
    expect(Object.values(await operations.results())).toEqual(['done', 'done', 'done']);
    await operations.messages.getByText('all 3 done').waitFor();
    await page.keyboard.press('Escape');
    await operations.list('Past').first().waitFor();
    await page.context().close();
  });

  it('hold back what was not sent yet when they are cancelled', async () => {
    const page = await host.newPage({ at: '#/operations' });
    const operations = new OperationsPage(page);
    const lab = host.lab.cluster('prod-main');
    const items = await guestsOf('prod-main', 'running', 40);
    lab.setDelay(500);
    await host.client.guests.act({ action: 'stop', items, confirm: 'prod-main' });
    await operations.openFirst('Running');
    await operations.drawer.getByRole('button', { name: /^Cancel the \d+ that wait$/ }).click();
    await operations.drawer
      .getByText(/\d+ cancelled/)
      .first()
      .waitFor();
    await expectSoon(async () => Object.values(await operations.results())).not.toContain(
      'waiting',
    );
    await expectSoon(async () => Object.values(await operations.results())).not.toContain(
      'running',
    );
    const states = Object.values(await operations.results());
    expect(states).toContain('done');
    expect(states).toContain('cancelled');
    await page.context().close();
  });

  it('stand first with what failed, and why', async () => {
    host.lab.cluster('student-lab').failNextTask('storage is full');
    const items = await guestsOf('student-lab', 'running', 2);
    const { id } = await host.client.guests.act({ action: 'stop', items });
    const page = await host.newPage({ at: '#/operations' });
    const operations = new OperationsPage(page);
    await expectSoon(async () => (await host.client.operations.get({ id })).state).not.toBe(
      'running',
    );
    await operations.list('Running').first().waitFor({ state: 'detached' });
    await operations.openFirst('Past');
    expect(await operations.drawer.locator('tbody tr').first().innerText()).toContain(
      'storage is full',
    );
    await page.context().close();
  });
});

describe.each(['light', 'dark'] as const)('the operations in %s', (colorScheme) => {
  it('are accessible and fit the window', { timeout: 60_000 }, async () => {
    const page = await host.newPage({ at: '#/operations', colorScheme });
    const operations = new OperationsPage(page);
    await operations.list('Past').first().waitFor();
    await picture(page, `operations-${colorScheme}`);
    await expectAccessible(page);
    await operations.openFirst('Past');
    await picture(page, `operation-${colorScheme}`);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1024, height: 700 });
    await picture(page, `operations-${colorScheme}-1024`);
    await expectNoSidewaysScroll(page);
    await page.context().close();
  });
});

it('the pages wrote no error', () => {
  expect(host.pageErrors).toEqual([]);
});
