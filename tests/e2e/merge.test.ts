import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationStep } from '#shared/contract/agent/operations';
import { startTestHost, type TestHost } from '#tests/support/host';
import { answerForMerges, ELM, mergeAnswer, mergeWorld, OAK } from '#tests/support/merge-agents';
import { OPERATION, OperationAgents } from '#tests/support/operation-agents';
import { agentJob } from '#tests/support/overview';
import { HandoffPage } from './pages/handoff-page';
import { MergePage } from './pages/merge-page';
import { expectSoon } from './support/expect-soon';
import { expectEverySize, picture } from './support/inspect';

const DAY_MS = 86_400_000;

describe('a merge of two clusters', { timeout: 120_000 }, () => {
  const world = mergeWorld();
  const staged: { close(): Promise<void> }[] = [];
  let host: TestHost;
  let oaks: OperationAgents;
  let elms: OperationAgents;
  let page: Page;
  let screen: MergePage;
  let wizard: HandoffPage;
  let oak: string;
  let elm: string;

  beforeAll(async () => {
    host = await startTestHost({ lab: { clusters: 2, clusteros: 0, ambient: false } });
    staged.push(host);
    oaks = await OperationAgents.listen();
    staged.push(oaks);
    elms = await OperationAgents.listen();
    staged.push(elms);
    answerForMerges(oaks, OAK, world);
    answerForMerges(elms, ELM, world);
    oak = await oaks.join(host.client, { clusterId: 'oak', name: 'Oak' });
    elm = await elms.join(host.client, { clusterId: 'elm', name: 'Elm' });
    await host.client.inventory.poll({});
    page = await host.newPage({ at: '#/clusters/elm' });
    screen = new MergePage(page);
    wizard = new HandoffPage(page);
  });
  afterAll(async () => {
    for (const each of staged) await each.close();
  });

  /** Both clusters tell where the merge stands, and their nodes and jobs with it. */
  const tell = (...[done, changes = {}]: Parameters<typeof mergeAnswer>) => {
    serial += 1;
    oaks.put(mergeAnswer(done, { serial, created_at: begunAt, ...changes }, elms));
  };
  let serial = 1;
  const begunAt = Date.now();
  const stepsAt = (done: number, stuck: Partial<OperationStep>) =>
    mergeAnswer(done).operation.steps.map((step, index) =>
      index === done ? { ...step, ...stuck } : step,
    );

  it('begins at one of the two and says who stays, and why', async () => {
    await page.getByRole('button', { name: 'Actions for Elm' }).click();
    await page.getByRole('menuitem', { name: 'Merge with another cluster' }).click();
    await page.getByRole('heading', { level: 1, name: 'Merge two clusters' }).waitFor();
    const go = page.getByRole('button', { name: 'Look whether it can be done' });
    expect(await go.isDisabled()).toBe(true);
    await screen.chooseOther('Oak');
    await page.getByText('Oak stays and takes up Elm.').waitFor();
    await page.getByText('oak has 3 nodes stable for five minutes, elm has 2.').first().waitFor();
    await expectEverySize(page, 'merge-choose');
  });

  it('can be turned round by whoever knows better', async () => {
    await screen.swap();
    await page.getByText('Elm stays and takes up Oak.').waitFor();
    await page.getByText(/You chose that Elm stays/).waitFor();
    await screen.swap();
    await page.getByText('Oak stays and takes up Elm.').waitFor();
  });

  it('says what keeps one of the two from it, with the remedy', async () => {
    elms.rights = 'operator';
    await host.client.connection.refresh({ uuid: elm });
    await page.reload();
    await page.getByText(/token create --role admin/).waitFor();
    expect(
      await page.getByRole('button', { name: 'Look whether it can be done' }).isDisabled(),
    ).toBe(true);
    await picture(page, 'merge-choose-failed');
    elms.rights = 'admin';
    await host.client.connection.refresh({ uuid: elm });
    await page.reload();
    await page.getByText('Oak stays and takes up Elm.').waitFor();
  });

  it('lets both call each other before it looks, and shows phases, jobs and what stays', async () => {
    expect(world.pacts.size).toBe(0);
    await wizard.look();
    expect([...world.pacts].toSorted()).toEqual([OAK.uuid, ELM.uuid]);
    await page.getByText('Both count from 1').waitFor();
    await expectEverySize(page, 'merge-checks');
    await page.getByRole('button', { name: 'See the plan' }).click();
    await page.getByRole('region', { name: 'Service migration' }).waitFor();
    await page.getByText('It waits for a job that runs.').waitFor();
    await expectEverySize(page, 'merge-plan');
    await page.getByRole('button', { name: 'Go to the approval' }).click();
    await wizard.approve.waitFor();
    await expectEverySize(page, 'merge-approve');
  });

  it('begins only with the losing cluster’s name, once, at the one that stays', async () => {
    expect(await wizard.approve.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: /to approve it/ }).fill('oak');
    expect(await wizard.approve.isDisabled()).toBe(true);
    oaks.onPost = (path) => {
      if (path !== '/api/v1/operations') return null;
      tell(0);
      const begun = oaks.operations.get(OPERATION);
      return { status: 200, body: begun?.operation };
    };
    await wizard.start('elm');
    oaks.onPost = () => null;
    const starts = [...oaks.posts(), ...elms.posts()].filter(
      ({ path }) => path === '/api/v1/operations',
    );
    expect(starts).toHaveLength(1);
    await expectSoon(() => screen.node('b2')).toMatch(/waits, in elm/);
  });

  it('shows nodes crossing over one by one, with the jobs of both', async () => {
    tell(5, {
      steps: stepsAt(5, { waiting_on: 'job 41 on b2' }),
      notes: { carried: [{ id: '42', to: '12' }] },
    });
    elms.overview = { ...elms.overview, jobs: [agentJob(41, { name: 'fold', user: 'mei' })] };
    oaks.overview = {
      ...oaks.overview,
      jobs: [agentJob(11), agentJob(12, { name: 'sweep', user: 'jonas', state: 'PENDING' })],
    };
    await expectSoon(() => screen.node('b2')).toMatch(/is being emptied, in elm/);
    await expectSoon(() => screen.job('Jobs of elm', '42')).toMatch(/carried over as 12/);
    await expectSoon(() => screen.job('Jobs of oak', '12')).toMatch(/42 in elm/);
    await expectSoon(() => screen.job('Jobs of elm', '41')).toMatch(/running/);
    await expectEverySize(page, 'merge-emptying');
    tell(6, { notes: { carried: [{ id: '42', to: '12' }] } });
    await expectSoon(() => screen.node('b2')).toMatch(/crosses over, between both/);
    await picture(page, 'merge-crossing');
    tell(7, { notes: { carried: [{ id: '42', to: '12' }] } });
    await expectSoon(() => screen.node('b2')).toMatch(/crossed over, in oak/);
    await page.getByText('1 of 2 crossed over').waitFor();
  });

  it('halts at a gate that fails, and leaves the choice to a person', async () => {
    tell(6, {
      state: 'stuck',
      reason: 'munge of b2 is not understood by a1.',
      steps: stepsAt(6, { error: 'munge of b2 is not understood by a1.' }),
    });
    await page.getByRole('alert').getByText('munge of b2 is not understood').waitFor();
    for (const name of ['Abort and undo', 'Leave b2 out', 'Try again']) {
      await page.getByRole('button', { name }).waitFor();
    }
    await expectEverySize(page, 'merge-halted');
    await page.getByRole('button', { name: 'Leave b2 out' }).click();
    await page.getByText('Only b2 is taken back and left out.').waitFor();
    await picture(page, 'merge-leave-out');
    await page.getByRole('dialog').getByRole('button', { name: 'Leave it out' }).click();
    await expectSoon(() => oaks.posts().at(-1)?.path).toBe(`/api/v1/operations/${OPERATION}/skip`);
  });

  it('stands on the other card too, which leads to where it is watched', async () => {
    await wizard.openPage('/clusters/elm');
    await page.getByText('Its nodes cross over to oak.').waitFor();
    await page.getByRole('button', { name: 'Watch it' }).click();
    await page.waitForURL(/#\/operations\/oak\//);
  });

  it('ends with a report and a time to go back', async () => {
    tell(11, {
      state: 'done',
      pivot_passed: true,
      ended_at: begunAt + 14_000,
      rollback_until: Date.now() + DAY_MS,
      notes: { carried: [{ id: '42', to: '12' }] },
    });
    await page.getByText('Done in 14 s').waitFor();
    await page.getByText('2 of 2 crossed over').waitFor();
    await page.getByText(/It can be rolled back for another/).waitFor();
    await expectEverySize(page, 'merge-done');
    await page.getByRole('button', { name: 'See the report' }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await picture(page, 'merge-report');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await expectSoon(() => oaks.posts().at(-1)?.path).toBe(
      `/api/v1/operations/${OPERATION}/commit`,
    );
  });

  it('leaves a card that says where its cluster went', async () => {
    elms.overview = oaks.overview;
    await host.client.connection.refresh({ uuid: elm });
    await wizard.openPage('/');
    await page.getByText('It was merged into oak.').waitFor();
    await expectEverySize(page, 'merge-deck');
    tell(11, { state: 'done', pivot_passed: true, ended_at: begunAt + 14_000 });
    await host.client.clusterOperations.list({ refresh: true });
    await wizard.openPage('/clusters/elm');
    await page.getByText('Its nodes answer for oak now.').waitFor();
    await expectEverySize(page, 'merge-taken-up');
  });

  it('makes one card of both when nothing is rolled back any more', async () => {
    world.cards.set(ELM.uuid, world.cards.get(OAK.uuid) ?? fail());
    await page.getByRole('button', { name: 'Make one card of both' }).click();
    await page.getByText('Both are oak: there is nothing to merge.').waitFor();
    await picture(page, 'merge-same-cluster');
    await page.getByRole('button', { name: 'Make one card of both' }).click();
    await page.getByRole('button', { name: 'Make one card', exact: true }).click();
    await page.getByText('Elm is part of Oak now').waitFor();
    const { endpoints } = await host.client.clusters.get({ ref: 'oak' });
    expect(endpoints).toHaveLength(4);
    await expect(host.client.clusters.get({ ref: 'elm' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('tells quietly of another cluster in sight, and loudly of one that lies', async () => {
    const seen = { addresses: ['10.0.0.9:9090'], seen_by: ['a1'], via: ['seed' as const] };
    const times = { first_seen: begunAt, last_seen: begunAt, pact: false };
    world.sightings.set(OAK.uuid, [
      { kind: 'foreign', cluster: ELM, ...seen, ...times, remedy: 'Add it to this deck.' },
      { kind: 'impostor', cluster: OAK, ...seen, ...times, remedy: 'Look who has that address.' },
    ]);
    await host.client.merge.sightings({ uuid: oak, refresh: true });
    await wizard.openPage('/clusters/oak');
    await page.getByText('Another cluster is in sight: elm.').waitFor();
    await page.getByText('Somebody says to be oak and cannot prove it.').waitFor();
    await expectEverySize(page, 'split-notices');
    await wizard.openPage('/');
    await page.getByText('Another cluster is in sight: elm.').waitFor();
    await picture(page, 'split-deck');
  });

  it('says of Proxmox clusters why not, and what to do instead', async () => {
    const [first, second] = (await host.client.clusters.list()).filter(
      ({ kind }) => kind === 'proxmox',
    );
    if (first === undefined || second === undefined) throw new Error('The lab has no two.');
    const { uuid, clusterId, name } = first;
    await wizard.openPage(`/clusters/${clusterId}/merge`);
    await page.getByText('Proxmox VE cannot merge clusters').waitFor();
    await page.getByText('No other card of this deck leads to').waitFor();
    await page.getByText(/^vzdump \d+ --dumpdir/).waitFor();
    await expectEverySize(page, 'merge-proxmox');
    const copy = await host.client.clusters.duplicate({ uuid, clusterId: 'copy', name: 'Copy' });
    await page.reload();
    await page
      .getByText(/Both have the endpoint/)
      .first()
      .waitFor();
    await expectEverySize(page, 'merge-proxmox-duplicate');
    await page.getByRole('button', { name: 'Make one card of both' }).click();
    const deed = page.getByRole('button', { name: 'Make one card', exact: true });
    // a copy of a protected cluster is protected as well
    await page.getByRole('textbox', { name: /to confirm/ }).fill('copy');
    await deed.click();
    await page.getByText(`Copy is part of ${name} now`).waitFor();
    const left = await host.client.clusters.list();
    expect(left.some(({ uuid: one }) => one === copy.uuid)).toBe(false);
    expect(left.some(({ uuid: one }) => one === uuid)).toBe(true);
  });

  it('wrote no error anywhere', () => {
    expect(host.pageErrors).toEqual([]);
  });
});

function fail(): never {
  throw new Error('The world has lost a card.');
}
