import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { nodesAnswer } from '#shared/contract/agent/dashboard';
import { type AgentRun, agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { tempFolder } from '#tests/support/temp-folder';

const folder = tempFolder();
const ending = new AbortController();
let run: ReturnType<typeof agentCommandLine>;
let running: Promise<AgentRun>;
let port: number;

const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers });

// a real agent with real serf, from its command line, in this process
beforeAll(async () => {
  const config = await lonelyNode(folder.path, {
    logging: { file: join(folder.path, 'agent.log') },
  });
  port = parse(readFileSync(config, 'utf8')).api.port;
  run = agentCommandLine(config);
  const enrolment = join(folder.path, 'enrolment.yaml');
  await run(['enrol', '--create', 'forge', '--founder', 'n1', '--out', enrolment]);
  running = run(['start', '--foreground'], ending.signal);
  running.catch(() => undefined);
  await vi.waitFor(
    async () => {
      const { nodes } = nodesAnswer.parse(await (await ask('/api/v1/nodes')).json());
      if (nodes[0]?.authenticated !== true) throw new Error('it is no member yet');
    },
    { timeout: 40_000, interval: 250 },
  );
}, 60_000);

afterAll(() => folder.remove());

test('the founder founds by itself, and status says how the node is', async () => {
  const { code, stdout } = await run(['status']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^node +n1 \([0-9a-f-]{36}\)$/m);
  expect(stdout).toMatch(/^cluster +forge \(/m);
  expect(stdout).toMatch(/^state +sqlite, ok$/m);
  expect(stdout).toMatch(/^n1 +alive +127\.0\.0\.1/m);
  expect(JSON.parse((await run(['info', '--json'])).stdout)).toMatchObject({ running: true });
});

test('a token is made over the socket of root alone, printed once, and ends when revoked', async () => {
  const socket = join(folder.path, 'state/agent.sock');
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const made = await run([
    'token',
    'create',
    '--role',
    'operator',
    '--name',
    'ada',
    '--expires',
    '12h',
  ]);
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^cdk_[0-9a-f]{10}_[\w-]{43}\n$/);
  const listed = JSON.parse((await run(['token', 'list', '--json'])).stdout);
  const [view] = listed.tokens;
  expect(view).toMatchObject({ name: 'ada', role: 'operator', revoked: false });
  expect(view.expires_at - view.created_at).toBe(12 * 3600);
  expect(JSON.stringify(listed)).not.toContain(made.stdout.trim());
  expect((await run(['token', 'revoke', view.id])).code).toBe(0);
  expect((await run(['token', 'list'])).stdout).toMatch(/operator +ada +revoked/);
  expect((await run(['token', 'revoke', '0000000000'])).code).toBe(1);
  expect((await run(['token', 'create', '--role', 'viewer', '--expires', 'soon'])).code).toBe(1);
});

test('plain loopback changes nothing', async () => {
  const refused = await fetch(`http://127.0.0.1:${port}/api/v1/tokens`, {
    method: 'POST',
    body: '{"role":"admin","name":"x","expires_in_s":0}',
    headers: { 'content-type': 'application/json' },
  });
  expect(refused.status).toBe(403);
});

test('operations are asked of the agent: none yet, and what this cluster lacks is refused', async () => {
  const listed = await run(['operation', 'list', '--json']);
  expect([listed.code, JSON.parse(listed.stdout)]).toEqual([0, { operations: [] }]);
  for (const words of [['--to', 'n1', '--plan'], []]) {
    const refused = await run(['handoff', '--role', 'slurm-controller', ...words, '--json']);
    expect(refused.code).toBe(1);
    const code = expect.stringMatching(/^(NOT_FOUND|UNSUPPORTED)$/);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, code });
  }
  expect((await run(['operation', 'follow', 'abc'])).stderr).toContain('no operation abc');
});

test('a second agent on the same state folder is refused, and so is a start in the background', async () => {
  const second = await run(['start', '--foreground']);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain('A node agent runs on this state folder already.');
  const background = await run(['start']);
  expect(background).toMatchObject({ code: 0, stdout: 'The node agent runs already.\n' });
});

test('neither log nor state folder is open to others, and the key is in neither log nor state', async () => {
  const { cluster } = parse(readFileSync(join(folder.path, 'enrolment.yaml'), 'utf8'));
  const log = join(folder.path, 'agent.log');
  expect(readFileSync(log, 'utf8')).not.toContain(cluster.key);
  expect(statSync(log).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder.path, 'state')).mode & 0o777).toBe(0o700);
  expect(existsSync(join(folder.path, 'state/agent.pid'))).toBe(true);
  const found = execFileSync('sh', [
    '-c',
    `grep -rlF "${cluster.key}" ${folder.path}/state || true`,
  ]);
  expect(found.toString()).toBe('');
});

test('its end is orderly, and serf runs on', async () => {
  ending.abort();
  expect(await running).toMatchObject({ code: 0 });
  const record = join(folder.path, 'state/daemons/clusterdeck-serf.json');
  const { process: serf } = JSON.parse(readFileSync(record, 'utf8'));
  expect(() => process.kill(serf.pid, 0)).not.toThrow();
  // it outlives the agent, as it should, but not this test
  process.kill(serf.pid, 'SIGKILL');
  await expect(ask('/health')).rejects.toThrow('fetch failed');
});
