import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { KeyProtector } from '#electron/core/ports';
import { commandLine } from '#tests/support/cli';
import { callHub } from '#tests/support/hub';
import { fileKeychain } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';
import { ensureBuilt, root } from '../../build/builder.mjs';

const told = z.object({
  ok: z.literal(true),
  hub: z.literal(true),
  url: z.string(),
  port: z.number(),
  fingerprint: z.string(),
  new_certificate: z.boolean(),
  user: z.literal('admin'),
  admin_token: z.string().nullable(),
  token_file: z.string().nullable(),
  data: z.string(),
});

/** The command line on a data folder of its own, and hubs it starts. */
function world(protectors: KeyProtector[] = [fileKeychain(sweptFolder())]) {
  const dataDir = sweptFolder();
  const run = commandLine({ dataDir, protectors });
  /** runs until `end` is called; gives what it printed first */
  const serveHub = async (...args: string[]) => {
    const ending = new AbortController();
    const { promise: output, resolve } = Promise.withResolvers<string>();
    const ended = run(['serve', '--hub', '--json', ...args], {
      signal: ending.signal,
      onOutput: resolve,
    });
    const end = () => {
      ending.abort();
      return ended;
    };
    onTestFinished(async () => void (await end()));
    const first = await Promise.race([output, ended.then(({ stdout }) => stdout)]);
    return { hub: told.parse(JSON.parse(first)), end };
  };
  return { dataDir, run, serveHub };
}

const clusters = (hub: z.infer<typeof told>, token: string | null) =>
  callHub(hub, { token: token ?? '' });

test('a hub tells its token once, and keeps certificate and token over a restart', async () => {
  const { run, serveHub, dataDir } = world();
  const first = await serveHub('--port', '0');
  const token = first.hub.admin_token;
  expect(first.hub).toMatchObject({ data: dataDir, new_certificate: true });
  expect((await clusters(first.hub, token)).json()).toEqual({ ok: true, clusters: [] });
  expect((await first.end()).code).toBe(0);
  const second = await serveHub();
  expect(second.hub).toMatchObject({
    admin_token: null,
    new_certificate: false,
    fingerprint: first.hub.fingerprint,
  });
  expect((await clusters(second.hub, token)).status).toBe(200);
  await second.end();
  const third = await serveHub('--hub-new-token');
  expect((await clusters(third.hub, token)).status).toBe(401);
  expect((await clusters(third.hub, third.hub.admin_token)).status).toBe(200);
  await third.end();
  expect((await run(['clusters', 'list', '--json'])).code).toBe(0);
});

test('commands beside a running hub go through it, and what they do is served', async () => {
  const { run, serveHub } = world();
  const { hub } = await serveHub();
  const add = 'clusters add --id one --name One --host pve.lab --user root@pam --password-stdin';
  expect((await run(add.split(' '), { stdin: 'a password\n' })).code).toBe(0);
  const answer = await clusters(hub, hub.admin_token);
  expect(answer.json()).toMatchObject({ clusters: [{ id: 'one', host: 'pve.lab' }] });
  expect(answer.text).not.toContain('a password');
  const put = { method: 'PUT', path: '/api/cluster-config/1', body: { priority: 77 } };
  expect((await callHub(hub, { token: hub.admin_token ?? '', ...put })).status).toBe(200);
  const shown = JSON.parse((await run(['clusters', 'show', 'one', '--json'])).stdout);
  expect(shown).toMatchObject({ priority: 77 });
});

test('a token file is made for its owner alone, and the token in it is the one that counts', async () => {
  const { serveHub, dataDir } = world();
  const file = join(dataDir, 'token');
  const first = await serveHub('--hub-token-file', file);
  expect(first.hub).toMatchObject({ admin_token: null, token_file: file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const made = readFileSync(file, 'utf8').trim();
  expect((await clusters(first.hub, made)).status).toBe(200);
  await first.end();
  writeFileSync(file, 'a longer token of our own\n');
  const second = await serveHub('--hub-token-file', file);
  expect((await clusters(second.hub, made)).status).toBe(401);
  const login = await callHub(second.hub, {
    method: 'POST',
    path: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'username=admin&password=a+longer+token+of+our+own',
  });
  expect(login.status).toBe(302);
});

test.each<[string, string, number, RegExp]>([
  ['readable by others', 'a longer token of our own', 0o644, /chmod 600/],
  ['with a token that can be guessed', 'hunter2', 0o600, /at least 20 characters/],
])('a token file %s is refused with the remedy', async (_name, content, mode, remedy) => {
  const { run, dataDir } = world();
  const file = join(dataDir, 'token');
  writeFileSync(file, content);
  chmodSync(file, mode);
  const { code, stdout, stderr } = await run(['serve', '--hub', '--hub-token-file', file]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(remedy);
  expect(stderr).not.toContain(content);
});

test('without a keychain the hub says that its certificate is a new one each time', async () => {
  const { serveHub } = world([]);
  const first = await serveHub();
  await first.end();
  const second = await serveHub();
  expect(second.hub.new_certificate).toBe(true);
  expect(second.hub.fingerprint).not.toBe(first.hub.fingerprint);
});

test('people read address, fingerprint and token, and how to go on', async () => {
  const { run } = world();
  const ending = new AbortController();
  const { code, stdout } = await run(['serve', '--hub'], {
    signal: ending.signal,
    onOutput: () => ending.abort(),
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^The hub serves https:\/\/127\.0\.0\.1:\d+$/m);
  expect(stdout).toMatch(/^Certificate +([0-9A-F]{2}:){31}[0-9A-F]{2} \(new: pin it\)$/m);
  expect(stdout).toMatch(/^Admin token +[\w-]{43}$/m);
  expect(stdout).toContain('shown this once');
});

test('a second hub on the same folder, a taken port and a foreign address are refused', async () => {
  const one = world();
  const { hub } = await one.serveHub();
  const failed = async (where: typeof one, ...args: string[]) => {
    const { code, stdout } = await where.run(['serve', '--hub', '--json', ...args]);
    return [code, JSON.parse(stdout).code, JSON.parse(stdout).message];
  };
  expect(await failed(one)).toEqual([1, 'STORE_BUSY', expect.stringContaining('data folder')]);
  const two = world();
  expect(await failed(two, '--port', String(hub.port))).toEqual([
    1,
    'INVALID_INPUT',
    `Port ${hub.port} cannot be used.`,
  ]);
  expect(await failed(two, '--listen', '203.0.113.9')).toEqual([
    1,
    'INVALID_INPUT',
    '203.0.113.9 is not of this machine.',
  ]);
});

test.each([['--listen', '127.0.0.1'], ['--hub-token-file', '/nowhere/token'], ['--hub-new-token']])(
  '%s without --hub is wrong usage',
  async (...args) => {
    const { run } = world();
    const { code, stderr } = await run(['serve', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('go with --hub')]);
  },
);

test('as it is shipped it makes its certificate, answers, and ends in order', async () => {
  await ensureBuilt();
  const dataDir = sweptFolder();
  const file = join(dataDir, 'token');
  const args = ['--data', dataDir, 'serve', '--hub', '--json', '--hub-token-file', file];
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  const program = join(root, 'dist', 'node', 'cli.js');
  const child = spawn(process.execPath, [program, ...args], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output] = await once(child.stdout, 'data');
  const hub = told.parse(JSON.parse(String(output)));
  const token = readFileSync(file, 'utf8').trim();
  expect((await clusters(hub, token)).json()).toEqual({ ok: true, clusters: [] });
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}, 120_000);
