import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import type { TestHost } from '#tests/support/host';
import type { HandoffPage } from './pages/handoff-page';
import { type ForgeScreen, openForge } from './support/clusteros-screen';
import { expectSoon } from './support/expect-soon';
import { expectAccessible, expectEverySize, picture } from './support/inspect';

/** Nodes that do not answer are asked for a while before anybody gives them up. */
const PATIENTLY = { timeout: 40_000 };
const TO_FORGE_2 = { role: 'slurm-controller', to: 'forge-2' };

describe('a handoff', { timeout: 120_000 }, () => {
  let host: TestHost;
  let forge: DemoClusterOs;
  let page: Page;
  let screen: HandoffPage;
  let uuid: string;
  let stateOf: ForgeScreen['stateOf'];

  beforeAll(async () => {
    ({ host, forge, page, screen, uuid, stateOf } = await openForge());
  });
  afterAll(() => host.close());

  const controller = async () => {
    const [cluster] = await host.client.inventory.query({ cluster: 'forge' });
    return cluster?.members.find(({ leaderOf }) => leaderOf.includes('slurm-controller'))?.node;
  };
  const look = () => host.client.connection.refresh({ uuid });

  it('begins where its node is looked at, and says who is fit and why', async () => {
    await page.getByRole('button', { name: 'forge-2', exact: true }).click();
    await page.getByRole('button', { name: 'More for forge-2' }).click();
    await page.getByRole('menuitem', { name: 'Leave the cluster…' }).waitFor();
    await picture(page, 'handoff-menu');
    await page.getByRole('menuitem', { name: 'Make it the SLURM controller…' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hand over a role' }).waitFor();
    await expectSoon(() =>
      page.getByRole('radio', { name: 'forge-2', exact: true }).isChecked(),
    ).toBe(true);
    expect(await page.getByRole('radio', { name: 'forge-1', exact: true }).isDisabled()).toBe(true);
    await page.getByText('has it now').first().waitFor();
    await expectEverySize(page, 'handoff-choose');
  });

  it('is found in the palette too', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('hand over');
    await page.getByRole('option', { name: /Hand over a role of Forge/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Hand over a role' }).waitFor();
    const go = page.getByRole('button', { name: 'Look whether it can be done' });
    await expectSoon(() => go.isDisabled()).toBe(true);
    await screen.choose('SLURM controller', 'forge-2');
    await expectSoon(() => go.isDisabled()).toBe(false);
  });

  it('waits for what has to be mended first, and sees by itself when it is', async () => {
    forge.faults.set('forge-2', 'clock-ahead', true);
    await screen.look();
    await page
      .getByText(/checks? failed/)
      .first()
      .waitFor();
    const next = page.getByRole('button', { name: 'See the plan' });
    expect(await next.getAttribute('aria-disabled')).toBe('true');
    await expectEverySize(page, 'handoff-checks-failed');
    forge.faults.set('forge-2', 'clock-ahead', false);
    await expectSoon(() => next.getAttribute('aria-disabled')).toBeNull();
    await picture(page, 'handoff-checks');
  });

  it('shows the whole plan, and asks for the name before anything begins', async () => {
    await page.getByRole('button', { name: 'See the plan' }).click();
    await page.getByText('from here on the operation goes forward').waitFor();
    await page.getByText(/Why procedure/).waitFor();
    await expectEverySize(page, 'handoff-plan');
    await page.getByRole('button', { name: 'Go to the approval' }).click();
    expect(await screen.stage()).toBe('Approve');
    expect(await screen.approve.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /to approve it/ }).fill('forge-3');
    expect(await screen.approve.isDisabled()).toBe(true);
    await expectEverySize(page, 'handoff-approve');
    expect(await host.client.clusterOperations.list({ uuid, refresh: true })).toEqual([]);
  });

  it('runs before one’s eyes, on a second desktop too, and ends with its report', async () => {
    await screen.start('forge-2');
    await page.getByText('Hold both controllers').first().waitFor();
    await picture(page, 'handoff-running');
    const second = await host.newPage({ at: `#/operations/forge/${screen.id()}` });
    // whichever comes first there: the end before its eyes, or the report of what is over
    await second.getByText(/^Done in /).waitFor();
    await page.getByText(/^Done in /).waitFor();
    await second.context().close();
    await look();
    await expectSoon(controller).toBe('forge-2');
    await page.getByText(/No submission failed, all \d+ jobs are accounted for/).waitFor();
    await expectEverySize(page, 'handoff-done');
  });

  it('can be read again as it was approved', async () => {
    await screen.stages.getByRole('button', { name: /^Plan/ }).click();
    await page.getByText(/Why procedure/).waitFor();
    await screen.stages.getByRole('button', { name: /^Checks/ }).click();
    await page.getByText('As they were when it was approved.').waitFor();
    await screen.stages.getByRole('button', { name: /^Report/ }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await expectEverySize(page, 'handoff-report');
  });

  it('is saved as a report for people and for programs', async () => {
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      const text = await readFile(await download.path(), 'utf8');
      return { name: download.suggestedFilename(), text };
    };
    const markdown = await save('Save as Markdown');
    expect(markdown.name).toMatch(/\.md$/);
    expect(markdown.text).toContain('forge-2');
    const json = await save('Save as JSON');
    expect(json.name).toMatch(/\.json$/);
    expect(JSON.parse(json.text)).toMatchObject({});
  });

  it('survives a reload, and is listed with the desk’s own operations', async () => {
    const id = screen.id();
    await page.reload();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await page.getByRole('link', { name: 'Operations', exact: true }).first().click();
    const past = page.getByRole('region', { name: 'Past' });
    await past.getByRole('link', { name: /forge-1 to forge-2/ }).waitFor();
    await expectEverySize(page, 'handoff-operations');
    await past.getByRole('link', { name: /forge-1 to forge-2/ }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    expect(screen.id()).toBe(id);
  });

  it('is rolled back as long as that is possible', async () => {
    await page.getByText(/It can be rolled back for another/).waitFor();
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText(/Every step is taken back/).waitFor();
    await expectAccessible(page);
    await picture(page, 'handoff-rollback');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await expectSoon(() => stateOf(screen.id())).toBe('undone');
    await page.getByText('It was undone: everything is as before').first().waitFor();
    await look();
    await expectSoon(controller).toBe('forge-1');
  });

  it('is taken back by itself when the new controller does not start', async () => {
    forge.faults.set('forge-2', 'start-fails', true);
    await screen.open('/clusters/forge/handoff', TO_FORGE_2);
    await screen.goToApproval();
    await screen.start('forge-2');
    await expectSoon(() => stateOf(screen.id())).toBe('undone');
    await page
      .getByText(/It was undone: everything is as before/)
      .first()
      .waitFor();
    await expectEverySize(page, 'handoff-undone');
    forge.faults.set('forge-2', 'start-fails', false);
    await look();
    await expectSoon(controller).toBe('forge-1');
  });

  it('asks for a decision when the new controller is lost after the turning point', async () => {
    forge.faults.set('forge-5', 'agent-slow', true);
    await screen.open('/clusters/forge/handoff', TO_FORGE_2);
    await screen.goToApproval();
    await screen.start('forge-2');
    await screen.step('Tell all nodes').getByText('at work').waitFor();
    await forge.powerOff('forge-2');
    forge.faults.set('forge-5', 'agent-slow', false);
    await expect.poll(() => stateOf(screen.id()), PATIENTLY).toBe('stuck');
    await page.getByText('“Tell all nodes” needs a decision.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await expectEverySize(page, 'handoff-stuck');
    await screen.ask('Roll back');
    await expect.poll(() => stateOf(screen.id()), PATIENTLY).toBe('undone');
    await forge.powerOn('forge-2');
    await look();
    await expectSoon(controller).toBe('forge-1');
  });

  it('plans anew when the cluster has changed since, and starts nothing', async () => {
    const change = { role: 'etcd', to: 'forge-4' } as const;
    await screen.open('/clusters/forge/handoff', { role: 'etcd', to: 'forge-2' });
    await screen.goToApproval();
    // somebody else is quicker
    const other = await host.client.clusterOperations.plan({
      uuid,
      kind: 'handoff',
      params: change,
    });
    const { id } = await host.client.clusterOperations.start({
      uuid,
      planHash: other.hash,
      confirm: other.confirm,
    });
    await expectSoon(() => stateOf(id)).toBe('done');
    await page.getByRole('textbox', { name: /to approve it/ }).fill('forge-2');
    await screen.approve.click();
    await page.getByText('Nothing was started: the cluster has changed meanwhile.').waitFor();
    await page
      .getByRole('list', { name: 'What has changed' })
      .getByText('forge-4 to forge-2')
      .waitFor();
    expect(await screen.stage()).toBe('Plan');
    await expectAccessible(page);
    await picture(page, 'handoff-stale');
    const [last] = await host.client.clusterOperations.list({ uuid, refresh: true });
    expect(last?.id).toBe(id);
  });

  it('says when no agent is heard, keeps what was heard, and goes on when one is', async () => {
    const [last] = await host.client.clusterOperations.list({ uuid });
    await screen.open(`/operations/forge/${last?.id}`);
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    for (const { spec } of forge.nodes) await forge.powerOff(spec.name);
    await page.getByText('No agent of Forge answers.').waitFor();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await expectAccessible(page);
    await picture(page, 'handoff-lost');
    for (const { spec } of forge.nodes) await forge.powerOn(spec.name);
    await page.getByText('No agent of Forge answers.').waitFor({ state: 'detached' });
  });

  it('asks for the id of a protected cluster too', async () => {
    await host.client.clusters.update({ uuid, changes: { protected: true } });
    await screen.open('/clusters/forge/handoff', TO_FORGE_2);
    await screen.goToApproval();
    await page.getByRole('textbox', { name: /to approve it/ }).fill('forge-2');
    expect(await screen.approve.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /the cluster’s id/ }).fill('forge');
    expect(await screen.approve.isDisabled()).toBe(false);
    await expectAccessible(page);
    await picture(page, 'handoff-protected');
    await host.client.clusters.update({ uuid, changes: { protected: false } });
  });

  it('offers nothing in viewer mode', async () => {
    await screen.open('/clusters/forge/handoff', TO_FORGE_2);
    const go = page.getByRole('button', { name: 'Look whether it can be done' });
    await go.waitFor();
    await host.client.access.setViewer({ viewer: true });
    await expectSoon(() => go.getAttribute('aria-disabled')).toBe('true');
    await host.client.access.setViewer({ viewer: false });
  });

  it('is not there for a cluster of another kind, nor for one that is gone', async () => {
    await page.goto(`${page.url().split('#')[0]}#/clusters/nowhere/handoff`);
    await page.getByText('There is no such cluster on this desk.').waitFor();
  });

  it('wrote no error to the console', () => {
    expect(host.pageErrors).toEqual([]);
  });
});
