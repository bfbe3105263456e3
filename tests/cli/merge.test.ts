import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { commandLine } from '#tests/support/cli';
import { answerForMerges, ELM, mergeAnswer, mergeWorld, OAK } from '#tests/support/merge-agents';
import { HASH, OPERATION, OperationAgents, STARTED } from '#tests/support/operation-agents';
import { MemoryKeychain } from '#tests/support/ports';
import { sweptFolder } from '#tests/support/temp-folder';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 90_000 });

/** The command line on a folder with two clusters that could be merged. */
async function orchard() {
  const world = mergeWorld();
  const [oaks, elms] = [await OperationAgents.start(1), await OperationAgents.start(1)];
  answerForMerges(oaks, OAK, world);
  answerForMerges(elms, ELM, world);
  const folder = sweptFolder();
  const run = commandLine({ dataDir: join(folder, 'data'), protectors: [new MemoryKeychain()] });
  for (const [name, agents] of [
    ['oak', oaks],
    ['elm', elms],
  ] as const) {
    const port = agents.label(0).split(':')[1] ?? '';
    const add = `clusters add --kind clusteros --id ${name} --name ${name} --host 127.0.0.1 --port ${port} --token-stdin --trust`;
    const added = await run(add.split(' '), { stdin: `${agents.token}\n` });
    expect(added.code).toBe(0);
  }
  return { world, oaks, elms, run };
}

test('a merge says who stays and why, and is begun only with the losing cluster’s name', async () => {
  const { world, oaks, elms, run } = await orchard();
  const planned = await run('merge elm --with oak --plan'.split(' '));
  expect(planned.code).toBe(0);
  expect(planned.stdout).toContain('oak stays and takes up elm. oak has 3 nodes');
  expect(planned.stdout).toMatch(/Job numbers +warning/);
  expect(world.pacts.size).toBe(2);

  const parted = await run('merge elm --with oak --forbid'.split(' '));
  expect(parted.code).toBe(0);
  expect(world.pacts.size).toBe(0);

  const unapproved = await run('merge elm --with oak'.split(' '));
  expect(unapproved.code).toBe(1);
  expect(unapproved.stderr).toContain('Nothing was begun. Approve it with --confirm elm.');
  const other = await run([
    'merge',
    'elm',
    '--with',
    'oak',
    '--confirm',
    'elm',
    '--plan',
    'cd'.repeat(32),
  ]);
  expect(other.stderr).toContain('What the plan rests on has changed since it was made.');
  const starts = () =>
    [...oaks.posts(), ...elms.posts()].filter(({ path }) => path === '/api/v1/operations');
  expect(starts()).toEqual([]);

  oaks.onPost = (path) => {
    if (path !== '/api/v1/operations') return null;
    const begun = mergeAnswer(0);
    oaks.put(begun);
    const followed = vi.waitFor(() => expect(oaks.followers(0)).toBe(1), { timeout: 30_000 });
    const end = { state: 'done' as const, serial: 3, ended_at: STARTED + 14_000 };
    void followed.then(() => oaks.put(mergeAnswer(11, { ...end, pivot_passed: true })));
    return { status: 200, body: begun.operation };
  };
  const { code, stdout, stderr } = await run(
    'merge elm --with oak --left-jobs cancel --confirm elm'.split(' '),
  );
  expect(code).toBe(0);
  expect(starts().map(({ body }) => body)).toEqual([{ plan_hash: HASH, confirm: 'elm' }]);
  const plans = oaks.asked.filter(({ path }) => path === '/api/v1/operations/plan');
  expect(plans.at(-1)?.body).toMatchObject({
    params: { losing: ELM.uuid, left_jobs: 'cancel' },
  });
  expect(stderr).toContain(`Begun as operation ${OPERATION}.`);
  expect(stdout).toContain('Merge elm into oak: done');
});

test('it can be swapped, and what keeps one of the two from it is exit code 1 with the remedy', async () => {
  const { elms, run } = await orchard();
  const swapped = await run('merge oak --with elm --swap --plan --json'.split(' '));
  expect(JSON.parse(swapped.stdout)).toMatchObject({ gaining: 'elm', losing: 'oak' });
  expect(elms.asked.some(({ path }) => path === '/api/v1/operations/plan')).toBe(true);
  elms.onOther = () => ({
    status: 403,
    body: { ok: false, code: 'forbidden', message: 'Admins only.', remedy: 'Take an admin token.' },
  });
  const refused = await run('merge oak --with elm --plan'.split(' '));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Take an admin token.');
});
