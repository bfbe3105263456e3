import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { commandLine } from '#tests/support/cli';
import { tempFolder } from '#tests/support/temp-folder';
import { ensureBuilt, root } from '../../build/builder.mjs';

const running: ChildProcess[] = [];
beforeAll(() => ensureBuilt(), 120_000);
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    // in order, so that it takes its folder with it
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

const started = z.object({ ok: z.literal(true), link: z.url(), data: z.string(), pid: z.number() });

async function demo(...more: string[]) {
  const entry = join(root, 'dist', 'node', 'cli.js');
  const child = spawn(process.execPath, [entry, 'demo', '--json', ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await expect.poll(() => stdout, { timeout: 18_000 }).toContain('}');
  return { child, stderr, said: () => stderr, ...started.parse(JSON.parse(stdout)) };
}

test('one line shows five live clusters, a second shell reaches them, nothing is left behind', async () => {
  const { child, link, data, stderr } = await demo();
  expect(stderr).toContain(`clusterdeck -- --data ${data} clusters list`);
  const visit = await fetch(link, { redirect: 'manual' });
  expect(visit.status).toBe(303);
  const cookie = (visit.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = await fetch(new URL(visit.headers.get('location') ?? '', link), {
    headers: { cookie },
  });
  expect(await page.text()).toContain('<title>Clusterdeck</title>');

  const run = commandLine({ dataDir: data });
  const list = JSON.parse((await run(['clusters', 'list', '--json'])).stdout);
  expect(list.map((one: { id: string; has_secret: boolean }) => [one.id, one.has_secret])).toEqual([
    ['prod-main', true],
    ['forge', true],
    ['student-lab', true],
    ['bench', true],
    ['hall-c', true],
  ]);
  for (const id of ['student-lab', 'forge']) {
    expect((await run(['clusters', 'test', id])).code).toBe(0);
  }

  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect([code, existsSync(data)]).toEqual([0, false]);
}, 60_000);

test('the size of the lab is what the options say', async () => {
  const { data } = await demo(
    '--clusters',
    '2',
    '--clusteros',
    '1',
    '--nodes',
    '2',
    '--guests',
    '5',
    '--delay-ms',
    '20',
  );
  const { stdout } = await commandLine({ dataDir: data })(['inventory', '--json']);
  const found: { nodes: unknown[]; guests: unknown[] }[] = JSON.parse(stdout);
  expect(found.map(({ nodes, guests }) => [nodes.length, guests.length])).toEqual([
    [2, 5],
    [5, 0],
    [2, 5],
  ]);
}, 60_000);

test('what is typed into it changes the simulated clusters, and it ends all the same', async () => {
  const { child, said, data } = await demo('--clusters', '1', '--clusteros', '1');
  child.stdin.write('fault forge-2 stop-hangs\noff forge-3\nnodes\n');
  await expect.poll(said).toMatch(/forge-2\s+on, stop-hangs\n\s+forge-3\s+off/);
  // its input is open still
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect([code, existsSync(data)]).toEqual([0, false]);
}, 60_000);

test('a named folder is kept, serves the next lab, and holds no password', async () => {
  const folder = tempFolder();
  const first = await demo('--data', folder.path, '--clusters', '1');
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  const second = await demo('--data', folder.path, '--clusters', '1');
  const run = commandLine({ dataDir: folder.path });
  for (const id of ['prod-main', 'forge']) {
    expect((await run(['clusters', 'test', id])).code).toBe(0);
  }
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
  const entries = readdirSync(folder.path, { recursive: true, withFileTypes: true });
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  // the passwords of the lab begin with the name of their user, its tokens with what they are
  const clear = files.filter(
    (path) =>
      statSync(path).isFile() && /root-[0-9a-f]{10}|cdk_/.test(readFileSync(path, 'latin1')),
  );
  expect([files.length > 2, clear]).toEqual([true, []]);
  folder.remove();
}, 60_000);

test('a folder with real clusters is refused and left as it is', async () => {
  const folder = tempFolder();
  const run = commandLine({ dataDir: folder.path });
  const add = 'clusters add --id prod-main --name Real --host pve.lab --user root@pam';
  await run([...add.split(' '), '--password-stdin'], { stdin: 'x\n' });
  const refused = await run(['demo', '--json', '--clusters', '1', '--no-open']);
  expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'INVALID_INPUT']);
  const { stdout } = await run(['clusters', 'show', 'prod-main', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ name: 'Real', host: 'pve.lab', revision: 1 });
  folder.remove();
}, 60_000);
