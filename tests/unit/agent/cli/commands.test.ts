import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { sweptFolder } from '#tests/support/temp-folder';

async function stage(more?: object) {
  const folder = sweptFolder();
  return { folder, run: agentCommandLine(await lonelyNode(folder, more)) };
}

test('a new enrolment file is private, has a key, and the key is never printed', async () => {
  const { folder, run } = await stage();
  const out = join(folder, 'forge.yaml');
  const words = ['--founder', 'n1', '--seed', '10.0.0.1:7946', '--region', 'eu'];
  const made = await run(['enrol', '--create', 'forge', ...words, '--out', out]);
  expect(made.code).toBe(0);
  const { cluster, seeds, founder } = parse(readFileSync(out, 'utf8'));
  expect(cluster).toMatchObject({ name: 'forge', region: 'eu' });
  expect([seeds, founder]).toEqual([['10.0.0.1:7946'], 'n1']);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(made.stdout + made.stderr).not.toContain(cluster.key);
  // it is never overwritten: the key would be gone
  const again = await run(['enrol', '--create', 'forge', '--out', out]);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(parse(readFileSync(out, 'utf8')).cluster.key).toBe(cluster.key);
});

test('installing one refuses what others may read, and another cluster unless told so', async () => {
  const { folder, run } = await stage();
  const [one, two] = [join(folder, 'one.yaml'), join(folder, 'two.yaml')];
  await run(['enrol', '--create', 'one', '--founder', 'n1', '--out', one]);
  await run(['enrol', '--create', 'two', '--founder', 'n1', '--out', two]);
  const installed = join(folder, 'enrolment.yaml');
  chmodSync(one, 0o644);
  const open = await run(['enrol', '--file', one]);
  expect(open.code).toBe(1);
  expect(open.stderr).toContain('chmod 600');
  expect(existsSync(installed)).toBe(false);
  chmodSync(one, 0o600);
  expect((await run(['enrol', '--file', one])).code).toBe(0);
  expect(statSync(installed).mode & 0o777).toBe(0o600);
  // once more is no change
  expect((await run(['enrol', '--file', one])).code).toBe(0);
  const other = await run(['enrol', '--file', two]);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('This node is enrolled in one');
  expect((await run(['enrol', '--file', two, '--replace'])).code).toBe(0);
  expect(readFileSync(installed, 'utf8')).toBe(readFileSync(two, 'utf8'));
});

test('a name that is no cluster name is refused with the reason', async () => {
  const { folder, run } = await stage();
  const made = await run(['--json', 'enrol', '--create', 'My Lab', '--out', join(folder, 'x')]);
  expect(made.code).toBe(1);
  expect(JSON.parse(made.stdout)).toMatchObject({
    ok: false,
    code: 'INVALID_INPUT',
    fields: { 'cluster.name': expect.stringContaining('small letters') },
  });
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

test('info tells who the node is without a running agent, and makes nothing', async () => {
  const { folder, run } = await stage({ roles: { 'slurm-worker': { enabled: true } } });
  await run([
    'enrol',
    '--create',
    'forge',
    '--founder',
    'n1',
    '--out',
    join(folder, 'enrolment.yaml'),
  ]);
  const { code, stdout } = await run(['info', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    version: '0.0.0-test',
    running: false,
    name: 'n1',
    id: null,
    cluster: { name: 'forge' },
    roles: ['slurm-worker'],
  });
  expect(existsSync(join(folder, 'state'))).toBe(false);
  expect((await run(['info'])).stdout).toContain('made at the first start');
});

test('without an agent, status and tokens say how to start one', async () => {
  const { run } = await stage();
  for (const words of [['status'], ['token', 'list'], ['stop']]) {
    const { code, stderr } = await run(words);
    expect(code).toBe(1);
    expect(stderr).toContain('No node agent runs on this machine.');
    expect(stderr).toContain('node-agent start');
  }
});

test('a start without an enrolment file changes nothing and says what to do', async () => {
  const { folder, run } = await stage();
  const { code, stderr } = await run(['start', '--foreground']);
  expect(code).toBe(1);
  expect(stderr).toContain('node-agent enrol --file');
  expect(existsSync(join(folder, 'state'))).toBe(false);
});

test('a mistake in the configuration is told with its line by every command', async () => {
  const { folder, run } = await stage();
  const path = join(folder, 'node-agent.yaml');
  writeFileSync(path, 'api:\n  port: 0\n');
  for (const words of [['status'], ['info'], ['start'], ['doctor']]) {
    const { code, stdout, stderr } = await run(words);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`${path}:2:3`);
  }
});

test('wrong usage ends with 2', async () => {
  const { run } = await stage();
  for (const words of [['nonsense'], ['token', 'create'], ['token', 'create', '--role', 'king']]) {
    expect((await run(words)).code).toBe(2);
  }
  expect((await run(['--help'])).code).toBe(0);
});

test('doctor tells each finding with a remedy, and exits with 1 where one is bad', async () => {
  const { folder, run } = await stage({
    roles: { 'slurm-worker': { enabled: true } },
    tailscale: { enabled: true, required: true },
    apy: { port: 1 },
  });
  const { code, stdout } = await run(['doctor', '--json']);
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(stdout);
  expect(ok).toBe(false);
  const of = (check: string) =>
    findings.find((finding: { check: string; status: string }) => finding.check === check);
  expect(of('node')).toMatchObject({ status: 'ok', remedy: '' });
  expect(of('enrolment')).toMatchObject({ status: 'bad' });
  expect(of('enrolment').remedy).toContain('node-agent enrol --file');
  expect(of('tailscale')).toMatchObject({ status: 'bad' });
  expect(of('program-serf')).toMatchObject({ status: 'ok' });
  expect(of('program-slurmd')).toBeDefined();
  expect(of('program-slurmctld')).toBeUndefined();
  const warned = findings.filter((finding: { check: string }) => finding.check === 'config');
  expect(warned[1]).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('Did you mean "api"?'),
  });
  expect(existsSync(join(folder, 'state'))).toBe(false);
});

test('doctor finds a node that would obey no operation, and leaves its record as it is', async () => {
  const { folder, run } = await stage();
  const state = join(folder, 'state');
  const path = join(state, 'operations-fence.json');
  const fence = async () => {
    const { findings } = JSON.parse((await run(['doctor', '--json'])).stdout);
    return findings.find(({ check }: { check: string }) => check === 'operations-fence');
  };
  mkdirSync(state);
  expect(await fence()).toMatchObject({ status: 'ok' });
  expect(existsSync(path)).toBe(false);
  const kept = JSON.stringify({ cluster: 'some', epoch: 7 });
  writeFileSync(path, kept);
  expect(await fence()).toMatchObject({ status: 'ok' });
  expect(readFileSync(path, 'utf8')).toBe(kept);
  writeFileSync(path, '{');
  expect(await fence()).toMatchObject({ status: 'bad', remedy: expect.stringContaining('Remove') });
});
