import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { commandLine } from '#tests/support/cli';
import {
  answerOf,
  HASH,
  OPERATION,
  OperationAgents,
  planOf,
  refusal,
  STARTED,
} from '#tests/support/operation-agents';
import { MemoryKeychain } from '#tests/support/ports';
import { sweptFolder } from '#tests/support/temp-folder';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

/** The command line on a folder where a ClusterOS cluster was added. */
async function atelier() {
  const agents = await OperationAgents.start();
  const folder = sweptFolder();
  const run = commandLine({
    dataDir: join(folder, 'data'),
    protectors: [new MemoryKeychain()],
  });
  const port = agents.label(0).split(':')[1] ?? '';
  const add = `clusters add --kind clusteros --id atelier --name Atelier --host 127.0.0.1 --port ${port} --token-stdin --trust`;
  const added = await run(add.split(' '), { stdin: `${agents.token}\n` });
  expect(added.code).toBe(0);
  const json = async (...args: string[]) => {
    const { code, stdout } = await run([...args, '--json']);
    return { code, document: JSON.parse(stdout) };
  };
  return { agents, run, json, folder };
}

const HANDOFF = 'handoff run atelier --role slurm-controller --to a2'.split(' ');
const ended = (serial: number) =>
  answerOf(
    {
      state: 'done',
      serial,
      ended_at: STARTED + 4200,
      rollback_until: STARTED + 3_600_000,
      pivot_passed: true,
    },
    { pulse: { points: [], longest_ms: 412, failed: 0, jobs_found: 3, jobs_known: 3 } },
    4,
  );

test('a handoff is planned, approved by name, begun once and followed to its end', async () => {
  const { agents, run } = await atelier();
  const plan = await run(['handoff', 'plan', ...HANDOFF.slice(2)]);
  expect(plan.code).toBe(0);
  expect(plan.stdout).toContain('a2 is a proven backup on the shared folder.');
  expect(plan.stdout).toMatch(/Clocks are in step +ok/);
  expect(plan.stdout).toContain('Submissions wait 600 ms. All of it takes 5 s.');
  expect(plan.stdout).toContain(`Plan ${HASH}`);

  const unapproved = await run(HANDOFF);
  expect(unapproved.code).toBe(1);
  expect(unapproved.stderr).toContain('Nothing was begun. Approve it with --confirm a2.');
  const other = await run([...HANDOFF, '--confirm', 'a2', '--plan', 'cd'.repeat(32)]);
  expect(other.stderr).toContain('What the plan rests on has changed since it was made.');
  expect(agents.posts().every(({ path }) => path.endsWith('/plan'))).toBe(true);

  agents.onPost = (path) => {
    if (path !== '/api/v1/operations') return null;
    const begun = answerOf();
    agents.put(begun);
    const followed = vi.waitFor(() => expect(agents.followers(0)).toBe(1), { timeout: 15_000 });
    void followed.then(() => agents.put(ended(3)));
    return { status: 200, body: begun.operation };
  };
  const { code, stdout, stderr } = await run([...HANDOFF, '--confirm', 'a2', '--plan', HASH]);
  expect(code).toBe(0);
  expect(agents.posts().at(-1)?.body).toEqual({ plan_hash: HASH, confirm: 'a2' });
  expect(stderr).toContain(`Begun as operation ${OPERATION}.`);
  expect(stderr).toContain('2/4 Stop a1: waits for port 6817 of a1 to close');
  expect(stderr).toContain('4/4 Prove it: done in 230 ms');
  expect(stdout).toContain('SLURM controller: a1 to a2: done');
  expect(stdout).toContain('Submissions waited up to 412 ms, 0 failed; 3 of 3 jobs');
});

test('an undone one, a failed check and a refusal are exit code 1, with the reason', async () => {
  const { agents, json } = await atelier();
  agents.onPost = (path) => {
    if (path !== '/api/v1/operations') return null;
    const undone = answerOf({ state: 'undone', ended_at: STARTED, reason: 'a2 did not start.' });
    agents.put(undone);
    return { status: 200, body: undone.operation };
  };
  const undone = await json(...HANDOFF, '--confirm', 'a2');
  expect(undone).toMatchObject({
    code: 1,
    document: { ok: false, operation: { state: 'undone', reason: 'a2 did not start.' } },
  });
  agents.onPost = () => refusal(409, 'checks-failed');
  expect(await json(...HANDOFF, '--confirm', 'a2')).toMatchObject({
    code: 1,
    document: { code: 'CHECKS_FAILED', remedy: 'Do this.' },
  });
  const check = { id: 'disk', title: 'Room', detail: 'None.', remedy: 'Make room.' };
  agents.onPost = () => ({
    status: 200,
    body: planOf({ checks: [{ ...check, state: 'failed' }] }),
  });
  const plan = await json('leave', 'plan', 'atelier', 'a1', '--reboot');
  expect(plan).toMatchObject({ code: 1, document: { ok: false, plan: { kind: 'handoff' } } });
  expect(agents.posts().at(-1)?.body).toEqual({
    kind: 'leave',
    params: { node: 'a1', reboot: true },
  });
});

test('operations are listed, shown, asked and reported by the beginning of their id', async () => {
  const { agents, run, json, folder } = await atelier();
  agents.put(answerOf());
  const { document: rows } = await json('operations', 'list');
  expect(rows).toMatchObject([
    { cluster_id: 'atelier', id: OPERATION, steps: { done: 1, total: 4 }, rollback_until: null },
  ]);
  expect((await run(['operations', 'list'])).stdout).toMatch(
    /atelier +1{8}-.* running +1\/4 .*port 6817/,
  );
  const shown = await json('operations', 'show', 'atelier', OPERATION.slice(0, 6));
  expect(shown.document).toMatchObject({ hearing: { state: 'live' }, operation: { epoch: 7 } });
  const asked = await run(['operations', 'pause', 'atelier', OPERATION]);
  expect(asked).toMatchObject({ code: 0, stdout: 'It will pause.\n' });
  expect(agents.posts().at(-1)?.path).toBe(`/api/v1/operations/${OPERATION}/pause`);
  const file = join(folder, 'report.md');
  await run(['operations', 'report', 'atelier', '1111', '--out', file]);
  expect(readFileSync(file, 'utf8')).toContain('# SLURM controller: a1 to a2');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const none = await run(['operations', 'show', 'atelier', 'ffff']);
  expect(none).toMatchObject({ code: 1 });
  expect(none.stderr).toContain('clusterdeck operations list');
  const { document: found } = await json('handoff', 'candidates', 'atelier');
  expect(found.handoff[0].role).toBe('slurm-controller');
});

test('following ends with the command, and the operation goes on', async () => {
  const { agents, run } = await atelier();
  agents.put(answerOf());
  const end = new AbortController();
  const following = run(['operations', 'follow', 'atelier', OPERATION], { signal: end.signal });
  await expect.poll(() => agents.followers(0), { timeout: 15_000 }).toBe(1);
  end.abort();
  const { code, stderr } = await following;
  expect(code).toBe(1);
  expect(stderr).toContain('The agents go on with it.');
  expect(agents.posts()).toEqual([]);
  await expect.poll(() => agents.followers(0), { timeout: 15_000 }).toBe(0);
});
