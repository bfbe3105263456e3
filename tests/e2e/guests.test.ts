import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { GuestsPage } from './pages/guests-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectNoSidewaysScroll, picture } from './support/inspect';

let host: TestHost;
let page: Page;
let list: GuestsPage;

beforeAll(async () => {
  host = await startTestHost({ lab: { ambient: false, taskPace: 0.2 } });
});
afterAll(() => host.close());

const open = async (options: Parameters<TestHost['newPage']>[0] = {}) => {
  page = await host.newPage({ at: '#/guests', ...options });
  list = new GuestsPage(page);
  await list.rows.first().waitFor();
  await expectSoon(() => list.count()).toMatch(/^105 guests/);
};

describe('the list of all guests', () => {
  beforeEach(async () => {
    await open();
    return () => page.context().close();
  });

  it('shows those of all clusters and says how many there are', async () => {
    expect(await list.count()).toBe('105 guests, 9 templates');
    await expectSoon(() => list.grid.getAttribute('aria-rowcount')).toBe('115');
    // only what is in sight exists
    expect(await list.rows.count()).toBeLessThan(60);
  });

  it('finds by the query and keeps it in the address', async () => {
    await list.find('cluster:student-lab status:stopped -is:template');
    await expectSoon(() => list.count()).toMatch(/^\d+ of 114$/);
    const found = await list.count();
    const states = await list.rows.locator('td').nth(2).allInnerTexts();
    expect(new Set(states)).toEqual(new Set(['stopped']));
    await page.reload();
    await expectSoon(() => list.count()).toBe(found);
    expect(await list.query.inputValue()).toBe('cluster:student-lab status:stopped -is:template');
  });

  it('says what is wrong with a query and goes on showing the last good one', async () => {
    await list.find('type:lxc');
    await expectSoon(() => list.count()).toMatch(/ of 114$/);
    const before = await list.count();
    await list.find('type:lxc cpu:>much');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain('cpu:>80');
    expect(await alert.locator('mark').innerText()).toContain('much');
    expect(await list.count()).toBe(before);
  });

  it('sorts by a column, both ways', async () => {
    const cpu = async () =>
      (await list.rows.locator('td:nth-child(7)').allInnerTexts())
        .slice(0, 8)
        .map((text) => Number.parseFloat(text));
    await list.grid.getByRole('button', { name: 'CPU' }).click();
    await expectSoon(async () => (await cpu())[0]).toBeGreaterThan(10);
    // values are drawn as they come, and their order a moment later
    const isFalling = async () => {
      const shown = await cpu();
      return shown.every((value, index) => value <= (shown[index - 1] ?? value));
    };
    await expectSoon(isFalling).toBe(true);
    const head = list.grid.getByRole('columnheader', { name: 'CPU' });
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    await list.grid.getByRole('button', { name: 'CPU' }).click();
    await expectSoon(() => head.getAttribute('aria-sort')).toBe('ascending');
  });

  it('is worked by the keyboard alone', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('name:course-linux cluster:hall-c');
    // half-typed queries find something too
    const found = async () => [
      ...new Set(await list.rows.locator('td:nth-child(5)').allInnerTexts()),
    ];
    await expectSoon(found).toEqual(['Hall C']);
    await page.keyboard.press('ArrowDown');
    const names = await list.names();
    await expectSoon(() => list.cursorName()).toBe(names[0]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await list.selectedNames()).toEqual(names.slice(1, 3));
    await page.keyboard.press('Control+a');
    await expectSoon(() => list.selectedNames()).toEqual(names);
    await page.keyboard.press('Escape');
    expect(await list.selectedNames()).toEqual([]);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await list.drawer.getByRole('heading', { name: names[0] ?? '' }).waitFor();
    await page.keyboard.press('Escape');
    await list.drawer.waitFor({ state: 'detached' });
  });

  it('scrolls to the end of the list by key', async () => {
    await list.grid.focus();
    await page.keyboard.press('End');
    await expectSoon(() => list.cursorName()).not.toBeNull();
    // at rest the rows stand in reading order
    await expectSoon(() => list.rows.last().getAttribute('aria-rowindex')).toBe('115');
  });

  it('never acts on a guest that a filter hides', async () => {
    await list.find('name:course-linux-01');
    await list.grid.focus();
    await page.keyboard.press('Control+a');
    await expectSoon(() => list.toolbar.isVisible()).toBe(true);
    await list.find('name:db-01');
    await expectSoon(() => list.toolbar.isVisible()).toBe(false);
  });

  it('keeps the chosen columns', async () => {
    const columns = page.getByRole('button', { name: 'Columns' });
    await columns.click();
    await page.getByRole('menuitemcheckbox', { name: 'Pool' }).click();
    await page.keyboard.press('Escape');
    await list.grid.getByRole('columnheader', { name: 'Pool' }).waitFor();
    await page.reload();
    await list.grid.getByRole('columnheader', { name: 'Pool' }).waitFor();
    await columns.click();
    await page.getByRole('menuitem', { name: 'The usual columns' }).click();
    await list.grid.getByRole('columnheader', { name: 'Pool' }).waitFor({ state: 'detached' });
  });
});

describe('actions on guests', () => {
  beforeEach(async () => {
    // what the step before has done is known before this one begins
    await host.client.inventory.poll({});
    await open();
    return () => page.context().close();
  });

  const stopped = async () => {
    await list.find('cluster:student-lab status:stopped -is:template');
    await expectSoon(() => list.count()).toMatch(/^\d+ of 114$/);
    return list.names();
  };

  it('start several at once, tell each one’s result and the end', async () => {
    const names = (await stopped()).slice(0, 3);
    expect(names).toHaveLength(3);
    for (const name of names) await list.row(name).locator('[data-tick]').click();
    await list.act('Start');
    const dialog = page.getByRole('dialog', { name: 'Start 3 guests?' });
    expect(await dialog.innerText()).toContain('They are powered on.');
    for (const name of names) expect(await dialog.innerText()).toContain(name);
    await dialog.getByRole('button', { name: 'Start 3 guests' }).click();
    await page.getByRole('button', { name: 'Follow' }).click();
    const operation = page.getByRole('dialog');
    await operation.getByText('all 3 done').waitFor();
    expect(await operation.getByRole('row').count()).toBe(4);
    const lab = host.lab.cluster('student-lab');
    for (const name of names) {
      expect(lab.guests().find((guest) => guest.name === name)?.status).toBe('running');
    }
    await page.getByRole('region', { name: 'Messages' }).getByText('all 3 done').waitFor();
  });

  it('show why one of them failed, with its log a click away', async () => {
    host.lab.cluster('student-lab').failNextTask('no space left on device');
    const [name = ''] = await stopped();
    await list.row(name).locator('[data-tick]').click();
    await list.act('Start');
    await page.getByRole('button', { name: 'Start 1 guest' }).click();
    await page.getByRole('button', { name: 'Look' }).click();
    const operation = page.getByRole('dialog');
    await operation.getByText('no space left on device').waitFor();
    await operation.getByRole('button', { name: `Log of ${name}` }).click();
    const log = page.getByRole('log', { name: 'Log' });
    await log.getByText('no space left on device').waitFor();
  });

  it('want the id of a protected cluster before they can do harm', async () => {
    await list.find('cluster:prod-main status:running name:cache-01');
    await expectSoon(() => list.count()).toBe('1 of 114');
    await list.row('cache-01').locator('[data-tick]').click();
    await list.act('Stop');
    const dialog = page.getByRole('dialog', { name: 'Stop cache-01?' });
    expect(await dialog.innerText()).toContain('power is cut');
    const deed = dialog.getByRole('button', { name: 'Stop 1 guest' });
    expect(await deed.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('prod-mai');
    expect(await deed.isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(
      host.lab.cluster('prod-main').requestCount('POST', '/nodes/{node}/lxc/{vmid}/status/stop'),
    ).toBe(0);
  });

  it('say beforehand when they reach nobody', async () => {
    await stopped();
    await list.grid.focus();
    await page.keyboard.press('Control+a');
    await list.act('Shut down');
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('None of the selected guests');
    expect(await dialog.innerText()).toContain('off already');
  });
});

describe('a guest', () => {
  beforeEach(async () => {
    await open();
    return () => page.context().close();
  });

  it('opens from the palette', async () => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search clusters, guests, jobs, actions').fill('cache-03');
    await page
      .getByRole('option', { name: /cache-03/ })
      .first()
      .click();
    await list.drawer.getByRole('heading', { name: 'cache-03' }).waitFor();
    await list.drawer.getByText('Web interface').waitFor();
  });

  it('shows its facts, charts, addresses and configuration, and stays open on reload', async () => {
    await list.find('cluster:prod-main name:cache-01');
    await expectSoon(() => list.count()).toBe('1 of 114');
    await list.row('cache-01').click();
    const { drawer } = list;
    await drawer.getByRole('heading', { name: 'cache-01' }).waitFor();
    await drawer.locator('path.recharts-curve').first().waitFor();
    await drawer.getByRole('region', { name: 'Addresses' }).getByRole('listitem').first().waitFor();
    await drawer.getByText('hostname').waitFor();
    await page.reload();
    await drawer.getByRole('heading', { name: 'cache-01' }).waitFor();
    await page.goBack();
    await drawer.waitFor({ state: 'detached' });
  });
});

describe.each(['light', 'dark'] as const)('the guests in %s', (colorScheme) => {
  it('are accessible and fit the window', { timeout: 60_000 }, async () => {
    await open({ colorScheme });
    await picture(page, `guests-${colorScheme}`);
    await expectAccessible(page);
    await list.find('cluster:prod-main status:running');
    await expectSoon(() => list.count()).toMatch(/ of 114$/);
    await list.row('cache-01').locator('[data-tick]').click();
    await list.row('cache-02').locator('[data-tick]').click();
    await picture(page, `guests-selected-${colorScheme}`);
    await expectAccessible(page);
    await list.act('Reboot');
    await page.getByRole('dialog').waitFor();
    await picture(page, `guests-confirm-${colorScheme}`);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'How to find guests' }).click();
    await picture(page, `guests-help-${colorScheme}`);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await list.row('cache-01').click();
    await list.drawer.locator('path.recharts-curve').first().waitFor();
    await list.drawer.getByRole('region', { name: 'Addresses' }).waitFor();
    await picture(page, `guest-${colorScheme}`);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1024, height: 700 });
    await picture(page, `guests-${colorScheme}-1024`);
    await expectNoSidewaysScroll(page);
    await page.context().close();
  });
});

it('the pages wrote no error', () => {
  expect(host.pageErrors).toEqual([]);
});
