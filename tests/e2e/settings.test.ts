import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { DeckPage } from './pages/deck-page';
import { expectAccessible, picture } from './support/inspect';

describe('settings, vault, groups and commands', { timeout: 60_000 }, () => {
  let host: TestHost;
  let page: Page;
  let deck: DeckPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 1 } });
  });
  beforeEach(async () => {
    await page?.context().close();
    page = await host.newPage({ colorScheme: 'light' });
    deck = new DeckPage(page);
    await deck.card('Production').getByText('quorate').waitFor();
  });
  afterAll(() => host.close());

  const openSettings = async () => {
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  };
  const background = () =>
    page.evaluate(`getComputedStyle(document.body).backgroundColor`) as Promise<string>;

  it('changes the theme at once, in every window, and keeps it', async () => {
    const other = await host.newPage({ colorScheme: 'light' });
    await openSettings();
    const light = await background();
    await page.getByRole('radio', { name: 'Dark' }).click();
    await expect.poll(background).not.toBe(light);
    await expect.poll(() => other.evaluate(`document.documentElement.dataset.theme`)).toBe('dark');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    expect(await background()).not.toBe(light);
    await page.getByRole('radio', { name: 'As the system' }).click();
    await expect.poll(background).toBe(light);
  });

  it('keeps a number only where it is allowed', async () => {
    await openSettings();
    const history = page.getByLabel('Keep history on this desk');
    await history.fill('4000');
    await history.press('Enter');
    await page.getByText('From 1 to 365 days.').waitFor();
    expect(await history.getAttribute('aria-invalid')).toBe('true');
    await history.fill('30');
    await history.press('Enter');
    await expect.poll(async () => (await host.client.settings.get()).historyDays).toBe(30);
  });

  it('switches single-key commands off', async () => {
    await openSettings();
    await page.getByRole('switch', { name: 'Single keys are commands' }).click();
    await expect.poll(async () => (await host.client.settings.get()).singleKeys).toBe(false);
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('?');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    expect(await page.getByRole('dialog', { name: 'Keys' }).count()).toBe(0);
    await host.client.settings.update({ singleKeys: true });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // the page hears of a setting a moment after the core has stored it
    await page.getByRole('switch', { name: 'Single keys are commands', checked: true }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await expectAccessible(page);
  });

  it('seals the secrets anew under a passphrase typed twice', async () => {
    await openSettings();
    await page.getByRole('button', { name: 'Change the protection' }).click();
    await page.getByRole('radio', { name: /^Passphrase/ }).click();
    const deed = page.getByRole('button', { name: 'Seal anew' });
    await page.getByLabel('New passphrase').fill('correct horse battery');
    await page.getByLabel('Once more').fill('correct horse');
    await page.getByText('The two are not the same.').waitFor();
    expect(await deed.isDisabled()).toBe(true);
    await expectAccessible(page);
    await picture(page, 'vault-change');
    await page.getByLabel('Once more').fill('correct horse battery');
    await deed.click();
    await page.getByRole('link', { name: /Sealed by a passphrase/ }).waitFor();
    const vault = await host.client.vault.status();
    expect(vault).toMatchObject({ protection: 'passphrase', state: 'unlocked', sealedSecrets: 1 });
  });

  it('makes, renames, colours, orders and deletes groups', async () => {
    await page.getByRole('button', { name: 'Manage groups' }).click();
    const dialog = page.getByRole('dialog', { name: 'Groups' });
    await dialog.getByRole('textbox', { name: 'New group' }).fill('Exams');
    await dialog.getByRole('radio', { name: 'Pink' }).click();
    await dialog.getByRole('button', { name: 'Add the group' }).click();
    const name = dialog.getByLabel('Name of the group Exams');
    await name.fill('Exam rooms');
    await name.press('Enter');
    await dialog.getByRole('button', { name: 'Move Exam rooms up' }).click();
    await expectAccessible(page);
    await picture(page, 'groups');
    await expect
      .poll(async () => (await host.client.groups.list()).map((group) => group.name))
      .toEqual(['Exam rooms', 'Production']);
    await dialog.getByRole('button', { name: 'Colour of Exam rooms' }).click();
    await page
      .getByRole('radiogroup', { name: 'Colour of Exam rooms' })
      .getByRole('radio', { name: 'Teal' })
      .click();
    await expect.poll(async () => (await host.client.groups.list())[0]?.colour).toBe('#2fa59a');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: /^Delete Exam rooms/ }).click();
    await expect.poll(async () => (await host.client.groups.list()).length).toBe(1);
  });

  it('finds clusters, guests and actions by keyboard', async () => {
    await page.keyboard.press('Control+k');
    const search = page.getByRole('combobox');
    const guest = host.lab.cluster('prod-main').guests()[3];
    await search.fill(String(guest?.vmid));
    await page.getByRole('option', { name: new RegExp(guest?.name ?? '-') }).waitFor();
    await search.fill('produc');
    await page.getByRole('option', { name: /^Production prod-main/ }).waitFor();
    await picture(page, 'palette');
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/clusters\/prod-main$/);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('test production');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Test of Production' }).waitFor();
  });

  it('connects again by itself after its host was gone, with the data still shown', async () => {
    const sockets: WebSocketRoute[] = [];
    let reachable = true;
    await page.routeWebSocket(/\/rpc$/, (socket) => {
      if (!reachable) {
        void socket.close();
        return;
      }
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.reload();
    await deck.card('Production').getByText('quorate').waitFor();

    reachable = false;
    await sockets[0]?.close();
    await page.getByRole('status').getByText('Connecting again').waitFor();
    expect(await deck.card('Production').getByText('quorate').isVisible()).toBe(true);
    await deck.toggle('Production', 'New guests').click();
    await page.getByText('Nothing was sent.').waitFor();
    await picture(page, 'reconnecting');

    reachable = true;
    const { uuid, revision } = await host.client.clusters.get({ ref: 'prod-main' });
    await host.client.clusters.update({ uuid, revision, changes: { name: 'Production again' } });
    await deck.card('Production again').waitFor();
    expect(await page.getByText('Connecting again').count()).toBe(0);
  });
});
