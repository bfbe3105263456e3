import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '#tests/support/host';
import { DeckPage } from './pages/deck-page';
import { expectAccessible, picture } from './support/inspect';

describe('connections in trouble', { timeout: 60_000 }, () => {
  let host: TestHost;
  let page: Page;
  let deck: DeckPage;

  beforeAll(async () => {
    host = await startTestHost({ lab: { unauthorizedDelayMs: 50 } });
    await host.client.settings.update({ pollSeenS: 5 });
    page = await host.newPage();
    deck = new DeckPage(page);
    await deck.card('Student lab').getByText('standalone').waitFor();
    await deck.card('Production').getByText('quorate').waitFor();
  });
  beforeEach(async () => {
    await page.keyboard.press('Escape');
    await deck.open();
  });
  afterAll(() => host.close());

  const stored = (ref: string) => host.client.clusters.get({ ref });

  it('shows a test stage by stage and lets it be repeated', async () => {
    await deck.menu('Production', 'Test the connection');
    const dialog = page.getByRole('dialog', { name: 'Test of Production' });
    await dialog.getByText('Quorum: passed').waitFor();
    expect(await dialog.getByRole('listitem').count()).toBe(8);
    await expectAccessible(page);
    await picture(page, 'test-passed');
    await dialog.getByRole('button', { name: 'Test again' }).click();
    await dialog.getByText('Quorum: passed').waitFor();
  });

  it('cancels a test that takes too long for somebody', async () => {
    const fault = host.lab.cluster('prod-main').inject({ kind: 'hang' });
    await deck.menu('Production', 'Test the connection');
    await page.getByText('Authentication: running').waitFor();
    await page.getByRole('button', { name: 'Cancel the test' }).click();
    await page.getByText('Cancelled.').waitFor();
    fault.remove();
  });

  it('sets both fingerprints of a changed certificate side by side before it is trusted', async () => {
    const lab = host.lab.cluster('student-lab');
    const before = lab.endpoint.fingerprint;
    await lab.swapCertificate('changed');
    await host.client.connection.refresh({ uuid: (await stored('student-lab')).uuid });
    await deck.card('Student lab').getByText('The certificate changed').waitFor();
    await deck.card('Student lab').getByRole('button', { name: 'Compare' }).click();
    const dialog = page.getByRole('dialog', { name: 'Certificate of Student lab' });
    await dialog.getByText(before.slice(0, 23)).waitFor();
    await dialog.getByText(lab.endpoint.fingerprint.slice(0, 23)).waitFor();
    await expectAccessible(page);
    await picture(page, 'certificate-changed');
    const trust = dialog.getByRole('button', { name: 'Trust the new certificate' });
    expect(await trust.isDisabled()).toBe(true);
    expect((await stored('student-lab')).endpoints[0]?.pin).toBe(before);
    await dialog.getByRole('checkbox').click();
    await trust.click();
    await deck.card('Student lab').getByText('standalone').waitFor();
    expect((await stored('student-lab')).endpoints[0]?.pin).toBe(lab.endpoint.fingerprint);
  });

  it('asks for a new password where the old one is refused', async () => {
    const lab = host.lab.cluster('student-lab');
    const { uuid } = await stored('student-lab');
    await host.client.clusters.update({ uuid, changes: { secret: 'long-gone' } });
    await deck.card('Student lab').getByRole('button', { name: 'Sign in' }).click();
    await picture(page, 'sign-in');
    await page.getByLabel(/^(Password|Token secret)$/).fill(lab.user('root@pam').password);
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await deck.card('Student lab').getByText('standalone').waitFor();
  });

  it('asks for the second factor and goes on with it', async () => {
    const lab = host.lab.cluster('student-lab');
    const { uuid } = await stored('student-lab');
    const { password } = lab.user('otto@pve');
    await host.client.clusters.update({
      uuid,
      changes: { authKind: 'password', user: 'otto@pve', tokenId: null, secret: password },
    });
    await deck.card('Student lab').getByRole('button', { name: 'Enter code' }).click();
    await expectAccessible(page);
    await picture(page, 'second-factor');
    await page.getByLabel('Code of an authenticator app').fill(lab.totp('otto@pve'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await deck.card('Student lab').getByText('standalone').waitFor();
  });

  it('names the privileges an account lacks', async () => {
    const lab = host.lab.cluster('student-lab');
    const { uuid } = await stored('student-lab');
    const { password } = lab.user('eve@pve');
    await host.client.clusters.update({
      uuid,
      changes: { authKind: 'password', user: 'eve@pve', secret: password },
    });
    await deck.menu('Student lab', 'What is missing');
    const power = page.getByRole('row', { name: /^Power/ });
    await power.getByText('VM.PowerMgmt').first().waitFor();
    expect(await power.getByText('not possible').isVisible()).toBe(true);
    const watch = page.getByRole('row', { name: /^Watch/ });
    expect(await watch.getByText('possible', { exact: true }).isVisible()).toBe(true);
    await expectAccessible(page);
    await picture(page, 'missing-privileges');
  });

  it('mints a token, uses it, and forgets the password', async () => {
    const lab = host.lab.cluster('hall-c');
    const { uuid } = await stored('hall-c');
    const { password } = lab.user('root@pam');
    await host.client.clusters.update({
      uuid,
      changes: { authKind: 'password', user: 'root@pam', tokenId: null, secret: password },
    });
    await deck.menu('Hall C', 'Mint a token');
    await expectAccessible(page);
    await picture(page, 'mint');
    await page.getByRole('checkbox', { name: 'Idle shutdown' }).click();
    await page.getByRole('button', { name: 'Mint the token' }).click();
    await page.getByText('The password was forgotten.').waitFor();
    expect(await stored('hall-c')).toMatchObject({
      authKind: 'token',
      tokenId: 'clusterdeck@pve!desk',
      hasSecret: true,
    });
    await page.keyboard.press('Escape');
    await deck.card('Hall C').getByText('2/3 nodes').waitFor();
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
