import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '#shared/contract/clusters';
import { startTestHost, type TestHost } from '#tests/support/host';
import { AuditPage } from './pages/audit-page';
import { DeckPage } from './pages/deck-page';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

/** Opens a place of the program; parameters stand before the hash. */
async function go(page: Page, hash: string, search = ''): Promise<void> {
  const url = new URL(page.url());
  url.hash = hash;
  url.search = search;
  await page.goto(url.href);
}

describe('the audit', { timeout: 90_000 }, () => {
  let host: TestHost;
  let page: Page;
  let audit: AuditPage;
  let before: Cluster;

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 2 } });
    const { client } = host;
    before = await client.clusters.get({ ref: 'prod-main' });
    const { uuid } = before;
    await client.clusters.update({ uuid, changes: { priority: 95, description: 'Rack 7, “Süd”' } });
    await client.groups.create({ name: 'Exam rooms', colour: '#2fa59a' });
    await client.settings.update({ historyDays: 30 });
    page = await host.newPage({ at: '#/audit', colorScheme: 'dark' });
    audit = new AuditPage(page);
    await audit.entries.waitFor();
  });
  afterAll(() => host.close());

  it('lists what was done, the newest first, in both themes and sizes', async () => {
    expect((await audit.rows())[0]).toBe('Settings changed settings');
    await page.getByText(/entries proved unchanged/).waitFor();
    await expectEverySize(page, 'audit');
  });

  it('finds entries by words and by action, and keeps that over a reload', async () => {
    await audit.search.fill('süd');
    await expectSoon(() => audit.rows()).toEqual(['Cluster changed prod-main']);
    await page.reload();
    await expectSoon(() => audit.rows()).toEqual(['Cluster changed prod-main']);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('combobox', { name: 'Action' }).selectOption('Group added');
    await expectSoon(
      async () => new Set((await audit.rows()).map((row) => row.split(' ')[0])),
    ).toEqual(new Set(['Group']));
    await audit.search.fill('nothing is like this');
    await page.getByText('No entry is like that').waitFor();
    await page.getByRole('button', { name: 'Show all' }).last().click();
    await expectSoon(async () => (await audit.rows()).length).toBeGreaterThan(3);
  });

  it('shows what was and what is, and takes an edit back', async () => {
    await audit.openEntry('Priority');
    const fields = audit.drawer.getByRole('table', { name: 'Fields' });
    expect(await fields.getByRole('row', { name: /^Priority/ }).innerText()).toMatch(/95/);
    await expectAccessible(page);
    await picture(page, 'audit-entry');
    await audit.drawer.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('Taken back: Cluster changed').waitFor();
    const cluster = await host.client.clusters.get({ ref: 'prod-main' });
    expect(cluster).toMatchObject({ description: before.description, priority: before.priority });
    await expectSoon(async () => (await audit.rows())[0]).toBe('Taken back prod-main');
    await audit.openEntry(/Priority \d+ → 95/);
    await audit.drawer.getByText('It was changed again since.').waitFor();
    expect(await audit.drawer.getByRole('button', { name: 'Take it back' }).count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  it('is read by keyboard', async () => {
    await audit.entries.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await audit.drawer.getByRole('heading', { name: /prod-main$/ }).waitFor();
    await page.keyboard.press('Escape');
    await audit.drawer.waitFor({ state: 'detached' });
  });

  it('exports what is filtered', async () => {
    await audit.search.fill('Exam rooms');
    await expectSoon(async () => (await audit.rows()).length).toBe(1);
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /^JSON Lines/ }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^clusterdeck-audit-.*\.jsonl$/);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).action)).toEqual(['group.create']);
  });

  it('shows thousands of entries without drawing them all', async () => {
    const { uuid } = await host.client.clusters.get({ ref: 'prod-main' });
    for (let n = 0; n < 450; n += 1) {
      await host.client.clusters.update({ uuid, changes: { priority: n % 100 } });
    }
    await go(page, '#/audit', 'action=cluster.update');
    await expectSoon(async () =>
      Number(await audit.entries.getAttribute('aria-rowcount')),
    ).toBeGreaterThan(450);
    expect(await audit.entries.locator('tbody tr').count()).toBeLessThan(80);
    await audit.entries.focus();
    await expectSoon(async () => {
      await page.keyboard.press('End');
      return Number(await audit.entries.locator('tbody tr').last().getAttribute('aria-rowindex'));
    }).toBeGreaterThan(440);
  });

  it('shows where the chain is broken', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const sqlite = new Sqlite(`${host.dataDir}/clusterdeck.db`);
    sqlite.exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE seq = 3");
    sqlite.close();
    await page.reload();
    await page.getByRole('button', { name: 'Broken at entry 3' }).click();
    await audit.drawer.getByText('by nobody').waitFor();
    await audit.drawer.getByText('The chain breaks here.').waitFor();
    await picture(page, 'audit-broken');
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});

describe('the lock and viewer mode', { timeout: 90_000 }, () => {
  const PASSPHRASE = 'correct horse battery';
  let host: TestHost;
  let page: Page;
  let deck: DeckPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 2 } });
    page = await host.newPage({ colorScheme: 'dark' });
    deck = new DeckPage(page);
    await deck.card('Production').getByText('quorate').waitFor();
  });
  afterAll(() => host.close());

  it('marks a cluster read only, and offers no change of it', async () => {
    await go(page, '#/clusters/prod-main/configuration');
    await page.getByRole('button', { name: 'Make it read only' }).click();
    await page.getByText('It is read only here.').waitFor();
    const remove = page.getByRole('button', { name: 'Delete' });
    expect(await remove.getAttribute('aria-disabled')).toBe('true');
    await remove.hover();
    await page.getByRole('tooltip').getByText('Production is read only here.').waitFor();
    await page.mouse.move(5, 5, { steps: 8 });
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await expectAccessible(page);
    await go(page, '#/');
    await deck.card('Production').getByLabel('Read only here').waitFor();
    await deck.toggle('Production', 'New guests').click({ force: true });
    expect((await host.client.clusters.get({ ref: 'prod-main' })).allowVmDeployment).toBe(true);
    const { uuid } = await host.client.clusters.get({ ref: 'prod-main' });
    await host.client.clusters.update({ uuid, changes: { readOnly: false } });
  });

  it('switches viewer mode on and off, and says so everywhere', async () => {
    await go(page, '#/settings');
    await page.getByRole('switch', { name: 'Viewer mode' }).click();
    await page.getByRole('link', { name: 'Viewer mode' }).waitFor();
    await picture(page, 'settings-viewer');
    await expectAccessible(page);
    await go(page, '#/');
    await deck.toggle('Production', 'New guests').hover();
    await page.getByRole('tooltip').getByText('Viewer mode is on').waitFor();
    await deck
      .card('Production')
      .getByRole('button', { name: /^Actions for/ })
      .click();
    expect(await page.getByRole('menuitem', { name: 'Delete' }).isDisabled()).toBe(true);
    expect(await page.getByRole('menuitem', { name: 'Open', exact: true }).isDisabled()).toBe(
      false,
    );
    await picture(page, 'viewer-menu');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Viewer mode' }).click();
    await page.getByRole('switch', { name: 'Viewer mode' }).click();
    await page.getByRole('link', { name: 'Viewer mode' }).waitFor({ state: 'detached' });
  });

  it('names the privilege that an account lacks in place of the action', async () => {
    const prod = host.lab.cluster('prod-main');
    const { uuid } = await host.client.clusters.get({ ref: 'prod-main' });
    const secret = prod.user('eve@pve').password;
    const eve = { authKind: 'password' as const, user: 'eve@pve', secret };
    await host.client.clusters.update({ uuid, changes: eve });
    await host.client.connection.refresh({ uuid });
    const guest = prod.guests().find(({ status, template }) => status === 'running' && !template);
    await go(
      page,
      '#/guests',
      `guest=${encodeURIComponent(`${uuid}|${guest?.kind}/${guest?.vmid}`)}`,
    );
    const stop = page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true });
    await expectSoon(() => stop.getAttribute('aria-disabled')).toBe('true');
    await stop.hover();
    await page.getByRole('tooltip').getByText('VM.PowerMgmt').waitFor();
    await picture(page, 'guest-lacks');
    await page.mouse.move(5, 5, { steps: 8 });
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await expectAccessible(page);
  });

  it('sets a lock, locks, shows nothing, and opens with the passphrase', async () => {
    await go(page, '#/settings');
    await page.getByRole('button', { name: 'Set a lock' }).click();
    const dialog = page.getByRole('dialog', { name: 'Set a lock' });
    await dialog.getByLabel('New passphrase').fill(PASSPHRASE);
    await dialog.getByLabel('Once more').fill(PASSPHRASE);
    await expectAccessible(page);
    await picture(page, 'lock-set');
    await dialog.getByRole('button', { name: 'Set it' }).click();
    await page.getByRole('button', { name: 'Lock Clusterdeck' }).click();
    await page.getByRole('heading', { name: 'Clusterdeck is locked' }).waitFor();
    const shown = await page.evaluate('document.documentElement.outerHTML');
    for (const told of ['Production', 'prod-main', 'Student']) expect(shown).not.toContain(told);
    expect(await page.title()).toBe('Locked · Clusterdeck');
    await expectEverySize(page, 'locked');
    const passphrase = page.getByLabel('Passphrase');
    await passphrase.fill('a guess');
    await passphrase.press('Enter');
    await page.getByText('The passphrase is wrong.').waitFor();
    await picture(page, 'locked-wrong');
    await passphrase.fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await go(page, '#/');
    await deck.card('Production').waitFor();
  });

  it('locks every window, also one that is opened while it is locked', async () => {
    const other = await host.newPage();
    await new DeckPage(other).card('Production').waitFor();
    await host.client.access.lock();
    for (const each of [page, other, await host.newPage({ at: '#/guests' })]) {
      await each.getByRole('heading', { name: 'Clusterdeck is locked' }).waitFor();
    }
    await host.client.access.unlock({ passphrase: PASSPHRASE });
    await new DeckPage(other).card('Production').waitFor();
  });

  it('leaves viewer mode with the passphrase only', async () => {
    await host.client.access.setViewer({ viewer: true });
    await go(page, '#/settings');
    await page.getByRole('switch', { name: 'Viewer mode' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave viewer mode' });
    await dialog.getByLabel('Passphrase').fill('a guess');
    await dialog.getByRole('button', { name: 'Leave viewer mode' }).click();
    await dialog.getByText('The passphrase is wrong.').waitFor();
    await expectAccessible(page);
    await dialog.getByLabel('Passphrase').fill(PASSPHRASE);
    await dialog.getByRole('button', { name: 'Leave viewer mode' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await host.client.access.status()).viewer).toBe(false);
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
