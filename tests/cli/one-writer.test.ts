import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { startBrowserHost } from '#electron/browser-host/host';
import { type RunOptions, runBrowserHost } from '#electron/browser-host/run';
import { enterStore } from '#electron/core/local/enter';
import { takeStoreLock } from '#electron/core/local/lock';
import { startDemoLab } from '#electron/demo/lab';
import { commandLine } from '#tests/support/cli';
import { hostOptions } from '#tests/support/host';
import { tempFolder } from '#tests/support/temp-folder';
import { ensureBuilt, root } from '../../build/builder.mjs';

let folder: ReturnType<typeof tempFolder>;
let dataDir: string;
let run: ReturnType<typeof commandLine>;
let children: ChildProcess[];
beforeAll(() => ensureBuilt(), 120_000);
beforeEach(() => {
  folder = tempFolder();
  dataDir = join(folder.path, 'data');
  mkdirSync(dataDir);
  run = commandLine({ dataDir });
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  folder.remove();
});

const add = (id: string) =>
  `clusters add --id ${id} --name ${id} --host pve.lab --user root@pam --password-stdin --json`.split(
    ' ',
  );
const ids = async () => {
  const { stdout } = await run(['clusters', 'list', '--json']);
  return z
    .array(z.object({ id: z.string() }))
    .parse(JSON.parse(stdout))
    .map(({ id }) => id);
};

/** The command line as a process of its own, as it is shipped. */
function program(args: readonly string[], stdin = '') {
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'node', 'cli.js'), '--data', dataDir, ...args],
    { stdio: ['pipe', 'pipe', 'pipe'], env },
  );
  children.push(child);
  child.stdin.end(stdin);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), stdout, stderr }));
  return { child, ended, said: () => stdout, warned: () => stderr };
}

async function serving() {
  const server = program(['serve', '--no-open', '--json']);
  await expect.poll(server.said, { timeout: 15_000 }).toContain('"link"');
  return server;
}

const runOptions = (signal: AbortSignal): RunOptions => ({
  data: dataDir,
  port: 0,
  open: false,
  demo: false,
  joins: true,
  endsWithWindow: true,
  installation: { version: '0.0.0-test', rendererDir: '', cliPath: '' },
  protectors: [],
  env: {},
  signal,
  printLink: () => undefined,
});

const record = () => {
  const text = readFileSync(join(dataDir, 'host.json'), 'utf8');
  const shape = z.object({
    pid: z.number(),
    local: z.object({ address: z.string(), key: z.string() }),
  });
  return shape.parse(JSON.parse(text));
};

test('commands go through the running host, which sees the change at once and keeps the secret', async () => {
  const host = await startBrowserHost(hostOptions(dataDir));
  const end = new AbortController();
  const events = await host.client.live.watch(undefined, { signal: end.signal });
  await events.next();
  const heard = (async () => {
    for await (const event of events) if (event.type === 'clusters') return event.upserts;
    return [];
  })();
  expect((await run(add('lab-a'), { stdin: 'secret\n' })).code).toBe(0);
  expect((await heard).map(({ clusterId }) => clusterId)).toEqual(['lab-a']);
  const [cluster] = await host.client.clusters.list();
  // with no keychain it lives as long as the host, not as long as the command
  expect(cluster?.hasSecret).toBe(true);
  expect(await ids()).toEqual(['lab-a']);
  end.abort();
  await host.close();
  expect(await ids()).toEqual(['lab-a']);
});

test('failures keep their code, field and remedy on the way through the host', async () => {
  const host = await startBrowserHost(hostOptions(dataDir));
  const refused = await run([...add('lab-a'), '--port', '70000'], { stdin: 'x\n' });
  expect(JSON.parse(refused.stdout)).toMatchObject({
    code: 'INVALID_INPUT',
    fields: { 'endpoints.0.port': 'Ports go from 1 to 65535.' },
  });
  const missing = await run(['clusters', 'show', 'nix', '--json']);
  expect(JSON.parse(missing.stdout)).toMatchObject({ code: 'NOT_FOUND' });
  await host.close();
});

test('only this user may open the local socket, and only with the key', async () => {
  const host = await startBrowserHost(hostOptions(dataDir));
  const { local } = record();
  expect(statSync(local.address).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(local.address)).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, 'host.json')).mode & 0o777).toBe(0o600);
  const knock = (headers: Record<string, string>) => {
    const socket = new WebSocket('ws://x/rpc', {
      createConnection: () => connect(local.address),
      headers,
    });
    return new Promise((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    }).finally(() => socket.terminate());
  };
  expect(await knock({})).toBe(403);
  expect(await knock({ authorization: 'Bearer wrong' })).toBe(403);
  expect(await knock({ authorization: `Bearer ${local.key}` })).toBe(101);
  await host.close();
  expect(existsSync(dirname(local.address))).toBe(false);
  expect(existsSync(join(dataDir, 'host.json'))).toBe(false);
});

test('a second host is refused and told who runs', async () => {
  const first = await serving();
  const second = await program(['serve', '--no-open', '--json']).ended;
  expect(second.code).toBe(1);
  expect(JSON.parse(second.stdout)).toMatchObject({ ok: false, code: 'STORE_BUSY' });
  expect(second.stdout).toContain(`process ${first.child.pid}`);
});

test('a second start brings the first to the front, which prints a new link', async () => {
  const links: string[] = [];
  const end = new AbortController();
  const options = {
    ...runOptions(end.signal),
    printLink: (link: string) => void links.push(link),
  };
  const first = runBrowserHost(options);
  await expect.poll(() => links.length, { timeout: 10_000 }).toBe(1);
  expect(await runBrowserHost(options)).toBe('joined');
  expect(links).toHaveLength(2);
  expect(new Set(links).size).toBe(2);
  end.abort();
  expect(await first).toBe('ended');
});

test('the demo lab is a program of its own on a folder of its own, and ends with its host', async () => {
  const told = join(folder.path, 'told');
  const cliPath = join(folder.path, 'cli.mjs');
  writeFileSync(
    cliPath,
    `import { writeFileSync } from 'node:fs';
     const { CLUSTERDECK_DATA: data } = process.env;
     writeFileSync(${JSON.stringify(told)}, JSON.stringify({ args: process.argv.slice(2), data }));
     process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(told)}, 'ended'); process.exit(); });
     setInterval(() => {}, 1000);`,
  );
  const end = new AbortController();
  const host = runBrowserHost({
    ...runOptions(end.signal),
    env: { ...process.env, CLUSTERDECK_DATA: dataDir },
    installation: { version: '0.0.0-test', rendererDir: '', cliPath },
    onReady: async ({ client }) => {
      expect((await client.app.info()).canOpenDemo).toBe(true);
      await client.app.openDemo();
    },
  });
  const said = () => (existsSync(told) ? readFileSync(told, 'utf8') : '');
  await expect.poll(said, { timeout: 10_000 }).toContain('}');
  expect(JSON.parse(said())).toEqual({ args: ['demo', '--no-open'] });
  end.abort();
  await host;
  await expect.poll(said, { timeout: 10_000 }).toBe('ended');
});

test('a killed host leaves the folder free: the next command opens the store', async () => {
  const server = await serving();
  await run(add('lab-a'), { stdin: 'x\n' });
  const { address } = record().local;
  server.child.kill('SIGKILL');
  await once(server.child, 'exit');
  expect(existsSync(join(dataDir, 'host.json'))).toBe(true);
  expect(await ids()).toEqual(['lab-a']);
  expect(existsSync(join(dataDir, 'host.json'))).toBe(false);
  expect(existsSync(dirname(address))).toBe(false);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a host in order', async (signal) => {
  const server = await serving();
  server.child.kill(signal);
  const { code } = await server.ended;
  expect(code).toBe(0);
  expect(readdirSync(dataDir).sort()).toEqual(['clusterdeck.db', 'lock.db', 'logs']);
});

test('many commands at once, with and without a host coming and going, lose nothing', async () => {
  const names = Array.from({ length: 8 }, (_, n) => `lab-${n}`);
  const half = names.slice(0, 4).map((id) => program(add(id), 'x\n').ended);
  const server = await serving();
  const rest = names.slice(4).map((id) => program(add(id), 'x\n').ended);
  const runs = await Promise.all([...half, ...rest]);
  expect(runs.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(
    names.map(() => [0, '']),
  );
  server.child.kill('SIGTERM');
  await server.ended;
  expect((await ids()).sort()).toEqual(names);
}, 60_000);

test('a command waits for another one that has the store open', async () => {
  const lock = takeStoreLock(dataDir);
  lock?.announce({ pid: 4711, host: 'cli', demo: false, local: null });
  const end = new AbortController();
  const waiting = run(['clusters', 'list', '--json'], { signal: end.signal });
  lock?.release();
  expect((await waiting).code).toBe(0);
});

test('who waits in vain is told who has the store open', async () => {
  const lock = takeStoreLock(dataDir);
  lock?.announce({ pid: 4711, host: 'cli', demo: false, local: null });
  const failure = await enterStore({ dataDir, waitMs: 120 }).catch((error: unknown) => error);
  lock?.release();
  expect(failure).toMatchObject({ code: 'STORE_BUSY' });
  expect(String(failure)).toContain('A clusterdeck command (process 4711)');
});

test('a host that dies in the middle of a command is told as that, and nothing is repeated', async () => {
  const lab = await startDemoLab({ clusters: 1, guests: 1 });
  const server = await serving();
  const { host, port, fingerprint } = lab.cluster('prod-main').endpoint;
  const line = `clusters add --id p --name p --host ${host} --port ${port} --user root@pam`;
  await run([...line.split(' '), '--password-stdin', '--pin', fingerprint], { stdin: 'x\n' });
  lab.cluster('prod-main').inject({ kind: 'hang' });
  const testing = program(['clusters', 'test', 'p']);
  await expect.poll(testing.warned, { timeout: 10_000 }).toMatch(/^tls +ok/m);
  server.child.kill('SIGKILL');
  const { code, stdout, stderr } = await testing.ended;
  await lab.close();
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('The running Clusterdeck ended in the middle of the command.');
});

test('a folder with a very long path works', async () => {
  dataDir = join(folder.path, 'x'.repeat(120), 'ü: %20#?', 'y'.repeat(90));
  mkdirSync(dataDir, { recursive: true });
  run = commandLine({ dataDir });
  const host = await startBrowserHost(hostOptions(dataDir));
  expect((await run(add('lab-a'), { stdin: 'x\n' })).code).toBe(0);
  expect(await host.client.clusters.list()).toHaveLength(1);
  await host.close();
});

test('a record that is damaged, or of somebody long gone, is no obstacle', async () => {
  const lock = takeStoreLock(dataDir);
  const local = { address: join(tmpdir(), 'nobody-listens-here'), key: 'k'.repeat(43) };
  lock?.announce({ pid: 1, host: 'browser', demo: false, local });
  const { code, stdout } = await new Promise<Awaited<ReturnType<typeof run>>>((resolve) => {
    void run(['clusters', 'list', '--json']).then(resolve);
    lock?.release();
  });
  expect([code, stdout.trim()]).toEqual([0, '[]']);
});
