import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseEnrolment } from '#agent/identity/enrolment';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { commandLine } from '#tests/support/cli';
import { tempFolder } from '#tests/support/temp-folder';

// each command opens the store anew, and a passphrase takes its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

let lab: DemoLab;
let forge: DemoClusterOs;
let folder: ReturnType<typeof tempFolder>;
let run: ReturnType<typeof commandLine>;

beforeAll(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 1 });
  const [first] = lab.clusteros;
  if (first === undefined) throw new Error('no cluster');
  forge = first;
});
afterAll(() => lab.close());
beforeEach(() => {
  folder = tempFolder();
  const file = join(folder.path, 'passphrase');
  writeFileSync(file, 'correct horse battery\n', { mode: 0o600 });
  const env = { CLUSTERDECK_PASSPHRASE_FILE: file };
  run = commandLine({ dataDir: join(folder.path, 'data'), env });
});
afterEach(() => folder.remove());

async function add(...more: string[]) {
  const [door] = forge.endpoints;
  const line = `clusters add --kind clusteros --id forge --name Forge --host 127.0.0.1 --port ${door?.port}`;
  return run([...line.split(' '), '--token-stdin', '--json', ...more], {
    stdin: `${forge.token('operator')}\n`,
  });
}

const json = async (...args: string[]) => {
  const { code, stdout } = await run([...args, '--json']);
  return { code, document: JSON.parse(stdout) };
};

test('a cluster is added by address and token, trusted, tested and looked at', async () => {
  const added = await add('--trust');
  expect(added.code).toBe(0);
  expect(added.stderr).toContain(forge.endpoints[0]?.fingerprint);
  expect(added.stdout).not.toContain(forge.token('operator'));
  expect(JSON.parse(added.stdout)).toMatchObject({
    kind: 'clusteros',
    auth: 'token',
    user: '',
    has_secret: true,
  });
  const tested = await json('clusters', 'test', 'forge');
  expect(tested).toMatchObject({ code: 0, document: { ok: true, nodes: 5 } });
  const { document } = await json('inventory', '--cluster', 'forge');
  expect(document[0]).toMatchObject({
    cluster_id: 'forge',
    live: { clusteros: { rights: 'operator', state: 'ok' } },
  });
  expect(document[0].members).toHaveLength(5);
  const table = await run(['inventory']);
  expect(table.stdout).toMatch(/forge .*5 of 5 online .*\d+ running, \d+ waiting/);
});

test('wrong usage is told before anything is asked', async () => {
  const usage = async (...args: string[]) => {
    const { code, stderr } = await run(args, { stdin: 'x\n' });
    return [code, stderr.split('\n')[0]];
  };
  const base = ['clusters', 'add', '--id', 'a', '--name', 'A', '--host', 'a1'];
  expect(await usage(...base, '--kind', 'clusteros')).toEqual([
    2,
    'error: Add --token-stdin: ClusterOS knows nothing but tokens.',
  ]);
  expect(await usage(...base, '--token-stdin')).toEqual([
    2,
    'error: --token-stdin goes with --kind clusteros.',
  ]);
  expect((await usage('enrol'))[0]).toBe(2);
  expect((await usage('nodes', 'drain', 'forge', 'forge-2'))[0]).toBe(2);
});

test('the port of a node agent is the default of its kind', async () => {
  const args =
    'clusters add --kind clusteros --id b --name B --host b1 --endpoint b2 --token-stdin';
  const { stdout } = await run([...args.split(' '), '--json'], { stdin: 'cdk_a_b\n' });
  expect(JSON.parse(stdout).endpoints).toMatchObject([{ port: 9090 }, { port: 9090 }]);
});

test('jobs are listed and cancelled, nodes drained and resumed', async () => {
  await add('--trust');
  const { document: jobs } = await json('jobs', 'list', '--state', 'running');
  expect(jobs.length).toBeGreaterThan(0);
  expect(jobs[0]).toMatchObject({ cluster_id: 'forge', state: 'RUNNING' });
  const cancelled = await json('jobs', 'cancel', 'forge', jobs[0].job);
  expect(cancelled).toMatchObject({
    code: 0,
    document: { ok: true, state: 'done', items: [{ state: 'done', message: 'CANCELLED' }] },
  });
  const drained = await json('nodes', 'drain', 'forge', 'forge-2', '--reason', 'new fans');
  expect(drained.document.items[0].message).toMatch(/^drain(ed|ing)$/);
  expect((await json('nodes', 'resume', 'forge', 'forge-2')).code).toBe(0);
  const absent = await json('jobs', 'hold', 'forge', '99999999');
  expect(absent).toMatchObject({ code: 1, document: { ok: false, code: 'NOT_FOUND' } });
  const { stdout } = await run(['jobs', 'list', '--cluster', 'forge']);
  expect(stdout).toContain('CLUSTER');
});

test('a command that is ended in between says that what was sent goes on', async () => {
  await add('--trust');
  const drain = run(['nodes', 'drain', 'forge', 'forge-4', '--reason', 'x', '--json'], {
    signal: AbortSignal.abort(),
  });
  const { code, stdout } = await drain;
  expect([code, JSON.parse(stdout).code]).toEqual([1, 'ABORTED']);
});

test('an action on a protected cluster needs its id', async () => {
  await add('--trust', '--protected');
  const drain = ['nodes', 'drain', 'forge', 'forge-3', '--reason', 'x'];
  const refused = await json(...drain);
  expect(refused).toMatchObject({ code: 1, document: { code: 'CONFIRMATION_REQUIRED' } });
  expect((await json(...drain, '--confirm', 'forge')).code).toBe(0);
  expect((await json('nodes', 'resume', 'forge', 'forge-3')).code).toBe(0);
});

test('nodes are enrolled for a new cluster and for one on the deck', async () => {
  const made = join(folder.path, 'made');
  const args = `enrol --new atelier --founder a1 --seed 10.0.0.1 --role slurm-worker --folder ${made}`;
  const first = await json(...args.split(' '));
  expect(first).toMatchObject({ code: 0, document: { ok: true, cluster: { name: 'atelier' } } });
  const text = readFileSync(join(made, 'enrolment.yaml'), 'utf8');
  expect(parseEnrolment(text, 'x').seeds).toEqual(['10.0.0.1:7946']);

  await add('--trust');
  const key = randomBytes(32).toString('base64');
  const here = join(folder.path, 'here');
  const { code, stdout, stderr } = await run(
    ['enrol', '--cluster', 'forge', '--key-stdin', '--folder', here],
    { stdin: `${key}\n` },
  );
  expect([code, stdout.includes(key), stderr.includes(key)]).toEqual([0, false, false]);
  const known = parseEnrolment(readFileSync(join(here, 'enrolment.yaml'), 'utf8'), 'x');
  expect([known.cluster.name, known.seeds.length]).toEqual(['forge', 3]);
});
