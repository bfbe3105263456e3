import { expect, test } from 'vitest';
import type { ClusterOperationView } from '#shared/contract/cluster-operations';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

const ENDS = { timeout: 60_000, interval: 50 };

/** What runs, by job and since when. */
async function runningJobs(client: Awaited<ReturnType<typeof withDeck>>['client']) {
  await client.inventory.poll({ cluster: 'forge' });
  const [known] = await client.inventory.query({ cluster: 'forge' });
  const running = known?.jobs.filter(({ state }) => state === 'RUNNING') ?? [];
  return new Map(running.map(({ job, startedAt }) => [job, startedAt]));
}

test('the demo rehearses a whole handoff: jobs run on, the controller has moved, a report tells it', async () => {
  const lab = await withLab({ clusters: 0, clusteros: 1 });
  const { client, uuid: uuidOf } = await withDeck(lab);
  const uuid = await uuidOf('forge');
  const before = await runningJobs(client);
  expect(before.size).toBeGreaterThan(0);

  const { handoff } = await client.clusterOperations.candidates({ uuid });
  const fit = handoff
    .find(({ role }) => role === 'slurm-controller')
    ?.candidates.find((each) => each.fit && !each.holds);
  const to = fit?.node ?? '';
  const plan = await client.clusterOperations.plan({
    uuid,
    kind: 'handoff',
    params: { role: 'slurm-controller', to },
  });
  expect(plan.checks.filter(({ state }) => state === 'failed')).toEqual([]);
  const { confirm, hash: planHash } = plan;
  const { id } = await client.clusterOperations.start({ uuid, planHash, confirm });
  const place = { uuid, id };

  const end = new AbortController();
  const heard: ClusterOperationView[] = [];
  const stream = await client.clusterOperations.watch(place, { signal: end.signal });
  const listening = (async () => {
    for await (const view of stream) heard.push(view);
  })().catch(() => undefined);
  await expect.poll(() => heard.at(-1)?.answer?.operation.state, ENDS).toBe('done');
  end.abort();
  await listening;

  const last = heard.at(-1)?.answer;
  expect(last?.operation.steps.every(({ state }) => state === 'done')).toBe(true);
  expect(last?.pulse).toMatchObject({ failed: 0, jobs_found: last?.pulse?.jobs_known });
  expect(last?.pulse?.jobs_known).toBeGreaterThan(0);
  const after = await runningJobs(client);
  const [known] = await client.inventory.query({ cluster: 'forge' });
  const leader = known?.live.clusteros?.leaders.find(({ role }) => role === 'slurm-controller');
  expect(leader?.node).toBe(to);
  // what ended meanwhile ended by itself; nothing that still runs was begun anew
  const kept = [...after].filter(([job]) => before.has(job));
  expect(kept.length).toBeGreaterThan(0);
  for (const [job, startedAt] of kept) expect(startedAt).toBe(before.get(job));

  const { text } = await client.clusterOperations.report({ ...place, format: 'markdown' });
  expect(text).toContain(`# ${plan.title}`);
  expect(text).toContain('| Result | done |');
  expect(text).toContain('| Failed submissions | 0 |');
}, 120_000);
