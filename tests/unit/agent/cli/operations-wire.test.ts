import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createOutput } from '#agent/cli/io';
import { carryOut } from '#agent/cli/operations/carry-out';
import { stageAgent } from '#tests/support/agent';
import { agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { stageFleet } from '#tests/support/operations';
import { sweptFolder } from '#tests/support/temp-folder';

/** The command line beside a real API, service, coordinator and engine, over its socket. */
async function stage() {
  const folder = sweptFolder();
  mkdirSync(join(folder, 'state'));
  const config = await lonelyNode(folder);
  const fleet = stageFleet();
  const [node] = fleet.nodes;
  const operations = node?.operations.operations;
  if (operations === undefined) throw new Error('There is no node');
  await stageAgent({ operations, api: { socketPath: join(folder, 'state', 'agent.sock') } });
  const said: string[] = [];
  const io = {
    stdout: (text: string) => void said.push(text),
    stderr: (text: string) => void said.push(text),
    env: {},
    signal: new AbortController().signal,
    prompt: async () => null,
    onSignal: () => () => undefined,
  };
  const context = { io, out: createOutput(io, false), version: '0', configPath: config };
  return {
    ground: fleet.ground,
    run: agentCommandLine(config),
    /** the fleet's own kind of operation */
    move: (confirm: string) => carryOut({ kind: 'moving', params: {} }, { confirm }, context),
    said: () => said.join(''),
  };
}

test('planned, approved, carried out and rolled back, as the agents tell it', async () => {
  const { ground, run, move, said } = await stage();
  expect(await move('a2')).toBe(0);
  expect(said()).toMatch(/3\/4 {2}start on a2: done in /);
  expect(said()).toContain('Done in');
  expect(said()).toContain('3 of 3 jobs are accounted for.');
  expect(ground.there).toContain('a2 controller');
  const [{ id = '', state = '' } = {}] = JSON.parse(
    (await run(['operation', 'list', '--json'])).stdout,
  ).operations;
  expect(state).toBe('done');
  expect((await run(['operation', 'rollback', id.slice(0, 8)])).code).toBe(0);
  const followed = await run(['operation', 'follow', id]);
  expect(followed.code).toBe(1);
  expect(followed.stdout).toContain('Undone: what was before is there again.');
  expect([...ground.there]).toEqual(['a1 controller']);
  const shown = await run(['operation', 'show', id, '--log']);
  expect(shown.stdout).toMatch(/a2: controller: true$/m);
  expect(shown.stdout).toContain('It was rolled back by root on a1.');
});

test('one that waits for a person is told with the reason, and goes on when asked to', async () => {
  const { ground, run, move, said } = await stage();
  ground.busy.add('job 17 of ada');
  ground.patienceMs = 500;
  expect(await move('a2')).toBe(1);
  expect(said()).toContain('Stuck. job 17 of ada to end');
  const [{ id = '' } = {}] = JSON.parse(
    (await run(['operation', 'list', '--json'])).stdout,
  ).operations;
  ground.busy.clear();
  expect((await run(['operation', 'retry', id])).code).toBe(0);
  expect((await run(['operation', 'follow', id])).code).toBe(0);
});

test('what the agent refuses keeps its code and its remedy', async () => {
  const { ground, run, move } = await stage();
  await expect(move('a1')).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  ground.checks = [
    { id: 'x', title: 'a2 answers', state: 'failed', detail: 'It does not.', remedy: 'Start it.' },
  ];
  await expect(move('a2')).rejects.toMatchObject({
    code: 'CHECKS_FAILED',
    data: { remedy: 'Start it.' },
  });
  const { code, stderr } = await run(['handoff', '--role', 'etcd', '--to', 'a2', '--plan']);
  expect(code).toBe(1);
  expect(stderr).not.toBe('');
});
